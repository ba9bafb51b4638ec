"""The rows that a destination has to look at next: what lists of changes name, or all that there are.

A position is what is kept of it in the ledger, so that a killed process goes on where it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from heapq import merge
from itertools import groupby, islice
from typing import Any

from jobpipe.documents.delivered.store import DeliveredStore
from jobpipe.documents.store import Documents, Selection, Status
from jobpipe.ledger.models import Delivery, DeliveryKind, DeliveryState, Destination, Import
from jobpipe.runs.deliveries.change_lists import last_sequence, lists_after, rows_of

# Rows that are looked at together.
CHUNK = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """Where a destination has come to; see `jobpipe.ledger.models.Destination`."""

    sequence: int = 0
    offset: int = 0
    # Of a comparison of all postings: the import and its row that were compared last.
    sweep: tuple[int, int] | None = None
    # In it everything is sent again.
    again: bool = False

    @classmethod
    def of(cls, destination: Destination) -> Position:
        sweep = destination.sweep
        at = (int(sweep["import"]), int(sweep["row"])) if sweep else None
        return cls(
            sequence=destination.sequence, offset=destination.offset, sweep=at, again=bool(sweep.get("again", False))
        )

    def as_fields(self) -> dict[str, Any]:
        sweep = {"import": self.sweep[0], "row": self.sweep[1], "again": self.again} if self.sweep else {}
        return {"sequence": self.sequence, "offset": self.offset, "sweep": sweep}


@dataclass(frozen=True, kw_only=True, slots=True)
class Chunk:
    """Some rows of one import, growing, and how each is reached."""

    owner: Import
    # Whether its postings go to the destination.
    feeds: bool
    rows: list[int]
    # Before the first of them.
    start: Position
    # Whether what the destination has is sent again.
    again: bool = False
    # They are looked at besides: the position stays.
    stays: bool = False

    def after(self, count: int) -> Position:
        """Where the destination is when the first `count` rows are done."""
        if self.stays:
            return self.start
        if self.start.sweep is not None:
            return replace(self.start, sweep=(self.owner.pk, self.rows[count - 1])) if count else self.start
        return replace(self.start, offset=self.start.offset + count)


class Follower:
    """Of one destination, from a position on. Iterators stay open within it; nothing else is held."""

    def __init__(
        self, documents: Documents, delivered: DeliveredStore, destination: Destination, feeding: list[Import]
    ) -> None:
        self._documents = documents
        self._delivered = delivered
        self._number: int = destination.pk
        self._again_until = destination.again_until
        self.feeding = {owner.pk: owner for owner in feeding}

    def chunks(self, position: Position) -> Iterator[Chunk | Position]:
        """What is to be looked at; a bare Position says how far it is with nothing more to look at up to there."""
        if position.sweep is not None:
            yield from self._sweep(position)
            position = replace(position, sweep=None, again=False)
            yield position
        yield from self._follow(position)

    # All postings ------------------------------------------------------------------------------------

    def _sweep(self, position: Position) -> Iterator[Chunk]:
        assert position.sweep is not None
        first, after = position.sweep
        for number in self._all_imports():
            if number < first:
                continue
            owner = self.feeding.get(number) or Import.objects.filter(pk=number).first() or Import(pk=number)
            rows = self._rows_of(number, after if number == first else 0, feeds=number in self.feeding)
            last = after if number == first else 0
            while some := list(islice(rows, CHUNK)):
                start = replace(position, sweep=(number, last))
                yield Chunk(owner=owner, feeds=number in self.feeding, rows=some, start=start, again=position.again)
                last = some[-1]

    def _all_imports(self) -> list[int]:
        return sorted({*self.feeding, *self._delivered.imports(self._number)})

    def _rows_of(self, import_id: int, after: int, *, feeds: bool) -> Iterator[int]:
        """Of the postings that are live and of those that the destination has, each once."""
        selection = Selection(status=Status.LIVE, after_row=after)
        live = (row.row for row in self._documents.select(import_id, selection)) if feeds else ()
        there = (one.row for one in self._delivered.walk(self._number, import_id, after=after))
        both = merge(live, there)
        return (row for row, _ in groupby(both))

    # What has changed --------------------------------------------------------------------------------

    def _follow(self, position: Position) -> Iterator[Chunk | Position]:
        last = last_sequence()
        known = set(self._delivered.imports(self._number)) | self.feeding.keys()
        for changes in lists_after(position.sequence, known):
            rows = rows_of(changes)
            if rows is None:
                # The next sitting compares all postings.
                return
            owner = self.feeding.get(changes.import_row_id) or changes.import_row
            offset = position.offset
            while offset < len(rows):
                start = replace(position, offset=offset)
                some = list(rows[offset : offset + CHUNK])
                yield Chunk(
                    owner=owner,
                    feeds=owner.pk in self.feeding,
                    rows=some,
                    start=start,
                    again=changes.sequence <= self._again_until,
                )
                offset += len(some)
            position = Position(sequence=changes.sequence)
            yield position
        # What other imports have changed is nothing to it.
        if position.sequence < last:
            yield Position(sequence=last)


def begin_sweep(destination: Destination, *, again: bool = False) -> None:
    """All postings are compared next; what changes meanwhile is followed afterwards.

    The caller has the destination, and saves it in the same transaction.
    """
    forget_where_batches_lead(destination)
    destination.sequence, destination.offset = last_sequence(), 0
    destination.sweep = {"import": 0, "row": 0, "again": again}


def forget_where_batches_lead(destination: Destination) -> None:
    """What is on its way still arrives, and leaves the destination where it is told to be now."""
    waiting = Delivery.objects.filter(destination=destination, kind=DeliveryKind.CHANGES)
    waiting.filter(state=DeliveryState.PREPARED).update(after={})
