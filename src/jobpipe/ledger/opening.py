"""Opening the ledger of a project, its tables up to date: one SQLite file, or a PostgreSQL database."""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from jobpipe.errors import JobpipeError, Place
from jobpipe.ledger.settings import DATABASES

# Raised by one with each migration, so that an up-to-date ledger opens without asking Django about it.
SCHEMA = 26

# As they are before the first ledger is opened: Django keeps the settings of the one that is open in the same place.
_SQLITE = dict(DATABASES["default"])


def open_ledger(path: Path, url: str = "") -> None:
    """Point Django to the database of this URL, else to this file, and bring its tables up to date.

    Raises JobpipeError where the file cannot be opened, LedgerUnavailableError where the server cannot be reached,
    DefinitionError where the URL is none.
    """
    if url:
        _open_database(url)
        return
    from jobpipe.ledger.unavailable import ledger_expected

    path.parent.mkdir(parents=True, exist_ok=True)
    _point_to({**_SQLITE, "NAME": str(path)})
    try:
        if _schema_of(path) < SCHEMA:
            with ledger_expected(), _alone(path):
                # Another process that opened the new project at the same moment may have done it meanwhile.
                if _schema_of(path) < SCHEMA:
                    _bring_file_up_to_date(path)
    except sqlite3.DatabaseError as error:
        raise JobpipeError(
            f"the ledger cannot be opened: {error}",
            place=Place(source=str(path)),
            hint="is it on a disk that is full, read-only, or shared over a network?",
        ) from error


def is_shared() -> bool:
    """Whether the open ledger is one that processes on several machines use."""
    from django.db import connection

    return connection.vendor == "postgresql"


def drop_dead_connection() -> None:
    """Where this thread's connection to a server has broken since it was last used, the next query makes a new one."""
    from django.db import connection

    if is_shared() and not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()


def _open_database(url: str) -> None:
    from jobpipe.ledger.postgresql import bring_up_to_date, django_settings
    from jobpipe.ledger.unavailable import ledger_expected

    _point_to(django_settings(url))
    with ledger_expected():
        drop_dead_connection()
        bring_up_to_date(SCHEMA)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time makes the tables: Django's migrations do not expect company."""
    with path.with_name(f"{path.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _point_to(settings: dict[str, Any]) -> None:
    """The connections of this process: to this database, whichever it was before."""
    from django.db import connections

    current = connections.settings["default"]
    if all(current.get(name) == value for name, value in settings.items()):
        return
    connections["default"].close()
    # Those of other threads are made when these first ask.
    del connections["default"]
    connections.settings["default"] = connections.configure_settings({"default": settings})["default"]


def _schema_of(path: Path) -> int:
    if not path.exists():
        return 0
    connection = sqlite3.connect(path, timeout=30)
    try:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])
    finally:
        connection.close()


def _bring_file_up_to_date(path: Path) -> None:
    """In a copy, which takes the file's place in one transaction.

    Django records some migrations after the transaction that made their tables: whoever is killed between the two would
    leave a ledger that no process can open.
    """
    copy = path.with_name(f"{path.name}.new")
    _remove(copy)
    if path.exists():
        _copy(path, copy)
    _point_to({**_SQLITE, "NAME": str(copy)})
    _migrate()
    _point_to({**_SQLITE, "NAME": str(path)})
    _copy(copy, path)
    _remove(copy)


def _copy(path: Path, into: Path) -> None:
    with closing(sqlite3.connect(path, timeout=30)) as source, closing(sqlite3.connect(into, timeout=30)) as target:
        source.backup(target)


def _remove(path: Path) -> None:
    for one in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        one.unlink(missing_ok=True)


def _migrate() -> None:
    from django.core.management import call_command
    from django.db import connection, transaction

    # All or nothing: Django makes the tables of a migration and notes that it did in two transactions, and whoever is
    # killed between them leaves a ledger that nobody can open. Foreign keys can only be let be before it begins.
    with connection.constraint_checks_disabled(), transaction.atomic():
        call_command("migrate", verbosity=0, interactive=False)
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA user_version = {SCHEMA}")
