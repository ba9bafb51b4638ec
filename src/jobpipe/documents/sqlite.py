"""The embedded store: one SQLite file, written by one process at a time and read by many.

Commits are durable (WAL, synchronous=FULL).  State rows and bodies are apart: see `schema.sql`.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from jobpipe.documents.sqlite_file import SqliteFile
from jobpipe.documents.sqlite_ids import (
    REVISION_BITS,
    bodies_range,
    body_id,
    id_range,
    revision_of,
    row_id,
    row_of,
)
from jobpipe.documents.sqlite_rows import (
    INSERT_ROW,
    NOT_LIVE,
    REPLACE_ROW,
    ROLES,
    SELECTED,
    STATUSES,
    UPDATE_POSTING,
    changing_values,
    conditions_of,
    may_be_live,
    state_row,
    written_values,
)
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

# Values in one query. Fewer are filled up to one of these, so that few queries are compiled.
_SIZES = (1, 20, 100, 500)
_AT_ONCE = _SIZES[-1]
# Bodies read before their size is looked at.
_BODIES_PIECE = 16


class SqliteDocuments:
    """See `jobpipe.documents.store.Documents`. For one thread at a time; other processes may open the same file."""

    def __init__(self, path: Path, *, revisions_kept: int = 3) -> None:
        """Raises JobpipeError where the file cannot be opened or is no database of ours; so does each method
        where it cannot be read or written."""
        self._revisions_kept = max(revisions_kept, 1)
        self._file = SqliteFile(path)

    def close(self) -> None:
        self._file.close()

    # Reading ----------------------------------------------------------------------------------------

    def known(self, import_id: int, *, before_run: int) -> Iterator[list[Known]]:
        low, high = id_range(import_id)
        query = """
            SELECT
                s.id, s.role, s.status, s.reason,
                CASE WHEN s.written_run = ? THEN s.prior END,
                CASE WHEN s.role != 0 AND s.key != '' THEN (
                    SELECT p.id FROM state AS p WHERE p.import_id = s.import_id AND p.key = s.key AND p.role = 0
                ) END,
                s.digest
            FROM state AS s
            WHERE s.id > ? AND s.id < ?
            ORDER BY s.id
        """
        # The pages' moving lower bound comes first.
        query = query.replace("= ?", "= ?2").replace("> ?", "> ?1").replace("< ?", "< ?3")
        for rows in self._file.pages(query, low, (before_run, high)):
            chunk = [
                Known(row_of(number), digest, ROLES[role], STATUSES[status], reason, row_of(holder or 0))
                if prior is None
                else _known_before(number, prior, holder)
                for number, role, status, reason, prior, holder, digest in rows
                if prior != b""
            ]
            if chunk:
                yield chunk

    def postings_by_key(self, import_id: int, keys: Sequence[str]) -> dict[str, StateRow]:
        found: dict[str, StateRow] = {}
        for some in _chunks(keys):
            query = f"""
                SELECT {SELECTED} FROM state AS s
                WHERE s.role = 0 AND s.import_id = ? AND s.key IN ({_marks(some)})
            """
            for row in map(state_row, self._file.fetch(query, (import_id, *some))):
                found[row.key] = row
        return found

    def rows(self, import_id: int, numbers: Sequence[int]) -> dict[int, StateRow]:
        found: dict[int, StateRow] = {}
        for some in _chunks(row_id(import_id, number) for number in numbers):
            query = f"SELECT {SELECTED} FROM state AS s WHERE s.id IN ({_marks(some)})"
            for row in map(state_row, self._file.fetch(query, some)):
                found[row.row] = row
        return found

    def missing(self, import_id: int) -> Iterator[tuple[int, int]]:
        query = """
            SELECT id, missing_since, x'' FROM state INDEXED BY missing_row
            WHERE id > ? AND import_id = ? AND missing_since != 0
            ORDER BY id
        """
        for rows in self._file.pages(query, 0, (import_id,)):
            for number, since, _ in rows:
                yield row_of(number), since

    def ended(self, import_id: int, now: str) -> list[int]:
        moment = _moment(now)
        low, high = id_range(import_id)
        # Texts are compared first: a day more covers every zone.
        latest = (moment + timedelta(days=1)).date().isoformat() + "~"
        query = """
            SELECT id, valid_through, x'' FROM state
            WHERE id > ? AND id < ? AND role = 0 AND status = 0 AND valid_through != '' AND valid_through < ?
            ORDER BY id
        """
        pages = self._file.pages(query, low, (high, latest))
        return [row_of(number) for rows in pages for number, end, _ in rows if _is_over(end, moment)]

    def select(self, import_id: int, selection: Selection) -> Iterator[StateRow]:
        for rows in self._selected(import_id, selection, f"SELECT {SELECTED} FROM state AS s"):
            yield from map(state_row, rows)

    def bodies(self, import_id: int, selection: Selection) -> Iterator[tuple[StateRow, bytes]]:
        query = f"""
            SELECT {SELECTED}, b.frame FROM state AS s
            CROSS JOIN body AS b ON b.id = (s.id << {REVISION_BITS}) + s.revision
        """
        for rows in self._selected(import_id, selection, query, piece=_BODIES_PIECE):
            for row in rows:
                yield state_row(row), row[-1]

    def body(self, import_id: int, row: int, revision: int | None = None) -> bytes | None:
        number = row_id(import_id, row)
        if revision is None:
            query = "SELECT frame FROM state AS s JOIN body AS b ON b.id = (s.id << ?) + s.revision WHERE s.id = ?"
            found = self._file.fetch(query, (REVISION_BITS, number))
        else:
            found = self._file.fetch("SELECT frame FROM body WHERE id = ?", (body_id(number, revision),))
        return found[0][0] if found else None

    def revisions(self, import_id: int, row: int) -> list[int]:
        query = "SELECT id FROM body WHERE id BETWEEN ? AND ? ORDER BY id"
        return [revision_of(body) for (body,) in self._file.fetch(query, bodies_range(row_id(import_id, row)))]

    def counts(self, import_id: int) -> dict[tuple[Role, Status, str], int]:
        query = f"""
            SELECT s.role, s.status, s.reason, count(*) FROM state AS s INDEXED BY row_not_live
            WHERE s.import_id = ? AND {NOT_LIVE}
            GROUP BY s.role, s.status, s.reason
            UNION ALL
            SELECT 0, 0, NULL, count(*) FROM state AS s WHERE s.id > ? AND s.id < ?
        """
        *found, (_, _, _, total) = self._file.fetch(query, (import_id, *id_range(import_id)))
        counts = {(ROLES[role], STATUSES[status], reason): number for role, status, reason, number in found}
        if live := total - sum(counts.values()):
            counts[Role.POSTING, Status.LIVE, ""] = live
        return counts

    def context(self, import_id: int, digest: bytes) -> bytes | None:
        query = "SELECT packed FROM context WHERE import_id = ? AND digest = ?"
        found = self._file.fetch(query, (import_id, digest))
        return found[0][0] if found else None

    def _selected(self, import_id: int, selection: Selection, query: str, *, piece: int = 1_000) -> Iterator[list[Any]]:
        """Pages of the rows of `query` (on state AS s) that are selected."""
        condition, values = conditions_of(selection)
        low, high = id_range(import_id)
        if not selection.keys and may_be_live(selection):
            whole = f"{query} WHERE s.id > ? AND s.id < ? AND {condition} ORDER BY s.id"
            yield from self._file.pages(whole, low, (high, *values), piece=piece)
            return
        for some in _chunks(self._candidates(import_id, selection)):
            listed = f"{query} WHERE s.id > ? AND s.id IN ({_marks(some)}) AND {condition} ORDER BY s.id"
            yield from self._file.pages(listed, low, (*some, *values), piece=piece)

    def _candidates(self, import_id: int, selection: Selection) -> Iterable[int]:
        """The ids that an index gives, growing, 8 bytes each: all that is selected, and perhaps more."""
        if selection.role is Role.POSTING and selection.keys:
            return sorted(set(self._ids_of(import_id, selection.keys).values()))
        condition, values = conditions_of(selection)
        index = "change_not_live" if selection.changed_in_run or selection.changed_since_run else "row_not_live"
        wanted = frozenset(selection.keys)
        low, _ = id_range(import_id)
        query = f"""
            SELECT s.id, {"s.key" if wanted else "''"}, x'' FROM state AS s INDEXED BY {index}
            WHERE s.id > ? AND s.import_id = ? AND {NOT_LIVE} AND {condition}
        """
        found = self._file.fetch(query, (low, import_id, *values))
        return array("q", sorted([number for number, key, _ in found if not wanted or key in wanted]))

    def _ids_of(self, import_id: int, keys: Sequence[str]) -> dict[str, int]:
        ids: dict[str, int] = {}
        for some in _chunks(keys):
            query = f"SELECT key, id FROM state WHERE role = 0 AND import_id = ? AND key IN ({_marks(some)})"
            ids.update(self._file.fetch(query, (import_id, *some)))
        return ids

    # Writing ----------------------------------------------------------------------------------------

    def write(self, import_id: int, batch: Iterable[Written]) -> list[int]:
        written = list(batch)
        with self._file.transaction():
            stored = self._ids_of(import_id, [one.state.key for one in written if not one.state.role])
            last = row_id_or_none = self._last_row(import_id)
            numbers = self._number(import_id, written, stored)
        return [row_of(number) for number in numbers]
