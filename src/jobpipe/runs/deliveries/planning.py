"""The next batch of changes for a destination: who is in it is settled before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby

from jobpipe.documents.delivered.store import Delivered, DeliveredStore, Standing
from jobpipe.ledger.models import Destination, Import
from jobpipe.runs.deliveries.comparing import NO_ROOM, Wanted, noted, step_of
from jobpipe.runs.deliveries.following import Chunk, Follower, Position
from jobpipe.runs.deliveries.outgoing import Outgoing
from jobpipe.runs.deliveries.wanting import Looked, Wanting, unfinished_runs

# Of those that are held, to find those that wait for room.
_LOOKED_AT = 10_000
# Bytes of bodies in a batch, above which it ends, however few they are.
MOST_BYTES = 4 * 1024 * 1024


@dataclass(slots=True)
class Planned:
    # In the order in which they are sent; empty = nothing is to be sent up to `after`.
    items: list[Outgoing] = field(default_factory=list)
    # What is only written down.
    notes: list[Delivered] = field(default_factory=list)
    after: Position = field(default_factory=Position)


class Planner:
    """Of one destination, as long as nothing but its own answers changes what it has."""

    def __init__(
        self,
        wanting: Wanting,
        delivered: DeliveredStore,
        destination: Destination,
        follower: Follower,
        at: str,
    ) -> None:
        """`at`: the moment, ISO 8601."""
        self._wanting = wanting
        self._delivered = delivered
        self._number: int = destination.pk
        self._follower = follower
        self._at = at
        self._batch = wanting.definition.batch
        self._limit = wanting.definition.limit
        self._unfinished = unfinished_runs()
        self._there = self._count_there() if self._limit is not None else 0

    def plans(self, position: Position) -> Iterator[Planned]:
        """One after the other: each is to be answered, and saved, before the next is asked for."""
        for found in self._follower.chunks(position):
            if isinstance(found, Position):
                yield Planned(after=found)
            else:
                yield from self._plans_of(found)
            position = found if isinstance(found, Position) else found.after(len(found.rows))
        for chunk in self._waiting_for_room(position):
            yield from self._plans_of(chunk)

    def _plans_of(self, chunk: Chunk) -> Iterator[Planned]:
        looked = self._wanting.look(chunk.owner, chunk.rows, feeds=chunk.feeds, unfinished=self._unfinished)
        known = self._delivered.known(self._number, chunk.owner.pk, chunk.rows)
        count_of = {row: count for count, row in enumerate(chunk.rows, 1)}
        planned, size = Planned(), 0
        for one in looked:
            item = self._compare(planned, chunk, one, known.get(one.row))
            if item is None:
                continue
            planned.items.append(item)
            size += len(item.body)
            if len(planned.items) >= self._batch or size >= MOST_BYTES:
                planned.after = chunk.after(count_of[one.row])
                yield planned
                planned, size = Planned(), 0
        planned.after = chunk.after(len(chunk.rows))
        yield planned

    def _compare(self, planned: Planned, chunk: Chunk, one: Looked, known: Delivered | None) -> Outgoing | None:
        """The change that is to be sent of this posting; None = there is none."""
        wanted = self._within_limit(one.wanted, known)
        step = step_of(wanted, known, again=chunk.again)
        if step == "nothing":
            return None
        before = known or Delivered(import_id=chunk.owner.pk, row=one.row, key=one.key, standing=Standing.AWAY)
        if step == "note":
            planned.notes.append(noted(wanted, before, self._at))
            return None
        is_there = bool(before.digest)
        self._there += (step == "upsert") - is_there
        return self._outgoing(chunk.owner, step == "upsert", wanted, before, one.key)

    def _outgoing(self, owner: Import, is_upsert: bool, wanted: Wanted, before: Delivered, key: str) -> Outgoing:
        return Outgoing(
            import_id=owner.pk,
            row=before.row,
            import_name=owner.name,
            client=owner.client,
            key=key or before.key,
            action="upsert" if is_upsert else "remove",
            number=before.number + 1,
            revision=wanted.revision if is_upsert else before.revision,
            digest=wanted.digest if is_upsert else b"",
            body=wanted.body if is_upsert else b"",
            held=wanted.held,
        )

    # The most that it takes --------------------------------------------------------------------------

    def _within_limit(self, wanted: Wanted, known: Delivered | None) -> Wanted:
        limit = self._limit
        if limit is None or not wanted.body or wanted.held or (known is not None and known.digest):
            return wanted
        if self._there < limit:
            return wanted
        return replace(wanted, held=f"{NO_ROOM}: the destination takes {limit:,} postings")

    def _waiting_for_room(self, position: Position) -> Iterator[Chunk]:
        """Postings that were held for want of room, as many as there is room for by now."""
        room = self._limit - self._there if self._limit is not None else 0
        if room <= 0:
            return
        held = self._delivered.select(self._number, Standing.HELD, limit=_LOOKED_AT)
        waiting = [one for one in held if one.said.startswith(NO_ROOM)][:room]
        for import_id, some in groupby(waiting, key=lambda one: one.import_id):
            owner = self._follower.feeding.get(import_id)
            if owner is not None:
                yield Chunk(owner=owner, feeds=True, rows=[one.row for one in some], start=position, stays=True)

    def _count_there(self) -> int:
        counts = self._delivered.counts(self._number)
        return sum(count for (_, standing), count in counts.items() if standing is Standing.THERE)
