from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0019_report_settings")]

    operations = [
        migrations.CreateModel(
            name="ChangeFeed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("pruned_to", models.PositiveBigIntegerField(default=0)),
            ],
        ),
    ]
