from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0021_import_summaries")]

    operations = [
        migrations.RemoveIndex(model_name="incident", name="incident_by_state_and_kind"),
        migrations.AddIndex(
            model_name="incident",
            index=models.Index(fields=["state", "kind", "owner", "client"], name="incident_counted"),
        ),
        migrations.AddIndex(
            model_name="incident",
            index=models.Index(fields=["state", "last_seen", "client"], name="incident_by_last_seen"),
        ),
        migrations.AddIndex(model_name="run", index=models.Index(fields=["finished_at"], name="run_by_end")),
    ]
