"""Opening the ledger of a project: Django, configured for one SQLite file, its tables up to date."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from jobpipe.errors import JobpipeError, Place
from jobpipe.ledger import settings as ledger_settings

# Raised by one with each migration, so that an up-to-date ledger opens without asking Django about it.
SCHEMA = 1


def open_ledger(path: Path) -> None:
    """Configure Django for this file and bring its tables up to date.

    Raises JobpipeError where the file cannot be opened.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _configure(path)
    try:
        if _schema_of(path) != SCHEMA:
            _migrate(path)
    except sqlite3.DatabaseError as error:
        raise JobpipeError(
            f"the ledger cannot be opened: {error}",
            place=Place(source=str(path)),
            hint="is it on a disk that is full, read-only, or shared over a network?",
        ) from error


def _configure(path: Path) -> None:
    import django
    from django.conf import settings

    if settings.configured:
        _point_to(path)
        return
    settings.configure(
        USE_TZ=ledger_settings.USE_TZ,
        INSTALLED_APPS=ledger_settings.INSTALLED_APPS,
        LOGGING_CONFIG=ledger_settings.LOGGING_CONFIG,
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": str(path),
                "OPTIONS": {
                    "transaction_mode": "IMMEDIATE",
                    "timeout": 30,
                    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
                },
            }
        },
    )
    django.setup()


def _point_to(path: Path) -> None:
    """Another project in the same process."""
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
