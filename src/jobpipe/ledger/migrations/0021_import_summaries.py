"""Summaries of imports, and the triggers that say whose is to be made again."""

import django.db.models.deletion
from django.db import migrations, models

_OF_RUNS = ("import_id", "kind", "state", "started_at", "finished_at", "live")
_OF_SCHEDULES = ("schedule", "zone", "grace", "known_since")
_OF_DECISIONS = ("standing", "until")
_NEW, _OLD = "id = NEW.import_id", "id = OLD.import_id"
# What a run took says how long the next one may take; while it goes on that changes all the time.
_ENDED = f"{_NEW} AND NEW.finished_at IS NOT NULL"
# Table, event, the columns of which one has to differ (none = it does not matter), and which imports are meant.
_TRIGGERS = (
    ("ledger_run", "INSERT", (), _NEW),
    ("ledger_run", "UPDATE", _OF_RUNS, _NEW),
    ("ledger_run", "UPDATE", ("seconds",), _ENDED),
    ("ledger_run", "DELETE", (), _OLD),
    ("ledger_scheduledimport", "INSERT", (), _NEW),
    ("ledger_scheduledimport", "UPDATE", _OF_SCHEDULES, _NEW),
    ("ledger_scheduledimport", "DELETE", (), _OLD),
    ("ledger_importdecision", "INSERT", (), _NEW),
    ("ledger_importdecision", "UPDATE", _OF_DECISIONS, _NEW),
    ("ledger_importdecision", "DELETE", (), _OLD),
    ("ledger_import", "INSERT", (), "id = NEW.id"),
    ("ledger_import", "UPDATE", ("name",), "id = NEW.id"),
    ("ledger_incident", "INSERT", (), "name = NEW.import_name"),
    ("ledger_incident", "UPDATE", ("state", "import_name"), "name IN (NEW.import_name, OLD.import_name)"),
    ("ledger_incident", "DELETE", (), "name = OLD.import_name"),
)


def _names():
    return [f"stale_summary_{number}" for number in range(len(_TRIGGERS))]


def _make_triggers(apps, schema_editor):
    make = _on_postgresql if schema_editor.connection.vendor == "postgresql" else _on_sqlite
    for name, trigger in zip(_names(), _TRIGGERS, strict=True):
        for statement in make(name, *trigger):
            schema_editor.execute(statement, params=None)
    # All of them are made at the first look.
    schema_editor.execute(_STALE, params=None)


_STALE = "INSERT INTO ledger_stalesummary (import_number) SELECT id FROM ledger_import"


def _on_sqlite(name, table, event, columns, meant):
    """One writer at a time: what is named already need not be named again."""
    differs = " OR ".join(f"OLD.{one} IS NOT NEW.{one}" for one in columns)
    of = f" OF {', '.join(columns)}" if columns else ""
    when = f"WHEN {differs}" if differs else ""
    is_named = "EXISTS (SELECT 1 FROM ledger_stalesummary WHERE import_number = ledger_import.id)"
    yield (
        f"CREATE TRIGGER {name} AFTER {event}{of} ON {table} FOR EACH ROW {when} "
        f"BEGIN {_STALE} WHERE {meant} AND NOT {is_named}; END"
    )


def _on_postgresql(name, table, event, columns, meant):
    """Always a row of its own: whoever looked for one would not see what others have yet to commit, or wait for them."""
    differs = " OR ".join(f"OLD.{one} IS DISTINCT FROM NEW.{one}" for one in columns)
    of = f" OF {', '.join(columns)}" if columns else ""
    when = f"WHEN ({differs})" if differs else ""
    yield (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {_STALE} WHERE {meant}; RETURN NULL; END $$"
    )
    yield f"CREATE TRIGGER {name} AFTER {event}{of} ON {table} FOR EACH ROW {when} EXECUTE FUNCTION {name}()"


def _drop_triggers(apps, schema_editor):
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    for name, (table, *_) in zip(_names(), _TRIGGERS, strict=True):
        schema_editor.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if is_postgresql else ""), params=None)
        if is_postgresql:
            schema_editor.execute(f"DROP FUNCTION {name}()", params=None)


def _to(model, on_delete, **more):
    return models.ForeignKey(on_delete=on_delete, related_name="+", to=f"ledger.{model}", **more)


_LOOSE = {"null": True, "db_constraint": False, "db_index": False}


class Migration(migrations.Migration):
    dependencies = [("ledger", "0020_change_feed")]

    operations = [
        migrations.CreateModel(
            name="StaleSummary",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("import_number", models.BigIntegerField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="ImportSummary",
            fields=[
                (
                    "import_row",
                    models.OneToOneField(
                        db_column="import_id",
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="summary",
                        serialize=False,
                        to="ledger.import",
                    ),
                ),
                ("last_run", _to("run", django.db.models.deletion.DO_NOTHING, **_LOOSE)),
                ("last_state", models.CharField(blank=True, max_length=16)),
                ("last_good", models.DateTimeField(null=True)),
                ("live", models.PositiveIntegerField(null=True)),
                ("decision", _to("importdecision", django.db.models.deletion.DO_NOTHING, **_LOOSE)),
                ("rests_until", models.DateTimeField(null=True)),
                ("rested", models.CharField(max_length=8)),
                ("due", models.DateTimeField(null=True)),
                ("late_from", models.DateTimeField(null=True)),
                ("down_from", models.DateTimeField(null=True)),
                ("incidents", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.RunPython(_make_triggers, _drop_triggers),
    ]
