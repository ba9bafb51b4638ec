"""Opening the ledger of a project: one SQLite file, its tables up to date."""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobpipe.errors import JobpipeError, Place

# Raised by one with each migration, so that an up-to-date ledger opens without asking Django about it.
SCHEMA = 1


def open_ledger(path: Path) -> None:
    """Point Django to this file and bring its tables up to date.

    Raises JobpipeError where the file cannot be opened.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _point_to(path)
    try:
        if _schema_of(path) != SCHEMA:
            with _alone(path):
                # Another process that opened the new project at the same moment may have done it meanwhile.
                if _schema_of(path) != SCHEMA:
                    _migrate(path)
    except sqlite3.DatabaseError as error:
        raise JobpipeError(
            f"the ledger cannot be opened: {error}",
            place=Place(source=str(path)),
            hint="is it on a disk that is full, read-only, or shared over a network?",
        ) from error


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time makes the tables: Django's migrations do not expect company."""
    with path.with_name(f"{path.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _point_to(path: Path) -> None:
    """The connection of this process: to the file of this project, whichever it was before."""
    from django.db import connection

    if connection.settings_dict["NAME"] != str(path):
        connection.close()
        connection.settings_dict["NAME"] = str(path)


def _schema_of(path: Path) -> int:
    if not path.exists():
        return 0
    connection = sqlite3.connect(path, timeout=30)
    try:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])
    finally:
        connection.close()


def _migrate(path: Path) -> None:
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0, interactive=False)
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA user_version = {SCHEMA}")
