"""A table of an SQLite file: `sqlite:///out/jobs.db` (a path from the project's folder), `sqlite:////srv/jobs.db`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from jobpipe.definition.targets import SqlTarget
from jobpipe.destinations.ways.reaching import said_by
from jobpipe.destinations.ways.sql_rows import creation, quoted, row_of, upsert
from jobpipe.destinations.ways.way import (
    Answer,
    Change,
    Fate,
    ItemAnswer,
    NotReachedError,
    RejectedLoginError,
)
from jobpipe.errors import DefinitionError, Place

_SCHEME = "sqlite:///"
_NOW = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"
# The fault of one row.
_OF_A_ROW = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.ProgrammingError,
    OverflowError,
    UnicodeError,
    msgspec.DecodeError,
)
# What may be over soon, as SQLite says it.
_PASSING = ("locked", "busy", "full", "disk i/o")


class SqliteWay:
    def __init__(self, target: SqlTarget, name: str) -> None:
        """Raises DefinitionError."""
        self._place = Place(source=target.sql)
        self._path = target.sql.removeprefix(_SCHEME)
        if not target.sql.startswith(_SCHEME) or not self._path:
            raise DefinitionError("names no file", place=self._place, hint="sqlite:///out/jobs.db")
        if "." in target.table:
            raise DefinitionError("SQLite has no schemas", place=self._place, hint="to.table is a plain name")
        self._table = quoted(target.table)
        self._timeout = target.timeout
        self._connection: sqlite3.Connection | None = None

    def send(self, batch: Sequence[Change], idempotency_key: str) -> Answer:
        with self._errors():
            connection = self._opened()
            try:
                refused = self._written(connection, batch)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            return Answer(items=refused)
        raise AssertionError("unreachable")

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _written(self, connection: sqlite3.Connection, batch: Sequence[Change]) -> dict[str, ItemAnswer]:
        """Those that were refused, one by one."""
        statement = upsert(self._table, mark="?", now=_NOW)
        refused: dict[str, ItemAnswer] = {}
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(creation(self._table, json="text", moment="text"))
        for change in batch:
            try:
                connection.execute(statement, row_of(change))
            except _OF_A_ROW as error:
                refused[change.idempotency_key] = ItemAnswer(fate=Fate.REFUSED, said=said_by(error))
        return refused

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(
                self._path, timeout=self._timeout, isolation_level=None, check_same_thread=False
            )
        return self._connection

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Whatever fails here, nothing was committed."""
        try:
            yield
        except sqlite3.Error as error:
            self.close()
            said = said_by(error)
            if any(word in said.lower() for word in _PASSING):
                raise NotReachedError(f"cannot be written: {said}", place=self._place) from error
            hint = "check the path, the rights of its folder, and that the table is ours"
            raise RejectedLoginError(f"cannot be written: {said}", place=self._place, hint=hint) from error
