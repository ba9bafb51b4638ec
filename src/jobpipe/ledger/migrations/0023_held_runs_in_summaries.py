import django.db.models.deletion
from django.db import migrations, models

_STALE = "INSERT INTO ledger_stalesummary (import_number) SELECT id FROM ledger_import"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0022_indexes_of_pages")]

    operations = [
        migrations.AddField(
            model_name="importsummary",
            name="held_run",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="ledger.run",
            ),
        ),
        # All of them are made again at the first look.
        migrations.RunSQL(_STALE, migrations.RunSQL.noop),
    ]
