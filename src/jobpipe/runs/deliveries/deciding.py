"""What a person decides of deliveries: a snapshot that waits, what was refused, and what is to be sent once more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from django.db import transaction

from jobpipe.documents.delivered.store import Delivered, Standing
from jobpipe.errors import UsageError
from jobpipe.ledger.models import ChangeList, Delivery, DeliveryState, Destination, Run
from jobpipe.ledger.text import storable
from jobpipe.ledger.turns import turn_to_write
from jobpipe.runs.deliveries import telling
from jobpipe.runs.deliveries.change_lists import last_sequence, pruned_to
from jobpipe.runs.deliveries.delivering import duty_of
from jobpipe.runs.deliveries.following import begin_sweep, forget_where_batches_lead
from jobpipe.runs.scheduling.duty import DutyIsTakenError, on_duty
from jobpipe.runs.workspace import Workspace

# Postings that are marked at a time.
_AT_ONCE = 1_000


def accept(workspace: Workspace, number: int, by: str) -> Delivery:
    """Let the snapshot go that waits; the next sitting publishes it. Raises UsageError where it waits with nothing."""
    delivery = _waiting(number)
    with turn_to_write(), transaction.atomic():
        delivery.state, delivery.error = DeliveryState.PREPARED, storable(f"accepted by {by}")
        delivery.save(update_fields=["state", "error"])
        Destination.objects.filter(pk=delivery.destination_id).update(next_try=None)
    telling.gone(delivery.destination.name, (telling.HELD,), why=f"accepted by {by}")
    return delivery


def dismiss(workspace: Workspace, number: int, by: str) -> Delivery:
    """The partner keeps the former file; the next change makes a new one. Raises UsageError as `accept` does."""
    delivery = _waiting(number)
    with turn_to_write(), transaction.atomic():
        delivery.state, delivery.error = DeliveryState.DISMISSED, storable(f"dismissed by {by}")
        delivery.ended_at = datetime.now(UTC)
        delivery.save(update_fields=["state", "error", "ended_at"])
    telling.gone(delivery.destination.name, (telling.HELD,), why=f"dismissed by {by}")
    return delivery


def _waiting(number: int) -> Delivery:
    found = Delivery.objects.select_related("destination").filter(pk=number).first()
    if found is None:
        raise UsageError(f"there is no delivery {number}", hint="`jobpipe deliveries` lists them")
    if found.state != DeliveryState.HELD:
        raise UsageError(f"delivery {number} waits with nothing: it is {found.state}")
    return found


def destination_row(workspace: Workspace, name: str) -> Destination:
    """Raises UsageError where there is no such destination, or nothing was ever delivered to it."""
    found = Destination.objects.filter(name=name).first()
    if found is None:
        workspace.project.load_destination(name)
        raise UsageError(f"nothing was delivered to {name} yet", hint=f"jobpipe deliver {name}")
    return found


def retry_refused(workspace: Workspace, name: str) -> int:
    """What the destination refused is compared, and sent, once more; how many postings."""
    row = destination_row(workspace, name)
    delivered, done = workspace.delivered, 0
    with nobody_delivers(workspace, row):
        while refused := delivered.select(row.pk, Standing.REFUSED, limit=_AT_ONCE):
            delivered.save(row.pk, [_unrefused(one) for one in refused])
            done += len(refused)
        if done:
            with turn_to_write(), transaction.atomic():
                begin_sweep(row)
                row.next_try = None
                row.save()
    return done


def _unrefused(one: Delivered) -> Delivered:
    """What the destination had before counts, and what it refused is forgotten."""
    standing = Standing.THERE if one.digest else Standing.AWAY
    return Delivered(
        import_id=one.import_id,
        row=one.row,
        key=one.key,
        standing=standing,
        number=one.number,
        revision=one.revision,
        digest=one.digest,
        delivery=one.delivery,
        at=one.at,
    )


def resync(workspace: Workspace, name: str) -> None:
    """All postings are compared with what the destination has; only what differs is sent."""
    _sweep(workspace, name, again=False)


def replay_all(workspace: Workspace, name: str) -> None:
    """All postings are sent again, whatever the destination has; what it should not have is removed."""
    _sweep(workspace, name, again=True)


def replay_since(workspace: Workspace, name: str, run: int) -> int:
    """All that this run and later ones changed is sent again, as it is now; how many postings at most.

    Raises UsageError where the run is not known, or what it changed is not kept any more.
    """
    row = destination_row(workspace, name)
    first = _first_list(run)
    with nobody_delivers(workspace, row), turn_to_write(), transaction.atomic():
        forget_where_batches_lead(row)
        row.sequence, row.offset, row.sweep = first - 1, 0, {}
        row.again_until, row.next_try = last_sequence(), None
        row.save()
    return sum(ChangeList.objects.filter(sequence__gte=first).values_list("count", flat=True))


def _first_list(run: int) -> int:
    found = Run.objects.filter(pk=run).first()
    if found is None or found.sequence is None:
        raise UsageError(f"there is no finished run {run}", hint="`jobpipe runs` lists them")
    if found.sequence <= pruned_to():
        raise UsageError(f"what run {run} changed is not kept any more", hint="`--all` sends everything again")
    lists = ChangeList.objects.filter(sequence__gte=found.sequence).order_by("sequence")
    first = lists.values_list("sequence", flat=True).first()
    if first is None:
        raise UsageError(f"nothing has changed since run {run}", hint="`--all` sends everything again")
    return first


def _sweep(workspace: Workspace, name: str, *, again: bool) -> None:
    row = destination_row(workspace, name)
    with nobody_delivers(workspace, row), turn_to_write(), transaction.atomic():
        begin_sweep(row, again=again)
        row.next_try = None
        row.save()


@contextmanager
def nobody_delivers(workspace: Workspace, row: Destination) -> Iterator[None]:
    """Raises UsageError where a process is delivering there now; reads the row anew."""
    try:
        with on_duty(workspace.locks, duty_of(row)):
            row.refresh_from_db()
            yield
    except DutyIsTakenError as error:
        raise UsageError(f"another process delivers to {row.name} now", hint="try again when it has ended") from error
