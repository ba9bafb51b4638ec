"""Which part of a source each record of a run stood in: a posting that has moved belongs to its new file or page.

A record that is as it was is never written, so its state row would go on naming the part that it was first found in;
when that part changes and its own is left unread, it would be missed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from jobpipe.documents.store import StateRow
from jobpipe.runs.known_table import KnownTable


class PartRanges:
    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._parts: list[str] = []

    def begin(self, part: str, first: int) -> None:
        """From the record with the number `first` on, records stand in `part`."""
        if not self._parts or self._parts[-1] != part:
            self._firsts.append(first)
            self._parts.append(part)

    def moved(self, rows: Iterable[StateRow], known: KnownTable) -> Iterator[tuple[int, str]]:
        """The rows that records of this run have seen in another part than the row names, with that part."""
        for row in rows:
            index = known.index_of_row(row.row)
            if not known.is_taken(index):
                continue
            place = bisect_right(self._firsts, known.seen(index)) - 1
            if place >= 0 and self._parts[place] != row.part:
                yield row.row, self._parts[place]
