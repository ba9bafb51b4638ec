"""The embedded store: one SQLite file, written by one thread of one process at a time and read by many.

Commits are durable (WAL, synchronous=FULL).  State rows and bodies are apart: see `schema.sql`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from jobpipe.documents.ending import above_every_end, is_over, moment_of
from jobpipe.documents.label_counting import Group, count_labels, has_any
from jobpipe.documents.revisions import bodies_of
from jobpipe.documents.row_ids import (
    REVISION_BITS,
    ROW_MASK,
    bodies_range,
    body_id,
    id_range,
    revision_of,
    row_id,
    row_of,
)
from jobpipe.documents.selecting import may_be_live
from jobpipe.documents.sqlite_file import SqliteFile
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
    state_row,
    written_values,
)
from jobpipe.documents.sqlite_upkeep import SqliteUpkeep
from jobpipe.documents.store import (
    Known,
    LabelUse,
    Role,
    Selection,
    StaleFenceError,
    StateRow,
    Status,
    Written,
    is_listed,
    prior_of,
    unpack_prior,
)

# Values in one query. Fewer are filled up to one of these, so that few queries are compiled.
_SIZES = (1, 20, 100, 500)
_AT_ONCE = _SIZES[-1]
# Bodies read before their size is looked at.
_BODIES_PIECE = 16


class SqliteDocuments:
    """See `jobpipe.documents.store.Documents`. For any number of threads and processes."""

    def __init__(self, path: Path, *, revisions_kept: int = 3) -> None:
        """Raises JobpipeError where the file cannot be opened or is no database of ours; so does each method
        where it cannot be read or written."""
        self._revisions_kept = max(revisions_kept, 1)
        self._path = path
        self._file = SqliteFile(path)
        # The imports that this object holds, with its fence.
        self._fences: dict[int, int] = {}

    def close(self) -> None:
        self._file.close()

    def upkeep(self) -> SqliteUpkeep:
        return SqliteUpkeep(self._file, self._path)

    # Reading ----------------------------------------------------------------------------------------

    def known(self, import_id: int, *, before_run: int) -> Iterator[list[Known]]:
        low, high = id_range(import_id)
        query = """
            SELECT
                s.id, s.role, s.status, s.reason,
                CASE WHEN s.written_run = ?2 THEN s.prior END,
                CASE WHEN s.role != 0 AND s.key != '' THEN (
                    SELECT p.id FROM state AS p WHERE p.import_id = s.import_id AND p.key = s.key AND p.role = 0
                ) END,
                s.digest
            FROM state AS s
            WHERE s.id > ?1 AND s.id < ?3
            ORDER BY s.id
        """
        for rows in self._file.pages(query, low, (before_run, high)):
            chunk = [
                Known(
                    number & ROW_MASK, digest, ROLES[role], STATUSES[status], reason, holder & ROW_MASK if holder else 0
                )
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
        moment = moment_of(now)
        low, high = id_range(import_id)
        query = """
            SELECT id, valid_through, x'' FROM state
            WHERE id > ? AND id < ? AND role = 0 AND status = 0 AND valid_through != '' AND valid_through < ?
            ORDER BY id
        """
        pages = self._file.pages(query, low, (high, above_every_end(moment)))
        return [row_of(number) for rows in pages for number, end, _ in rows if is_over(end, moment)]

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

    def label_lines(self, import_id: int) -> set[str]:
        return {line for text in self._label_texts(import_id) for line in text.split("\n")}

    def labels(self, import_id: int) -> list[LabelUse]:
        query = """
            SELECT labels, role, status, count(*), min(first_run), min(first_day), min(id), max(id) FROM state
            WHERE id > ? AND id < ? AND labels != ''
            GROUP BY labels, role, status
        """
        found = self._file.fetch(query, id_range(import_id))
        return count_labels(
            Group(labels, role, status, rows, first_run, first_day, {row_of(first), row_of(last)})
            for labels, role, status, rows, first_run, first_day, first, last in found
        )

    def facts(self, import_id: int, *, one_in: int = 1) -> Iterator[bytes]:
        low, high = id_range(import_id)
        query = """
            SELECT id, facts FROM state
            WHERE id > ? AND id < ? AND role = 0 AND status = 0 AND id % ? = 0
            ORDER BY id
        """
        for rows in self._file.pages(query, low, (high, one_in)):
            yield b"".join([facts for _, facts in rows])

    def context(self, import_id: int, digest: bytes) -> bytes | None:
        query = "SELECT packed FROM context WHERE import_id = ? AND digest = ?"
        found = self._file.fetch(query, (import_id, digest))
        return found[0][0] if found else None

    def _selected(self, import_id: int, selection: Selection, query: str, *, piece: int = 1_000) -> Iterator[list[Any]]:
        """Pages of the rows of `query` (on state AS s) that are selected."""
        condition, values = conditions_of(selection)
        low, high = id_range(import_id, after_row=selection.after_row)
        if not selection.keys and not selection.labels and may_be_live(selection):
            whole = f"{query} WHERE s.id > ? AND s.id < ? AND {condition} ORDER BY s.id"
            yield from self._file.pages(whole, low, (high, *values), piece=piece)
            return
        for some in _chunks(self._candidates(import_id, selection)):
            listed = f"{query} WHERE s.id > ? AND s.id IN ({_marks(some)}) AND {condition} ORDER BY s.id"
            yield from self._file.pages(listed, low, (*some, *values), piece=piece)

    def _candidates(self, import_id: int, selection: Selection) -> Iterable[int]:
        """The ids that an index gives, growing: all that is selected, and perhaps more."""
        if selection.keys:
            ids = self._ids_of_selected_keys(import_id, selection)
            return sorted({*ids} & {*self._ids_with_labels(import_id, selection)}) if selection.labels else ids
        if selection.labels:
            return self._ids_with_labels(import_id, selection)
        condition, values = conditions_of(selection)
        index = "change_not_live" if selection.changed_in_run or selection.changed_since_run else "row_not_live"
        query = f"""
            SELECT s.id FROM state AS s INDEXED BY {index}
            WHERE s.import_id = ? AND {NOT_LIVE} AND {condition}
            ORDER BY s.id
        """
        return self._file.integers(query, (import_id, *values))

    def _ids_with_labels(self, import_id: int, selection: Selection) -> list[int]:
        """Growing. Of the different texts, which are few, those are looked up that have one of the lines."""
        wanted = frozenset(selection.labels)
        ids: list[int] = []
        for some in _chunks(text for text in self._label_texts(import_id) if has_any(text, wanted)):
            query = f"""
                SELECT s.id FROM state AS s INDEXED BY row_by_labels
                WHERE s.import_id = ? AND s.labels != '' AND s.labels IN ({_marks(some)})
            """
            ids += self._file.integers(query, (import_id, *some))
        ids.sort()
        return ids

    def _label_texts(self, import_id: int) -> list[str]:
        query = """
            SELECT DISTINCT labels FROM state INDEXED BY row_by_labels WHERE import_id = ? AND labels != ''
        """
        return [text for (text,) in self._file.fetch(query, (import_id,))]

    def _ids_of_selected_keys(self, import_id: int, selection: Selection) -> list[int]:
        if selection.role is Role.POSTING:
            return sorted(set(self._ids_of(import_id, selection.keys).values()))
        ids: set[int] = set()
        for some in _chunks(selection.keys):
            query = f"""
                SELECT s.id FROM state AS s INDEXED BY row_not_live
                WHERE s.import_id = ? AND s.role = ? AND {NOT_LIVE} AND s.key IN ({_marks(some)})
            """
            ids.update(self._file.integers(query, (import_id, int(selection.role), *some)))
        return sorted(ids)

    def _ids_of(self, import_id: int, keys: Iterable[str]) -> dict[str, int]:
        """Of the postings of these keys."""
        ids: dict[str, int] = {}
        for some in _chunks(keys):
            query = f"SELECT key, id FROM state WHERE role = 0 AND import_id = ? AND key IN ({_marks(some)})"
            ids.update(self._file.fetch(query, (import_id, *some)))
        return ids

    # Writing ----------------------------------------------------------------------------------------

    def hold(self, import_id: int, fence: int) -> None:
        self._fences[import_id] = fence
        with self._writing(import_id):
            query = """
                INSERT INTO holding (import_id, fence) VALUES (?, ?)
                ON CONFLICT (import_id) DO UPDATE SET fence = excluded.fence
            """
            self._file.execute(query, (import_id, fence))

    @contextmanager
    def _writing(self, import_id: int) -> Iterator[None]:
        """A transaction; StaleFenceError where this object holds the import and another has taken it over."""
        with self._file.transaction():
            fence = self._fences.get(import_id)
            if fence is not None:
                found = self._file.fetch("SELECT fence FROM holding WHERE import_id = ?", (import_id,))
                if found and found[0][0] > fence:
                    raise StaleFenceError(import_id, fence)
            yield

    def write(self, import_id: int, batch: Iterable[Written]) -> list[int]:
        written = list(batch)
        with self._writing(import_id):
            last = self._last_id(import_id)
            stored = self._ids_of(import_id, [one.state.key for one in written if one.state.role is Role.POSTING])
            numbers = self._number(import_id, written, stored, last)
            self._write_states(import_id, dict(zip(numbers, written, strict=True)), stored, last)
            self._write_bodies(numbers, written, last)
        return [row_of(number) for number in numbers]

    def _last_id(self, import_id: int) -> int:
        """The highest id that was ever given to a row of this import."""
        found = self._file.fetch("SELECT last_row FROM numbering WHERE import_id = ?", (import_id,))
        low, _ = id_range(import_id)
        return low + (found[0][0] if found else 0)

    def _number(self, import_id: int, written: list[Written], stored: dict[str, int], last: int) -> list[int]:
        """The ids of rows to write: the key's own where it has a row, the given one, else the next."""
        taken = dict(stored)
        given = last
        numbers = []
        for one in written:
            state = one.state
            is_posting = state.role is Role.POSTING
            number = taken.get(state.key) if is_posting else None
            if number is None:
                number = row_id(import_id, state.row) if state.row else given + 1
                given = max(given, number)
                if is_posting:
                    taken[state.key] = number
            numbers.append(number)
        if given > last:
            values = (import_id, given - id_range(import_id)[0])
            row_id(*values)
            self._file.execute("INSERT OR REPLACE INTO numbering (import_id, last_row) VALUES (?, ?)", values)
        return numbers

    def _write_states(self, import_id: int, written: dict[int, Written], stored: dict[str, int], last: int) -> None:
        """Of two writings of one row in a batch the later is left."""
        new, kept, moved = [], [], []
        for number, one in written.items():
            state = one.state
            if number > last:
                new.append(written_values(number, import_id, state))
            elif state.role is Role.POSTING and stored.get(state.key) == number:
                kept.append((*changing_values(state), number))
            else:
                moved.append(written_values(number, import_id, state))
        self._file.execute_many(REPLACE_ROW, moved)
        self._file.execute_many(UPDATE_POSTING, kept)
        self._file.execute_many(INSERT_ROW, new)

    def _write_bodies(self, numbers: list[int], written: list[Written], last: int) -> None:
        bodies = bodies_of(numbers, written, self._revisions_kept)
        self._file.execute_many(
            "DELETE FROM body WHERE id BETWEEN ? AND ? AND NOT (id BETWEEN ? AND ?)",
            (
                (*bodies_range(number), body_id(number, own.oldest), body_id(number, own.newest))
                for number, own in bodies.items()
                if number <= last
            ),
        )
        self._file.execute_many(
            "INSERT OR REPLACE INTO body (id, frame) VALUES (?, ?)",
            (
                (body_id(number, revision), frame)
                for number, own in bodies.items()
                for revision, frame in own.frames.items()
            ),
        )

    def mark_missing(self, import_id: int, run: int, numbers: Iterable[int]) -> None:
        query = "UPDATE state SET missing_since = ? WHERE id = ? AND missing_since = 0 AND status != ?"
        gone = int(Status.EXPIRED)
        with self._writing(import_id):
            self._file.execute_many(query, ((run, row_id(import_id, number), gone) for number in numbers))

    def set_parts(self, import_id: int, moved: Iterable[tuple[int, str]]) -> None:
        query = "UPDATE state SET part = ? WHERE id = ?"
        with self._writing(import_id):
            self._file.execute_many(query, ((part, row_id(import_id, number)) for number, part in moved))

    def clear_missing(self, import_id: int, numbers: Iterable[int]) -> None:
        query = "UPDATE state SET missing_since = 0 WHERE id = ? AND missing_since != 0"
        with self._writing(import_id):
            self._file.execute_many(query, ((row_id(import_id, number),) for number in numbers))

    def expire(
        self, import_id: int, run: int, numbers: Iterable[int], reason: str, *, status: Status = Status.EXPIRED
    ) -> int:
        query = """
            UPDATE state
            SET status = ?, reason = ?, changed_run = ?, written_run = ?, missing_since = 0, prior = ?
            WHERE id = ?
        """
        expired = 0
        with self._writing(import_id):
            for some in _chunks(numbers, fill=False):
                found = self.rows(import_id, some).values()
                live = [row for row in found if is_listed(row)]
                changes = [
                    (int(status), reason, run, run, prior_of(row, run), row_id(import_id, row.row)) for row in live
                ]
                self._file.execute_many(query, changes)
                expired += len(live)
        return expired

    def delete_rows(self, import_id: int, numbers: Iterable[int]) -> None:
        with self._writing(import_id):
            self._delete(row_id(import_id, number) for number in numbers)

    def delete_side_rows_of(self, import_id: int, run: int, *, after_ordinal: int) -> None:
        query = f"""
            SELECT s.id FROM state AS s INDEXED BY row_not_live
            WHERE s.import_id = ? AND s.role != 0 AND {NOT_LIVE} AND s.written_run = ? AND s.ordinal > ?
        """
        with self._writing(import_id):
            self._delete(self._file.integers(query, (import_id, run, after_ordinal)))

    def _delete(self, ids: Iterable[int]) -> None:
        for some in _chunks(ids, fill=False):
            self._file.execute_many("DELETE FROM state WHERE id = ?", [(number,) for number in some])
            self._file.execute_many("DELETE FROM body WHERE id BETWEEN ? AND ?", map(bodies_range, some))

    def save_contexts(self, import_id: int, contexts: dict[bytes, bytes]) -> None:
        query = "INSERT OR IGNORE INTO context (import_id, digest, packed) VALUES (?, ?, ?)"
        with self._writing(import_id):
            self._file.execute_many(query, [(import_id, digest, packed) for digest, packed in contexts.items()])

    def delete_import(self, import_id: int) -> None:
        low, high = id_range(import_id)
        with self._writing(import_id):
            self._file.execute("DELETE FROM body WHERE id > ? AND id < ?", (body_id(low, 0), body_id(high, 0)))
            self._file.execute("DELETE FROM state WHERE id > ? AND id < ?", (low, high))
            self._file.execute("DELETE FROM context WHERE import_id = ?", (import_id,))
            self._file.execute("DELETE FROM numbering WHERE import_id = ?", (import_id,))


def _known_before(number: int, prior: bytes, holder: int | None) -> Known:
    """A row that the run has written already, as it was before."""
    before = unpack_prior(prior)
    assert before is not None
    return Known(row_of(number), before.digest, before.role, before.status, before.reason, row_of(holder or 0))


def _chunks(items: Iterable[Any], *, fill: bool = True) -> Iterator[list[Any]]:
    """Pieces small enough for one query; where `fill`, the last item is repeated up to one of a few sizes."""
    rest = iter(items)
    while some := list(islice(rest, _AT_ONCE)):
        size = next(size for size in _SIZES if len(some) <= size)
        yield some + some[-1:] * (size - len(some)) if fill else some


def _marks(items: Sequence[Any]) -> str:
    return ", ".join("?" * len(items))
