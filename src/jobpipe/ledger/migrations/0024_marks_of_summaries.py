"""In a file each thing that is written of an import makes a new mark, and a summary takes its mark away.

So that a summary is derived and kept without a transaction around both: see `jobpipe/runs/stale_summaries.py`.
"""

from importlib import import_module

from django.db import migrations

_before = import_module("jobpipe.ledger.migrations.0021_import_summaries")
_EVENTS = ("INSERT", "UPDATE")


def _anew(name, table, event, columns, meant):
    differs = " OR ".join(f"OLD.{one} IS NOT NEW.{one}" for one in columns)
    of = f" OF {', '.join(columns)}" if columns else ""
    when = f"WHEN {differs}" if differs else ""
    return (
        f"CREATE TRIGGER {name} AFTER {event}{of} ON {table} FOR EACH ROW {when} BEGIN "
        f"DELETE FROM ledger_stalesummary WHERE import_number IN (SELECT id FROM ledger_import WHERE {meant}); "
        f"{_before._STALE} WHERE {meant}; END"
    )


def _on_a_file(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        return
    for name, trigger in zip(_before._names(), _before._TRIGGERS, strict=True):
        schema_editor.execute(f"DROP TRIGGER {name}", params=None)
        schema_editor.execute(_anew(name, *trigger), params=None)
    for event in _EVENTS:
        schema_editor.execute(
            f"CREATE TRIGGER summary_kept_{event.lower()} AFTER {event} ON ledger_importsummary FOR EACH ROW "
            "BEGIN DELETE FROM ledger_stalesummary WHERE import_number = NEW.import_id; END",
            params=None,
        )


def _as_before(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        return
    for event in _EVENTS:
        schema_editor.execute(f"DROP TRIGGER summary_kept_{event.lower()}", params=None)
    for name, trigger in zip(_before._names(), _before._TRIGGERS, strict=True):
        schema_editor.execute(f"DROP TRIGGER {name}", params=None)
        for statement in _before._on_sqlite(name, *trigger):
            schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0023_held_runs_in_summaries")]

    operations = [migrations.RunPython(_on_a_file, _as_before)]
