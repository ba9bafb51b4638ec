"""A store over another one: what is written stays here, and the one below is only read.

Its rows lie in a file of their own, so that memory holds a bit a row of the store below.  Bodies are not kept: who
wants to know what was written hears of it (`heed`).
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import msgspec

from jobpipe.documents.sqlite import SqliteDocuments
from jobpipe.documents.store import Documents, Known, LabelUse, Role, Selection, StateRow, Status, Written, unpack_prior

# Rows that are not below have numbers above all that are.
_FIRST_NEW = 2**28
_PIECE = 500

Heed = Callable[[list[Written]], None]


class OverlayDocuments:
    """See `jobpipe.documents.store.Documents`. For one import, one thread, and runs that are not below."""

    def __init__(self, below: Documents, folder: Path, *, heed: Heed) -> None:
        """`folder`: of the file, which nobody else uses; `heed` gets each batch that is written, with its bodies."""
        self._below = below
        self._above = SqliteDocuments(folder / "overlay.sqlite3")
        self._heed = heed
        self._covered = _Numbers()
        # How many rows of each kind there are less than below, among those that are covered.
        self._less: Counter[tuple[Role, Status, str]] = Counter()
        self._next = _FIRST_NEW

    # Reading ----------------------------------------------------------------------------------------

    def known(self, import_id: int, *, before_run: int) -> Iterator[list[Known]]:
        return self._below.known(import_id, before_run=before_run)

    def postings_by_key(self, import_id: int, keys: Sequence[str]) -> dict[str, StateRow]:
        found = self._below.postings_by_key(import_id, keys)
        kept = {key: row for key, row in found.items() if row.row not in self._covered}
        return kept | self._above.postings_by_key(import_id, keys)

    def rows(self, import_id: int, numbers: Sequence[int]) -> dict[int, StateRow]:
        below = [number for number in numbers if number not in self._covered]
        return self._below.rows(import_id, below) | self._above.rows(import_id, numbers)

    def missing(self, import_id: int) -> Iterator[tuple[int, int]]:
        below = (pair for pair in self._below.missing(import_id) if pair[0] not in self._covered)
        return heapq.merge(below, self._above.missing(import_id))

    def ended(self, import_id: int, now: str) -> list[int]:
        below = [number for number in self._below.ended(import_id, now) if number not in self._covered]
        return sorted(below + self._above.ended(import_id, now))

    def select(self, import_id: int, selection: Selection) -> Iterator[StateRow]:
        below = (row for row in self._below.select(import_id, selection) if row.row not in self._covered)
        return heapq.merge(below, self._above.select(import_id, selection), key=lambda row: row.row)

    def counts(self, import_id: int) -> dict[tuple[Role, Status, str], int]:
        counted = Counter(self._below.counts(import_id))
        counted.update(self._above.counts(import_id))
        counted.subtract(self._less)
        return {kind: number for kind, number in counted.items() if number}

    # As they are below: of what is written here nobody reads a body or a label.

    def bodies(self, import_id: int, selection: Selection) -> Iterator[tuple[StateRow, bytes]]:
        return self._below.bodies(import_id, selection)

    def body(self, import_id: int, row: int, revision: int | None = None) -> bytes | None:
        return self._below.body(import_id, row, revision)

    def revisions(self, import_id: int, row: int) -> list[int]:
        return self._below.revisions(import_id, row)

    def label_lines(self, import_id: int) -> set[str]:
        return self._below.label_lines(import_id)

    def labels(self, import_id: int) -> list[LabelUse]:
        return self._below.labels(import_id)

    def facts(self, import_id: int, *, one_in: int = 1) -> Iterator[bytes]:
        return self._below.facts(import_id, one_in=one_in)

    def context(self, import_id: int, digest: bytes) -> bytes | None:
        return self._below.context(import_id, digest)

    # Writing ----------------------------------------------------------------------------------------

    def hold(self, import_id: int, fence: int) -> None:
        """Nothing is written that another could have taken over."""

    def write(self, import_id: int, batch: Iterable[Written]) -> list[int]:
        written = list(batch)
        self._heed(written)
        for one in written:
            self._cover_written(one.state)
        return self._above.write(import_id, [Written(self._numbered(one.state)) for one in written])

    def mark_missing(self, import_id: int, run: int, numbers: Iterable[int]) -> None:
        for some in self._raised(import_id, numbers):
            self._above.mark_missing(import_id, run, some)

    def clear_missing(self, import_id: int, numbers: Iterable[int]) -> None:
        for some in self._raised(import_id, numbers):
            self._above.clear_missing(import_id, some)

    def expire(
        self, import_id: int, run: int, numbers: Iterable[int], reason: str, *, status: Status = Status.EXPIRED
    ) -> int:
        return sum(
            self._above.expire(import_id, run, some, reason, status=status) for some in self._raised(import_id, numbers)
        )

    def delete_rows(self, import_id: int, numbers: Iterable[int]) -> None:
        for some in _pieces(numbers):
            for row in self._below.rows(import_id, [number for number in some if number not in self._covered]).values():
                self._cover(row.row, row)
            self._above.delete_rows(import_id, some)

    def set_parts(self, import_id: int, moved: Iterable[tuple[int, str]]) -> None:
        """Where a row stands decides over nothing that comes after it in its run."""

    def delete_side_rows_of(self, import_id: int, run: int, *, after_ordinal: int) -> None:
        self._above.delete_side_rows_of(import_id, run, after_ordinal=after_ordinal)

    def save_contexts(self, import_id: int, contexts: dict[bytes, bytes]) -> None:
        """Contexts are for bodies."""

    def delete_import(self, import_id: int) -> None:
        raise NotImplementedError("no run deletes an import")

    def close(self) -> None:
        """The store below stays open."""
        self._above.close()

    def _numbered(self, state: StateRow) -> StateRow:
        """One that is new gets a number that is not taken below; a posting whose key is here already keeps its own."""
        if state.row:
            return state
        self._next += 1
        return msgspec.structs.replace(state, row=self._next)

    def _raised(self, import_id: int, numbers: Iterable[int]) -> Iterator[list[int]]:
        """Rows that are to change, in pieces: each is here when its piece is given."""
        for some in _pieces(numbers):
            rows = self._below.rows(import_id, [number for number in some if number not in self._covered]).values()
            for row in rows:
                self._cover(row.row, row)
            self._above.write(import_id, map(Written, rows))
            yield some

    def _cover_written(self, state: StateRow) -> None:
        before = unpack_prior(state.prior) if state.row else None
        if before is not None and state.row < _FIRST_NEW and state.row not in self._covered:
            self._cover(state.row, before)

    def _cover(self, number: int, row: StateRow) -> None:
        if number < _FIRST_NEW:
            self._covered.add(number)
            self._less[row.role, row.status, row.reason] += 1


class _Numbers:
    """A set of row numbers, a bit each."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def __contains__(self, number: int) -> bool:
        place = number >> 3
        return place < len(self._bits) and bool(self._bits[place] >> (number & 7) & 1)

    def add(self, number: int) -> None:
        place = number >> 3
        if place >= len(self._bits):
            self._bits.extend(bytes(place + 4096 - len(self._bits)))
        self._bits[place] |= 1 << (number & 7)


def _pieces(numbers: Iterable[int]) -> Iterator[list[int]]:
    rest = iter(numbers)
    while some := list(islice(rest, _PIECE)):
        yield some
