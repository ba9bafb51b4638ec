"""The embedded store: one SQLite file, written by one process at a time and read by many.

Commits are durable (WAL, synchronous=FULL).  State rows and bodies are apart: see `schema.sql`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any

from jobpipe.documents.store import (
    Known,
    Role,
    Selection,
    StateRow,
    Status,
    Written,
    pack_prior,
    unpack_prior,
)
from jobpipe.errors import InternalError, JobpipeError, Place

_ROW_BITS = 29
_REVISION_BITS = 17
_ROW_MASK = (1 << _ROW_BITS) - 1
_REVISION_MASK = (1 << _REVISION_BITS) - 1
_KEYS_AT_ONCE = 500
_ROWS_AT_ONCE = 5_000
_BODIES_AT_ONCE = 200

_COLUMNS = (
    *("key", "role", "status", "reason", "digest", "posting_digest", "part", "ordinal"),
    *("first_run", "changed_run", "written_run", "missing_since", "revision"),
    *("first_day", "title", "valid_through", "flags", "prior"),
)
_SELECTED = ", ".join(f"s.{name}" for name in ("id", *_COLUMNS))
_INSERT = f"""
    INSERT OR REPLACE INTO state (id, import_id, {", ".join(_COLUMNS)})
    VALUES ({", ".join("?" * (len(_COLUMNS) + 2))})
"""


class SqliteDocuments:
    """See `jobpipe.documents.store.Documents`. For one thread; other processes may open the same file."""

    def __init__(self, path: Path, *, revisions_kept: int = 3) -> None:
        """Raises JobpipeError where the file cannot be opened or is no database."""
        self._path = path
        self._revisions_kept = revisions_kept
        with self._naming_the_file():
            self._connection = _open(path)
        self._execute = self._connection.execute

    def close(self) -> None:
        self._connection.close()

    # Reading ----------------------------------------------------------------------------------------

    def known(self, import_id: int, *, before_run: int) -> Iterator[list[Known]]:
        query = """
            SELECT s.id, s.role, s.status, s.reason, s.digest, s.written_run, s.prior, p.id
            FROM state AS s
            LEFT JOIN state AS p
                ON s.role != 0 AND s.key != '' AND p.import_id = s.import_id AND p.key = s.key AND p.role = 0
            WHERE s.id > ? AND s.id < ?
            ORDER BY s.id LIMIT ?
        """
        for rows in self._in_chunks(query, import_id, _ROWS_AT_ONCE):
            chunk = []
            for number, role, status, reason, digest, written_run, prior, holder in rows:
                row = number & _ROW_MASK
                held = holder & _ROW_MASK if holder else 0
                if written_run != before_run:
                    chunk.append(Known(row, digest, _ROLES[role], _STATUSES[status], reason, held))
                elif (before := unpack_prior(prior)) is not None:
                    chunk.append(Known(row, before.digest, before.role, before.status, before.reason, held))
            if chunk:
                yield chunk

    def postings_by_key(self, import_id: int, keys: Sequence[str]) -> dict[str, StateRow]:
        found: dict[str, StateRow] = {}
        for some in _chunks(keys, _KEYS_AT_ONCE):
            query = f"""
                SELECT {_SELECTED} FROM state AS s
                WHERE s.role = 0 AND s.import_id = ? AND s.key IN ({_marks(some)})
            """
            for row in self._rows(query, (import_id, *some)):
                found[row.key] = row
        return found

    def rows(self, import_id: int, numbers: Sequence[int]) -> dict[int, StateRow]:
        found: dict[int, StateRow] = {}
        for some in _chunks(numbers, _KEYS_AT_ONCE):
            query = f"SELECT {_SELECTED} FROM state AS s WHERE s.id IN ({_marks(some)})"
            for row in self._rows(query, [_id(import_id, number) for number in some]):
                found[row.row] = row
        return found

    def missing(self, import_id: int) -> Iterator[tuple[int, int]]:
        query = "SELECT id, missing_since FROM state WHERE import_id = ? AND missing_since != 0 ORDER BY id"
        for number, since in self._fetch(query, (import_id,)):
            yield number & _ROW_MASK, since

    def ended(self, import_id: int, now: str) -> list[int]:
        moment = datetime.fromisoformat(now)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        # Texts are compared first: a day more covers every zone.
        latest = (moment + timedelta(days=1)).date().isoformat() + "~"
        query = """
            SELECT id, valid_through FROM state
            WHERE import_id = ? AND role = 0 AND status = 0 AND valid_through != '' AND valid_through < ?
            ORDER BY id
        """
        found = self._fetch(query, (import_id, latest))
        return [number & _ROW_MASK for number, end in found if _is_over(end, moment)]

    def select(self, import_id: int, selection: Selection) -> Iterator[StateRow]:
        for condition, values in _conditions(selection):
            query = f"""
                SELECT {_SELECTED} FROM state AS s
                WHERE s.id > ? AND s.id < ? AND {condition}
                ORDER BY s.id LIMIT ?
            """
            for rows in self._in_chunks(query, import_id, _ROWS_AT_ONCE, values):
                yield from map(_state_row, rows)

    def bodies(self, import_id: int, selection: Selection) -> Iterator[tuple[StateRow, bytes]]:
        for condition, values in _conditions(selection):
            query = f"""
                SELECT {_SELECTED}, b.frame FROM state AS s
                JOIN body AS b ON b.id = (s.id << {_REVISION_BITS}) + s.revision
                WHERE s.id > ? AND s.id < ? AND {condition}
                ORDER BY s.id LIMIT ?
            """
            for rows in self._in_chunks(query, import_id, _BODIES_AT_ONCE, values):
                for row in rows:
                    yield _state_row(row[:-1]), row[-1]

    def body(self, import_id: int, row: int, revision: int | None = None) -> bytes | None:
        if revision is None:
            current = self._fetch("SELECT revision FROM state WHERE id = ?", (_id(import_id, row),))
            if not current:
                return None
            revision = current[0][0]
        found = self._fetch("SELECT frame FROM body WHERE id = ?", (_body_id(_id(import_id, row), revision),))
        return found[0][0] if found else None

    def revisions(self, import_id: int, row: int) -> list[int]:
        number = _id(import_id, row)
        query = "SELECT id FROM body WHERE id BETWEEN ? AND ? ORDER BY id"
        found = self._fetch(query, (_body_id(number, 0), _body_id(number, _REVISION_MASK)))
        return [body & _REVISION_MASK for (body,) in found]

    def counts(self, import_id: int) -> dict[tuple[Role, Status, str], int]:
        query = "SELECT role, status, reason, count(*) FROM state WHERE id > ? AND id < ? GROUP BY role, status, reason"
        found = self._fetch(query, _range(import_id))
        return {(Role(role), Status(status), reason): number for role, status, reason, number in found}

    def context(self, import_id: int, digest: bytes) -> bytes | None:
        found = self._fetch("SELECT packed FROM context WHERE import_id = ? AND digest = ?", (import_id, digest))
        return found[0][0] if found else None

    # Writing ----------------------------------------------------------------------------------------

    def write(self, import_id: int, batch: Iterable[Written]) -> list[int]:
        written = list(batch)
        with self._transaction():
            numbers = self._number(import_id, written)
            self._connection.executemany(
                _INSERT,
                [(number, import_id, *_values(one.state)) for number, one in zip(numbers, written, strict=True)],
            )
            self._connection.executemany(
                "INSERT OR REPLACE INTO body (id, frame) VALUES (?, ?)",
                [
                    (_body_id(number, one.state.revision), one.body)
                    for number, one in zip(numbers, written, strict=True)
                    if one.body is not None
                ],
            )
            self._drop_old_bodies(numbers, written)
        return [number & _ROW_MASK for number in numbers]

    def _number(self, import_id: int, written: list[Written]) -> list[int]:
        """The ids of rows to write: the key's own where it has a row, the given one, else the next."""
        keys = [one.state.key for one in written if one.state.role is Role.POSTING]
        known: dict[str, int] = {}
        for some in _chunks(keys, _KEYS_AT_ONCE):
            query = f"SELECT key, id FROM state WHERE role = 0 AND import_id = ? AND key IN ({_marks(some)})"
            known.update(self._execute(query, (import_id, *some)))
        low, high = _range(import_id)
        (last,) = self._execute("SELECT max(id) FROM state WHERE id > ? AND id < ?", (low, high)).fetchone()
        free = (last or low) + 1
        numbers = []
        for one in written:
            state = one.state
            number = known.get(state.key) if state.role is Role.POSTING else None
            if number is None:
                number = _id(import_id, state.row) if state.row else free
                free = max(free, number + 1)
                if state.role is Role.POSTING:
                    known[state.key] = number
            numbers.append(number)
        if free >= high:
            raise InternalError(f"import {import_id} has no row numbers left")
        return numbers

    def _drop_old_bodies(self, numbers: list[int], written: list[Written]) -> None:
        kept = self._revisions_kept
        self._connection.executemany(
            "DELETE FROM body WHERE id BETWEEN ? AND ?",
            [
                (_body_id(number, 0), _body_id(number, one.state.revision - kept))
                for number, one in zip(numbers, written, strict=True)
                if one.state.revision >= kept
            ],
        )

    def mark_missing(self, import_id: int, run: int, numbers: Iterable[int]) -> None:
        query = "UPDATE state SET missing_since = ? WHERE id = ? AND missing_since = 0"
        with self._transaction():
            self._connection.executemany(query, ((run, _id(import_id, number)) for number in numbers))

    def clear_missing(self, import_id: int, numbers: Iterable[int]) -> None:
        query = "UPDATE state SET missing_since = 0 WHERE id = ? AND missing_since != 0"
        with self._transaction():
            self._connection.executemany(query, ((_id(import_id, number),) for number in numbers))

    def expire(self, import_id: int, run: int, numbers: Iterable[int], reason: str) -> int:
        query = """
            UPDATE state
            SET status = ?, reason = ?, changed_run = ?, written_run = ?, missing_since = 0, prior = ?
            WHERE id = ?
        """
        expired = 0
        with self._transaction():
            for some in _chunks(numbers, _KEYS_AT_ONCE):
                found = self.rows(import_id, some).values()
                live = [row for row in found if row.role is Role.POSTING and row.status is Status.LIVE]
                self._connection.executemany(
                    query,
                    [
                        (int(Status.EXPIRED), reason, run, run, _prior_of(row, run), _id(import_id, row.row))
                        for row in live
                    ],
                )
                expired += len(live)
        return expired

    def delete_rows(self, import_id: int, numbers: Iterable[int]) -> None:
        with self._transaction():
            self._delete([_id(import_id, number) for number in numbers])

    def delete_side_rows_of(self, import_id: int, run: int, *, after_ordinal: int) -> None:
        query = """
            SELECT id FROM state
            WHERE import_id = ? AND changed_run = ? AND role != 0 AND written_run = ? AND ordinal > ?
        """
        with self._transaction():
            self._delete([number for (number,) in self._execute(query, (import_id, run, run, after_ordinal))])

    def _delete(self, ids: list[int]) -> None:
        self._connection.executemany("DELETE FROM state WHERE id = ?", [(number,) for number in ids])
        self._connection.executemany(
            "DELETE FROM body WHERE id BETWEEN ? AND ?",
            [(_body_id(number, 0), _body_id(number, _REVISION_MASK)) for number in ids],
        )

    def save_contexts(self, import_id: int, contexts: dict[bytes, bytes]) -> None:
        with self._transaction():
            self._connection.executemany(
                "INSERT OR IGNORE INTO context (import_id, digest, packed) VALUES (?, ?, ?)",
                [(import_id, digest, packed) for digest, packed in contexts.items()],
            )

    def delete_import(self, import_id: int) -> None:
        low, high = _range(import_id)
        with self._transaction():
            self._execute("DELETE FROM body WHERE id > ? AND id < ?", (_body_id(low, 0), _body_id(high, 0)))
            self._execute("DELETE FROM state WHERE id > ? AND id < ?", (low, high))
            self._execute("DELETE FROM context WHERE import_id = ?", (import_id,))

    # The connection ---------------------------------------------------------------------------------

    def _fetch(self, query: str, values: Sequence[Any]) -> list[Any]:
        with self._naming_the_file():
            return self._execute(query, values).fetchall()

    def _rows(self, query: str, values: Sequence[Any]) -> Iterator[StateRow]:
        return map(_state_row, self._fetch(query, values))

    def _in_chunks(self, query: str, import_id: int, size: int, values: Sequence[Any] = ()) -> Iterator[list[Any]]:
        """A query by growing id, in pieces, so that it stays right while somebody writes."""
        low, high = _range(import_id)
        while rows := self._fetch(query, (low, high, *values, size)):
            yield rows
            low = rows[-1][0]
            if len(rows) < size:
                return

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._naming_the_file():
            if self._connection.in_transaction:
                yield
                return
            self._execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.rollback()
                raise
            self._connection.commit()

    @contextmanager
    def _naming_the_file(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.DatabaseError, OSError) as error:
            raise JobpipeError(
                f"the documents cannot be used: {error}",
                place=Place(source=str(self._path)),
                hint="is its disk full, read-only, or shared over a network?",
            ) from error


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=60, isolation_level=None, cached_statements=64)
    for pragma in (
        "page_size = 8192",
        "journal_mode = WAL",
        "synchronous = FULL",
        "cache_size = -8000",
        "temp_store = FILE",
        "wal_autocheckpoint = 2000",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    connection.create_function("contains_folded", 2, _contains_folded, deterministic=True)
    connection.executescript(files("jobpipe.documents").joinpath("schema.sql").read_text(encoding="utf-8"))
    return connection


_ROLES = tuple(Role)
_STATUSES = tuple(Status)


def _contains_folded(text: str, wanted: str) -> bool:
    return wanted in text.casefold()


def _id(import_id: int, row: int) -> int:
    return import_id << _ROW_BITS | row


def _body_id(number: int, revision: int) -> int:
    if revision > _REVISION_MASK:
        raise InternalError(f"row {number & _ROW_MASK} has more revisions than can be counted")
    return number << _REVISION_BITS | revision


def _range(import_id: int) -> tuple[int, int]:
    """Between these, both left out, lie the ids of an import."""
    return import_id << _ROW_BITS, (import_id + 1) << _ROW_BITS


def _values(row: StateRow) -> tuple[Any, ...]:
    return (
        row.key,
        int(row.role),
        int(row.status),
        row.reason,
        row.digest,
        row.posting_digest,
        row.part,
        row.ordinal,
        row.first_run,
        row.changed_run,
        row.written_run,
        row.missing_since,
        row.revision,
        row.first_day,
        row.title,
        row.valid_through,
        row.flags,
        row.prior,
    )


def _state_row(found: tuple[Any, ...]) -> StateRow:
    row = StateRow(row=found[0] & _ROW_MASK, **dict(zip(_COLUMNS, found[1:], strict=True)))
    row.role, row.status = _ROLES[found[2]], _STATUSES[found[3]]
    return row


def _prior_of(row: StateRow, run: int) -> bytes:
    return row.prior if row.written_run == run else pack_prior(row)


def _is_over(end: str, now: datetime) -> bool:
    """A bare date ends with its day; a time without a zone counts as UTC."""
    if len(end) <= 10:
        return date.fromisoformat(end) < now.date()
    moment = datetime.fromisoformat(end)
    return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment) < now


def _conditions(selection: Selection) -> Iterator[tuple[str, list[Any]]]:
    """SQL conditions on `s` with their values; several where there are many keys."""
    conditions: list[str] = ["s.role = ?"]
    values: list[Any] = [int(selection.role)]
    if selection.status is not None:
        conditions.append("s.status = ?")
        values.append(int(selection.status))
    if selection.changed_since_run:
        conditions.append("s.changed_run >= ?")
        values.append(selection.changed_since_run)
    if selection.changed_in_run:
        conditions.append("s.changed_run = ?")
        values.append(selection.changed_in_run)
    if selection.reason:
        conditions.append("s.reason = ?")
        values.append(selection.reason)
    if selection.text:
        conditions.append("contains_folded(s.title, ?)")
        values.append(selection.text.casefold())
    common = " AND ".join(conditions)
    if not selection.keys:
        yield common, values
    for some in _chunks(selection.keys, _KEYS_AT_ONCE):
        yield f"{common} AND s.key IN ({_marks(some)})", [*values, *some]


def _chunks(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some


def _marks(items: Sequence[Any]) -> str:
    return ", ".join("?" * len(items))
