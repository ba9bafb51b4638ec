import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0025_draft_proposals")]

    operations = [
        # With a default the table would be made anew on SQLite, and lose its triggers.
        migrations.AddField(model_name="run", name="ending_since", field=models.DateTimeField(null=True)),
        migrations.CreateModel(
            name="Cancellation",
            fields=[
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="cancellation",
                        serialize=False,
                        to="ledger.run",
                    ),
                ),
                ("at", models.DateTimeField()),
                ("by", models.CharField(blank=True, max_length=200)),
                ("reason", models.TextField(blank=True)),
            ],
        ),
    ]
