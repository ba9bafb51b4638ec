"""Changes in batches: planned, kept, sent, settled; one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from jobpipe.destinations.ways.way import (
    Answer,
    ChangesWay,
    Fate,
    ItemAnswer,
    NotReachedError,
    RefusedError,
)
from jobpipe.documents.delivered.store import Standing
from jobpipe.ledger.models import Delivery, DeliveryKind, DeliveryState, Import
from jobpipe.ledger.text import storable
from jobpipe.runs.deliveries import telling
from jobpipe.runs.deliveries.following import Follower, Position
from jobpipe.runs.deliveries.outgoing import Outgoing, batch_key, pack_outgoing, unpack_outgoing
from jobpipe.runs.deliveries.planning import Planned, Planner
from jobpipe.runs.deliveries.settling import Settled, settle
from jobpipe.runs.deliveries.sitting import Sitting
from jobpipe.runs.deliveries.wanting import Wanting
from jobpipe.safety.secrets import redact

# Failures in a row, after which what a destination asks for again is taken for refused: one posting holds up nobody.
_AGAIN_AT_MOST = 8
# Plans with nothing to send, after which the position is kept.
_KEEP_EVERY = 20


class ChangesSitting:
    def __init__(self, sitting: Sitting) -> None:
        self._sitting = sitting
        self._destination = sitting.destination
        self._delivered = sitting.workspace.delivered
        self._wanting = Wanting(sitting.workspace.documents, sitting.definition)

    def run(self) -> None:
        """Raises WayError where a batch did not get through."""
        try:
            self._send_what_waits()
            for planned in self._plans():
                if planned.items:
                    self._carry_out(self._prepare(planned.items, planned.after))
                    self._send_what_waits()
                if self._sitting.is_over:
                    self._sitting.report.state = "stopped"
                    break
        finally:
            self._tell()

    # What is on its way already ----------------------------------------------------------------------

    def _send_what_waits(self) -> None:
        """Batches that somebody may have had go out again as they are; what nobody had is planned anew."""
        waiting = self._waiting()
        if waiting and not any(one.may_be_there for one in waiting):
            with self._sitting.writing():
                Delivery.objects.filter(pk__in=[one.pk for one in waiting]).delete()
            return
        while waiting:
            self._carry_out(waiting[0])
            waiting = self._waiting()

    def _waiting(self) -> list[Delivery]:
        found = Delivery.objects.filter(destination=self._destination, state=DeliveryState.PREPARED)
        return list(found.filter(kind=DeliveryKind.CHANGES).order_by("pk"))

    # What is next ------------------------------------------------------------------------------------

    def _plans(self) -> Iterator[Planned]:
        sitting = self._sitting
        follower = Follower(sitting.workspace.documents, self._delivered, self._destination, sitting.feeding)
        planner = Planner(self._wanting, self._delivered, self._destination, follower, sitting.moment)
        unsaved = 0
        for planned in planner.plans(Position.of(self._destination)):
            if planned.notes:
                self._delivered.save(self._destination.pk, planned.notes)
            if not planned.items:
                unsaved += 1
                sitting.move_to(planned.after.as_fields())
                if unsaved >= _KEEP_EVERY:
                    self._save_position()
                    unsaved = 0
            yield planned
        self._save_position()

    def _save_position(self) -> None:
        self._sitting.save_destination("sequence", "offset", "sweep")

    # One batch ---------------------------------------------------------------------------------------

    def _prepare(self, items: Sequence[Outgoing], after: Position) -> Delivery:
        with self._sitting.writing():
            return _created(self._sitting, items, after.as_fields())

    def _carry_out(self, delivery: Delivery) -> None:
        items = unpack_outgoing(bytes(delivery.payload))
        changes = [item.change(self._destination.name) for item in items]
        was_there = delivery.may_be_there
        # What cannot be opened has sent nothing.
        way = cast(ChangesWay, self._sitting.way())
        delivery.attempts += 1
        delivery.may_be_there = True
        self._sitting.save_delivery(delivery, "attempts", "may_be_there")
        try:
            answer = way.send(changes, batch_key(changes))
        except RefusedError as error:
            if len(items) > 1:
                self._split(delivery, items)
                return
            said = ItemAnswer(fate=Fate.REFUSED, said=redact(error.message))
            answer = Answer(items={changes[0].idempotency_key: said})
        except NotReachedError as error:
            delivery.may_be_there, delivery.error = was_there, redact(str(error))
            self._sitting.save_delivery(delivery, "may_be_there", "error")
            raise
        keys = [change.idempotency_key for change in changes]
        if self._destination.failures >= _AGAIN_AT_MOST:
            answer = _given_up(answer)
        done = settle(self._delivered, self._destination.pk, delivery.pk, items, keys, answer, self._sitting.moment)
        self._acknowledge(delivery, done, answer, keeps=was_there)
        if done.again:
            raise NotReachedError(
                f"{len(done.again):,} of {len(items):,} changes: the destination asks for them again later"
            )

    def _acknowledge(self, delivery: Delivery, done: Settled, answer: Answer, *, keeps: bool) -> None:
        """`keeps`: what is asked for again may be there from an attempt before, and so stays as it is."""
        sitting, row = self._sitting, self._destination
        with sitting.writing():
            delivery.state, delivery.ended_at, delivery.payload = DeliveryState.ACKNOWLEDGED, sitting.clock(), b""
            delivery.upserts, delivery.removals = done.upserts, done.removals
            delivery.refused, delivery.said, delivery.error = len(done.refused), storable(answer.said), ""
            delivery.save()
            if done.again and keeps:
                _created(sitting, done.again, delivery.after, may_be_there=True)
            # Otherwise what it asks for again is planned again from where the destination is.
            if not done.again:
                sitting.move_to(delivery.after)
                sitting.succeeded()
            sitting.save_course()
        report = sitting.report
        report.deliveries += 1
        report.upserts += done.upserts
        report.removals += done.removals
        report.refused += len(done.refused)
        if done.refused:
            telling.tell_refused(sitting.workspace.project, row.name, done.refused)

    def _split(self, delivery: Delivery, items: Sequence[Outgoing]) -> None:
        """Halves, until the guilty one is alone: the others get through."""
        middle = len(items) // 2
        with self._sitting.writing():
            # Sent as they are: planned anew they would be together again.
            _created(self._sitting, items[:middle], {}, may_be_there=True)
            _created(self._sitting, items[middle:], delivery.after, may_be_there=True)
            delivery.delete()

    # What people hear --------------------------------------------------------------------------------

    def _tell(self) -> None:
        sitting, held = self._sitting, self._wanting.held_back
        name = self._destination.name
        sitting.report.held_back = held.postings.total()
        sitting.report.faults = dict(self._wanting.shaper.faults)
        still = held.tell(sitting.workspace.project, name)
        self._resolve(still)

    def _resolve(self, still: set[int]) -> None:
        """Where nothing is held or refused any more, nobody needs to hear of it."""
        name, held_back = self._destination.name, set(telling.HELD_BACK.values())
        fed_by = {owner.name: owner for owner in self._sitting.feeding}
        for import_name in telling.told_of(name, held_back) & fed_by.keys():
            if not self._has_any(Standing.HELD, fed_by[import_name]):
                why = "none is held back any more"
                telling.gone(name, held_back, why=why, import_name=import_name, still=still)
        for import_name in telling.told_of(name, (telling.REFUSED,)) & fed_by.keys():
            if not self._has_any(Standing.REFUSED, fed_by[import_name]):
                telling.gone(name, (telling.REFUSED,), why="it has all of them", import_name=import_name)

    def _has_any(self, standing: Standing, owner: Import) -> bool:
        return bool(self._delivered.select(self._destination.pk, standing, import_id=owner.pk, limit=1))


def _created(
    sitting: Sitting, items: Sequence[Outgoing], after: Mapping[str, object], *, may_be_there: bool = False
) -> Delivery:
    return Delivery.objects.create(
        destination=sitting.destination,
        kind=DeliveryKind.CHANGES,
        created_at=sitting.clock(),
        may_be_there=may_be_there,
        payload=pack_outgoing(items),
        after=dict(after),
    )


def _given_up(answer: Answer) -> Answer:
    items = {
        key: ItemAnswer(fate=Fate.REFUSED, said=f"asked for again {_AGAIN_AT_MOST} times: {item.said}")
        if item.fate is Fate.AGAIN
        else item
        for key, item in answer.items.items()
    }
    return Answer(items=items, said=answer.said)
