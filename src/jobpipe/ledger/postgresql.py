"""The ledger of a cluster: a PostgreSQL database, which belongs to one project."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from jobpipe.errors import DefinitionError, JobpipeError, Place

# Any number that nobody else takes in this database.
_LOCK_OF_MIGRATIONS = 0x6A6F_6270_6970_65
# Seconds.
_CONNECT_TIMEOUT = 10
_IDLE_BEFORE_KEEPALIVES = 30
_BETWEEN_KEEPALIVES = 10
_KEEPALIVES = 3
# A process that sleeps in the middle of a transaction would keep its rows from those who take over.
_LONGEST_SLEEP_IN_A_TRANSACTION = 30
# Of one connection that a process which lives long (a worker, the web) uses.
_MAX_AGE = 600


def django_settings(url: str) -> dict[str, Any]:
    """What Django needs to know of `postgresql://user:password@host:port/database`; what stands behind a `?` are
    libpq's words (`sslmode=require`).

    Raises DefinitionError where it is no such URL, or psycopg is not installed.
    """
    place = Place(source="jobpipe.yaml", field="cluster.ledger")
    if not url.startswith(("postgresql://", "postgres://")):
        raise DefinitionError("no URL of a database", place=place, hint="postgresql://user:${PW}@host:port/database")
    try:
        from psycopg import ProgrammingError
        from psycopg.conninfo import conninfo_to_dict
    except ImportError as error:
        raise DefinitionError(
            "a ledger on PostgreSQL needs psycopg", place=place, hint="pip install 'job-pipe[cluster]'"
        ) from error
    try:
        words = conninfo_to_dict(url)
    except ProgrammingError as error:
        hint = "special characters of a password are percent-encoded: %40 for @, %2F for /"
        raise DefinitionError("no URL of a database", place=place, hint=hint) from error
    named = {name: str(words.pop(word, None) or "") for name, word in _NAMES.items()}
    if not all(port.isdecimal() for port in named["PORT"].split(",") if port):
        raise DefinitionError(f"no number of a port: {named['PORT']}", place=place, hint="it stands behind the host")
    if not named["NAME"]:
        raise DefinitionError("the URL names no database", place=place, hint="postgresql://user:${PW}@host/database")
    return {
        "ENGINE": "django.db.backends.postgresql",
        **named,
        "CONN_MAX_AGE": _MAX_AGE,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": _options(words),
    }


_NAMES = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}


def _options(words: Mapping[str, Any]) -> dict[str, Any]:
    own = f"-c idle_in_transaction_session_timeout={_LONGEST_SLEEP_IN_A_TRANSACTION}s"
    return {
        "connect_timeout": _CONNECT_TIMEOUT,
        "keepalives": 1,
        "keepalives_idle": _IDLE_BEFORE_KEEPALIVES,
        "keepalives_interval": _BETWEEN_KEEPALIVES,
        "keepalives_count": _KEEPALIVES,
        "tcp_user_timeout": (_IDLE_BEFORE_KEEPALIVES + _BETWEEN_KEEPALIVES * _KEEPALIVES) * 1000,
        "application_name": f"jobpipe {os.getpid()}",
        **words,
        "options": f"{own} {words.get('options') or ''}".strip(),
    }


def bring_up_to_date(schema: int) -> None:
    """Make the tables of this schema, one process at a time; quick where they are there.

    Raises JobpipeError where they are those of a newer job-pipe.
    """
    if (found := _schema()) == schema:
        return
    if found < schema:
        with _alone():
            # Another process that started at the same moment may have done it meanwhile.
            if (found := _schema()) < schema:
                _migrate(schema)
                return
    if found > schema:
        raise JobpipeError(
            f"the ledger has tables of a newer job-pipe (schema {found}, this one knows {schema})",
            hint="install the version that the others run",
        )


def _schema() -> int:
    from django.db import ProgrammingError, connection

    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT number FROM ledger_schema")
            row = cursor.fetchone()
    except ProgrammingError as error:
        if getattr(error.__cause__, "sqlstate", "") == "42P01":  # there is no such table
            return 0
        raise
    return int(row[0]) if row else 0


@contextmanager
def _alone() -> Iterator[None]:
    from django.db import connection

    with connection.cursor() as cursor:
        # The server gives it back when the connection ends, however that is.
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK_OF_MIGRATIONS])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK_OF_MIGRATIONS])


def _migrate(schema: int) -> None:
    from django.core.management import call_command
    from django.db import connection, transaction

    # All or nothing: Django makes the tables of a migration and notes that it did in two transactions.
    with transaction.atomic(), connection.cursor() as cursor:
        call_command("migrate", verbosity=0, interactive=False)
        cursor.execute("CREATE TABLE IF NOT EXISTS ledger_schema (number integer NOT NULL)")
        cursor.execute("DELETE FROM ledger_schema")
        cursor.execute("INSERT INTO ledger_schema (number) VALUES (%s)", [schema])
