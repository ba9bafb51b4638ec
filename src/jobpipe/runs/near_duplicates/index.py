"""Where candidates are looked up: the signs of every listed posting of a client, in a file of its own.

It is made again when it is missing.  Nothing of it is held in memory but SQLite's own cache (8 MB); on disk a posting
takes about 400 bytes.  What the index says is never believed: candidates are judged by the postings themselves.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from jobpipe.documents.row_ids import id_range, row_id, row_of
from jobpipe.errors import JobpipeError, Place
from jobpipe.lifecycle.near_duplicates import INDEX_VERSION, Member

FOLDER = "near-duplicates"
# A sign that more postings of other imports share says nothing: an agency's words, a title of which there are hundreds.
MOST_SHARED = 64
_TABLES = """
    CREATE TABLE posting (id INTEGER PRIMARY KEY, digest BLOB NOT NULL, signs BLOB NOT NULL, singular BLOB NOT NULL);
    CREATE TABLE sign (number INTEGER NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (number, id)) WITHOUT ROWID;
    CREATE TABLE read (import_id INTEGER PRIMARY KEY, run INTEGER NOT NULL, sequence INTEGER NOT NULL);
"""
_BITS = 29


class Entry(NamedTuple):
    """One posting: the first bytes of its digest, all its signs, and those that say more if nobody shares them."""

    digest: bytes
    signs: tuple[int, ...]
    singular: tuple[int, ...]


class SignIndex:
    """One connection; one process at a time writes (see `finding`)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = self._open()

    def close(self) -> None:
        self._connection.close()

    def _open(self) -> sqlite3.Connection:
        """A file that is damaged or of another version is made anew: all of it comes from the documents."""
        for attempt in (1, 2):
            try:
                connection = sqlite3.connect(self._path, timeout=60, isolation_level=None)
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
                connection.execute("PRAGMA cache_size = -8000")
                version = connection.execute("PRAGMA user_version").fetchone()[0]
                if version == INDEX_VERSION:
                    return connection
                if version == 0 and not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                    connection.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {INDEX_VERSION}; COMMIT;")
                    return connection
                connection.close()
            except sqlite3.DatabaseError as error:
                if attempt == 2:
                    raise self._unusable(error) from error
            forget_index(self._path)
        raise self._unusable(sqlite3.DatabaseError("it cannot be made"))

    def _unusable(self, error: sqlite3.Error) -> JobpipeError:
        return JobpipeError(
            f"the index of near-duplicates cannot be used: {error}",
            place=Place(source=str(self._path)),
            hint="is its disk full or read-only? It may be deleted: it is made again",
        )

    @contextmanager
    def writing(self) -> Iterator[None]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise self._unusable(error) from error

    # What was read ----------------------------------------------------------------------------------

    def read_of(self, import_id: int) -> tuple[int, int]:
        """The last run of an import whose changes are in here, and its place in the feed of changes; zeros = none."""
        found = self._connection.execute("SELECT run, sequence FROM read WHERE import_id = ?", (import_id,))
        return next(found, (0, 0))

    def imports(self) -> list[int]:
        return [number for (number,) in self._connection.execute("SELECT import_id FROM read")]

    def note_read(self, import_id: int, run: int, sequence: int) -> None:
        query = "INSERT OR REPLACE INTO read (import_id, run, sequence) VALUES (?, ?, ?)"
        self._connection.execute(query, (import_id, run, sequence))

    def note_forgotten(self, import_id: int) -> None:
        self._connection.execute("DELETE FROM read WHERE import_id = ?", (import_id,))

    def members(self, import_id: int) -> Iterator[Member]:
        low, high = id_range(import_id)
        found = self._connection.execute("SELECT id FROM posting WHERE id > ? AND id < ?", (low, high))
        for (number,) in found.fetchall():
            yield Member(import_id, row_of(number))

    # Postings ---------------------------------------------------------------------------------------

    def digests(self, import_id: int, rows: Iterable[int]) -> dict[int, bytes]:
        """By row: of those that are in here."""
        ids = [row_id(import_id, row) for row in rows]
        marks = ", ".join("?" * len(ids))
        found = self._connection.execute(f"SELECT id, digest FROM posting WHERE id IN ({marks})", ids)
        return {row_of(number): digest for number, digest in found}

    def put(self, member: Member, entry: Entry) -> tuple[int, ...]:
        """The singular signs that it had before, or has now: of those the others may have become (un)shared."""
        before = self.remove(member)
        number = row_id(*member)
        self._connection.execute(
            "INSERT INTO posting (id, digest, signs, singular) VALUES (?, ?, ?, ?)",
            (number, entry.digest, _pack(entry.signs), _pack(entry.singular)),
        )
        self._connection.executemany(
            "INSERT OR IGNORE INTO sign (number, id) VALUES (?, ?)", [(sign, number) for sign in entry.signs]
        )
        return (*before, *entry.singular)

    def remove(self, member: Member) -> tuple[int, ...]:
        """Its singular signs; none where it was not there."""
        number = row_id(*member)
        found = self._connection.execute("SELECT signs, singular FROM posting WHERE id = ?", (number,)).fetchone()
        if found is None:
            return ()
        self._connection.executemany(
            "DELETE FROM sign WHERE number = ? AND id = ?", [(sign, number) for sign in _unpack(found[0])]
        )
        self._connection.execute("DELETE FROM posting WHERE id = ?", (number,))
        return _unpack(found[1])

    def candidates(self, import_id: int, signs: Iterable[int]) -> set[Member]:
        """Postings of other imports that share a sign which is not shared by all the world."""
        low, high = id_range(import_id)
        query = """
            SELECT id FROM sign WHERE number = ?1 AND id < ?2
            UNION ALL
            SELECT id FROM sign WHERE number = ?1 AND id > ?3
            LIMIT ?4
        """
        found: set[Member] = set()
        for sign in signs:
            ids = self._connection.execute(query, (sign, low, high, MOST_SHARED + 1)).fetchall()
            if len(ids) <= MOST_SHARED:
                found.update(Member(number >> _BITS, row_of(number)) for (number,) in ids)
        return found

    def holders(self, import_id: int, sign: int, *, most: int) -> list[Member]:
        """The postings of an import that have a sign: at most so many."""
        low, high = id_range(import_id)
        query = "SELECT id FROM sign WHERE number = ? AND id > ? AND id < ? LIMIT ?"
        found = self._connection.execute(query, (sign, low, high, most))
        return [Member(import_id, row_of(number)) for (number,) in found]


def forget_index(path: Path) -> None:
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)


def _pack(numbers: tuple[int, ...]) -> bytes:
    return struct.pack(f"<{len(numbers)}q", *numbers)


def _unpack(packed: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(packed) // 8}q", packed)
