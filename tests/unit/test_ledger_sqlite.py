"""The ledger as one SQLite file: made and upgraded whole, or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import made_ledgers
import pytest

from jobpipe.ledger.opening import SCHEMA, open_ledger


@pytest.fixture(autouse=True)
def ledgers_are_migrated() -> Iterator[None]:
    with made_ledgers.migrated():
        yield


def schema_of(path: Path) -> int:
    return int(sqlite3.connect(path).execute("PRAGMA user_version").fetchone()[0])


def killed_after(monkeypatch: pytest.MonkeyPatch, migration: str) -> None:
    """As by a kill between the tables of a migration and the note that they are there."""
    from django.db.migrations.recorder import MigrationRecorder

    record = MigrationRecorder.record_applied

    def record_or_die(self: MigrationRecorder, app: str, name: str) -> Any:
        if name == migration:
            raise KeyboardInterrupt
        return record(self, app, name)

    monkeypatch.setattr(MigrationRecorder, "record_applied", record_or_die)


@pytest.mark.parametrize("migration", ["0001_initial", "0004_mappings", "0007_overrides"])
def test_who_is_killed_while_making_a_ledger_leaves_one_that_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, migration: str
) -> None:
    path = tmp_path / "ledger.sqlite3"
    with monkeypatch.context() as patched:
        killed_after(patched, migration)
        with pytest.raises(KeyboardInterrupt):
            open_ledger(path)
    open_ledger(path)
    assert schema_of(path) == SCHEMA


def test_who_is_killed_while_upgrading_leaves_the_ledger_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.core.management import call_command

    from jobpipe.ledger.models import Import

    path = tmp_path / "ledger.sqlite3"
    open_ledger(path)
    Import.objects.create(name="offers")
    call_command("migrate", "ledger", "0006", verbosity=0)
    old = sqlite3.connect(path)
    old.execute("PRAGMA user_version = 6")
    old.commit()
    old.close()
    open_ledger(tmp_path / "another.sqlite3")
    with monkeypatch.context() as patched:
        killed_after(patched, "0007_overrides")
        with pytest.raises(KeyboardInterrupt):
            open_ledger(path)
    assert schema_of(path) == 6
    open_ledger(path)
    assert schema_of(path) == SCHEMA
    assert [one.name for one in Import.objects.all()] == ["offers"]
    assert sorted(one.name for one in tmp_path.glob("ledger.sqlite3.new*")) == []


def test_migrations_make_what_the_models_say(tmp_path: Path) -> None:
    open_ledger(tmp_path / "ledger.sqlite3")
    from django.apps import apps
    from django.db.migrations.autodetector import MigrationAutodetector
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.state import ProjectState

    loader = MigrationLoader(None)
    missing = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps)).changes(graph=loader.graph)
    assert [operation.describe() for made in missing.get("ledger", ()) for operation in made.operations] == []
