from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0024_marks_of_summaries")]

    operations = [
        migrations.AddField(
            model_name="definitiondraft",
            name="proposal",
            field=models.BinaryField(null=True),
        ),
    ]
