"""A file of an SQLite store: opened, durable, and its errors in words for a person."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from jobpipe.documents.selecting import contains_folded
from jobpipe.documents.store import DocumentsUnavailableError
from jobpipe.errors import JobpipeError, Place

# Raised by one with each change of `schema.sql`.
SCHEMA = 4
# What a file of an earlier version lacks.
_UPGRADES = {
    1: ("CREATE TABLE holding (import_id INTEGER PRIMARY KEY, fence INTEGER NOT NULL)",),
    2: (
        "ALTER TABLE state ADD COLUMN labels TEXT NOT NULL DEFAULT ''",
        "CREATE INDEX row_by_labels ON state (import_id, labels) WHERE labels != ''",
    ),
    3: ("ALTER TABLE state ADD COLUMN facts BLOB NOT NULL DEFAULT x''",),
}
# How long a writer waits for another one.
BUSY_SECONDS = 60
_PRAGMAS = (
    "page_size = 8192",
    "synchronous = FULL",
    # KiB, because it is negative. The operating system's cache does the rest.
    "cache_size = -8000",
    "temp_store = FILE",
    # Pages: rarer checkpoints write a page that many batches touch once (the index of keys).
    "wal_autocheckpoint = 4000",
    # Bytes: what a large transaction has blown up is given back.
    "journal_size_limit = 67108864",
)
# Read at a time, and held before the reader gets them: a page of rows ends at whichever comes first.
PAGE_ROWS = 5_000
PAGE_BYTES = 4_000_000

_HINTS = {
    "SQLITE_FULL": "its disk is full; what was written before is safe",
    "SQLITE_BUSY": "another process has been writing for a long time; try again when it has ended",
    "SQLITE_CORRUPT": "the file is damaged: put a copy back, or move it away and {made_again_by}",
    "SQLITE_NOTADB": "this is no database: put a copy back, or move it away and {made_again_by}",
    "SQLITE_READONLY": "the file or its folder may not be written",
    "SQLITE_CANTOPEN": "does its folder exist, and may it be written?",
}
_OTHER_HINT = "is its disk full, read-only, or shared over a network?"
# The file is as it was; what was to be written can be written later.
_PASSING = ("SQLITE_FULL", "SQLITE_BUSY", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_IOERR")
# These are not the file's fault but ours.
_BUGS = (sqlite3.ProgrammingError, sqlite3.IntegrityError, sqlite3.DataError, sqlite3.NotSupportedError)


@dataclass(frozen=True, slots=True)
class Layout:
    """Which tables a file has."""

    # What lies in it, for a person; in the plural or without a number.
    name: str
    version: int
    # What makes it again where it is lost.
    made_again_by: str
    # Its schema.sql makes the tables of this version.
    package: str
    # By version: the statements that bring a file to the next one.
    upgrades: Mapping[int, Sequence[str]] = field(default_factory=dict)

    def statements_from(self, version: int) -> Iterable[str]:
        """What makes the tables of this version; `version` = 0 where there are none yet."""
        if not version:
            text = files(self.package).joinpath("schema.sql").read_text(encoding="utf-8")
            return text.split(";\n")
        return [statement for passed in range(version, self.version) for statement in self.upgrades[passed]]


DOCUMENTS = Layout("the documents", SCHEMA, "import again", "jobpipe.documents", _UPGRADES)


class SqliteFile:
    """A connection a thread. Any number of threads and processes may read while one writes."""

    def __init__(self, path: Path, layout: Layout = DOCUMENTS) -> None:
        """Raises JobpipeError where the file cannot be opened, is no database, or is of a later version."""
        self._path = path
        self._layout = layout
        self._own = threading.local()
        self._opening = threading.Lock()
        self._connections: list[sqlite3.Connection] = []
        # Threads take turns at writing: SQLite itself would let them try again and again.
        self._writing = threading.Lock()
        try:
            with self.errors_named():
                self._prepare()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """To be called when no thread uses it any more."""
        with self.errors_named(), self._opening:
            while self._connections:
                self._connections.pop().close()

    @property
    def _connection(self) -> sqlite3.Connection:
        """That of this thread."""
        found: sqlite3.Connection | None = getattr(self._own, "connection", None)
        return found if found is not None else self._connect()

    def _connect(self) -> sqlite3.Connection:
        with self._opening:
            # Closed by whichever thread closes the file.
            connection = sqlite3.connect(
                self._path, timeout=BUSY_SECONDS, isolation_level=None, cached_statements=64, check_same_thread=False
            )
            # Many threads have small caches, so that their memory stays within that of a few.
            pragmas = _PRAGMAS if not self._connections else (*_PRAGMAS, "cache_size = -2000")
            self._connections.append(connection)
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}").fetchall()
        _write_ahead(connection, self._path.parent)
        connection.create_function("contains_folded", 2, contains_folded, deterministic=True)
        self._own.connection = connection
        return connection

    def fetch(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """All rows: for few of them."""
        with self.errors_named():
            return self._connection.execute(query, values).fetchall()

    def integers(self, query: str, values: Sequence[Any] = ()) -> array[int]:
        """The only column of a query, 8 bytes a row."""
        with self.errors_named():
            return array("q", (number for (number,) in self._connection.execute(query, values)))

    def pages(self, query: str, low: int, values: Sequence[Any], *, piece: int = 1_000) -> Iterator[list[Any]]:
        """The rows of a query in pages; nothing is held open between them, so somebody may write meanwhile.

        The query's first value must be what ids are above, its order that of ids; its first column is the
        id, its last a blob or a text.
        """
        while True:
            rows: list[Any] = []
            size = 0
            with self.errors_named():
                cursor = self._connection.execute(query, (low, *values))
                while some := cursor.fetchmany(piece):
                    rows += some
                    size += sum([len(row[-1]) for row in some])
                    if len(rows) >= PAGE_ROWS or size >= PAGE_BYTES:
                        break
                cursor.close()
            if rows:
                yield rows
                low = rows[-1][0]
            if not some:
                return

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, and durable when it ends."""
        with self.errors_named(), self._writing:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def execute(self, query: str, values: Sequence[Any] = ()) -> int:
        """Within a transaction; how many rows it changed."""
        return self._connection.execute(query, values).rowcount

    def execute_many(self, query: str, values: Iterable[Sequence[Any]]) -> int:
        """Within a transaction; how many rows it changed."""
        return self._connection.executemany(query, values).rowcount

    @contextmanager
    def errors_named(self) -> Iterator[None]:
        """What goes wrong with the file becomes a JobpipeError that names it; where that may pass, one that leaves the
        run to be taken up again."""
        try:
            yield
        except _BUGS:
            raise
        except (sqlite3.DatabaseError, OSError) as error:
            name = "_".join(getattr(error, "sqlite_errorname", "").split("_")[:2])
            may_pass = isinstance(error, OSError) or name in _PASSING
            raise (DocumentsUnavailableError if may_pass else JobpipeError)(
                f"{self._layout.name} cannot be used: {error}",
                place=Place(source=str(self._path)),
                hint=_HINTS.get(name, _OTHER_HINT).format(made_again_by=self._layout.made_again_by),
            ) from error

    def _prepare(self) -> None:
        if self._schema() != self._layout.version:
            self._make_tables()

    def _schema(self) -> int:
        return int(self._connection.execute("PRAGMA user_version").fetchone()[0])

    def _make_tables(self) -> None:
        with self.transaction():
            # Asked again: another process may have been first.
            schema = self._schema()
            if schema > self._layout.version:
                raise JobpipeError(
                    f"a later version of job-pipe has written {self._layout.name}",
                    place=Place(source=str(self._path)),
                    hint="use that version, or another project folder",
                )
            if schema == self._layout.version:
                return
            for statement in self._layout.statements_from(schema):
                self._connection.execute(statement)
            self._connection.execute(f"PRAGMA user_version = {self._layout.version}")


def _write_ahead(connection: sqlite3.Connection, folder: Path) -> None:
    """Processes that open a new file at the same moment take turns: who changes its journal waits for nobody and would
    fail with "database is locked"."""
    if connection.execute("PRAGMA journal_mode").fetchone() == ("wal",):
        return
    turn = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(turn, fcntl.LOCK_EX)
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
    finally:
        os.close(turn)
