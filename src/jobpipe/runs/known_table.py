"""The known table: for each row of an import its digest and what a record with that digest means.

At most 32 bytes a row: 16 of digest, 4 of row number and kind, 4 of who has seen it in this run, 6 of a hash
table with open addressing; 8 more for each row that is no posting.  Above a million rows the digests and the
hash table lie in a temporary file that is mapped, so that the kernel may take the memory back.
"""

from __future__ import annotations

import mmap
import tempfile
from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from jobpipe.documents.store import Known
from jobpipe.lifecycle import Kind, kind_of

__all__ = ["SEEN_OTHERWISE", "Kind", "KnownTable"]

# Seen in this run, though not by a record of its own: by a rejected one with its key, or in an unchanged part.
SEEN_OTHERWISE = 0xFFFFFFFE
# Of a row that no record of its own has seen.
_FREE = (0, SEEN_OTHERWISE)

ROWS_IN_MEMORY = 1_000_000
# Rows with equal digests that can be found; more of them are one record a thousand times over.
MAX_EQUAL = 8
_DIGEST = 16
_KIND_BITS = 3
_KIND_MASK = (1 << _KIND_BITS) - 1
_COPY = 4096


class KnownTable:
    """Indexes count the rows from 0, by growing row number."""

    def __init__(self, digests: Any, rows: array[int], holders: tuple[array[int], array[int]], slots: Any) -> None:
        self._digests = digests
        self._rows = rows
        self._side_indexes, self._side_holders = holders
        self._slots = slots
        self._capacity = len(slots)
        # Who has seen it in this run: an ordinal, or SEEN_OTHERWISE; 0 = nobody yet.
        self._seen = array("I", bytes(4 * len(rows)))
        self._index_all()

    @classmethod
    def load(cls, chunks: Iterable[list[Known]], *, folder: Path) -> KnownTable:
        """From the store's rows as they were when the run began; `folder` is for the temporary file."""
        digests = _Column(folder)
        rows = array("I")
        side_indexes, side_holders = array("I"), array("I")
        for chunk in chunks:
            digests.add(b"".join([known.digest for known in chunk]), len(rows) + len(chunk))
            for known in chunk:
                kind = kind_of(known.role, known.status, known.reason)
                if kind >= Kind.DUPLICATE:
                    side_indexes.append(len(rows))
                    side_holders.append(known.holder)
                rows.append(known.row << _KIND_BITS | kind)
        capacity = len(rows) + len(rows) // 2 + 8
        return cls(digests.finish(), rows, (side_indexes, side_holders), _slots(capacity, len(rows), folder))

    def __len__(self) -> int:
        return len(self._rows)

    def find(self, digest: bytes) -> int:
        """The index of a row with this digest, one that no record has taken where there are several; -1 = none."""
        digests, slots, seen, capacity = self._digests, self._slots, self._seen, self._capacity
        slot = int.from_bytes(digest[:8], "little") % capacity
        found = -1
        while entry := slots[slot]:
            start = (entry - 1) * _DIGEST
            if digests[start : start + _DIGEST] == digest:
                if seen[entry - 1] in _FREE:
                    return int(entry) - 1
                found = int(entry) - 1
            slot += 1
            if slot == capacity:
                slot = 0
        return found

    def seen(self, index: int) -> int:
        return self._seen[index]

    def mark_seen(self, index: int, ordinal: int) -> None:
        self._seen[index] = ordinal

    def mark_seen_otherwise(self, index: int) -> None:
        """Whoever has seen it already has the better word; index -1 = there is no such row."""
        if index >= 0 and not self._seen[index]:
            self._seen[index] = SEEN_OTHERWISE

    def is_taken(self, index: int) -> bool:
        """Whether a record of its own has seen it; index -1 = there is no such row."""
        return index >= 0 and self._seen[index] not in (0, SEEN_OTHERWISE)

    def kind(self, index: int) -> int:
        return self._rows[index] & _KIND_MASK

    def row(self, index: int) -> int:
        return self._rows[index] >> _KIND_BITS

    def holder_row(self, index: int) -> int:
        """Of a duplicate or rejected row: the row of the posting that has its key; 0 = none."""
        place = bisect_left(self._side_indexes, index)
        if place < len(self._side_indexes) and self._side_indexes[place] == index:
            return self._side_holders[place]
        return 0

    def index_of_row(self, row: int) -> int:
        """-1 = the row was not there when the run began."""
        index = bisect_left(self._rows, row << _KIND_BITS)
        return index if index < len(self._rows) and self._rows[index] >> _KIND_BITS == row else -1

    def unseen_rows(self, kinds: Collection[Kind]) -> Iterator[int]:
        """The row numbers of these kinds that nothing in this run has seen."""
        wanted = frozenset(int(kind) for kind in kinds)
        for seen, row in zip(self._seen, self._rows, strict=True):
            if not seen and row & _KIND_MASK in wanted:
                yield row >> _KIND_BITS

    def count(self, kind: Kind) -> int:
        wanted = int(kind)
        return sum(1 for row in self._rows if row & _KIND_MASK == wanted)

    def _index_all(self) -> None:
        digests, slots, capacity = self._digests, self._slots, self._capacity
        for index in range(len(self._rows)):
            start = index * _DIGEST
            digest = bytes(digests[start : start + _DIGEST])
            slot = int.from_bytes(digest[:8], "little") % capacity
            equal = 0
            while (entry := slots[slot]) and equal < MAX_EQUAL:
                other = (entry - 1) * _DIGEST
                equal += digests[other : other + _DIGEST] == digest
                slot += 1
                if slot == capacity:
                    slot = 0
            if not entry:
                slots[slot] = index + 1


class _Column:
    """Bytes that grow: in memory at first, then in a file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held = bytearray()
        self._file: IO[bytes] | None = None

    def add(self, piece: bytes, rows: int) -> None:
        self._held += piece
        if rows > ROWS_IN_MEMORY and len(self._held) >= _COPY:
            if self._file is None:
                self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - it lives as long as the table
            self._file.write(self._held)
            self._held.clear()

    def finish(self) -> Any:
        if self._file is None:
            return self._held
        self._file.write(self._held)
        self._file.flush()
        return mmap.mmap(self._file.fileno(), 0)


def _slots(capacity: int, rows: int, folder: Path) -> Any:
    if rows <= ROWS_IN_MEMORY:
        return array("I", bytes(4 * capacity))
    with tempfile.TemporaryFile(dir=folder) as file:
        file.truncate(4 * capacity)
        return memoryview(mmap.mmap(file.fileno(), 4 * capacity)).cast("I")
