"""Old receipts, deliveries and lists of changes, and what is known of destinations and postings that are both gone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from django.db.models import Max

from jobpipe.ledger.models import ChangeList, Delivery, DeliveryKind, DeliveryState, Destination
from jobpipe.runs.deliveries.change_lists import last_sequence, remove_lists
from jobpipe.runs.housekeeping.freed import Pruned
from jobpipe.runs.housekeeping.pruning_ledger import pieces_of, remove_rows
from jobpipe.runs.workspace import Workspace

# Of each destination, however old they are.
_KEPT = 20


def prune_receipts(workspace: Workspace, done: Pruned, before: datetime | None) -> None:
    line = done.new("receipts")
    delivered = workspace.delivered_if_any
    if delivered is not None and before is not None:
        line.add(delivered.prune_receipts(before.astimezone(UTC).isoformat(), dry_run=done.dry_run))


def prune_change_lists(workspace: Workspace, done: Pruned, before: datetime | None) -> None:
    """Those of runs that ended before then, oldest first; never the newest one, by which others count on."""
    line = done.new("lists of changes")
    if before is None:
        return
    newer = ChangeList.objects.filter(run__finished_at__gte=before).order_by("sequence")
    first_kept = newer.values_list("sequence", flat=True).first() or last_sequence()
    old = ChangeList.objects.filter(sequence__lt=first_kept)
    for numbers in pieces_of(old):
        line.add(len(numbers))
        if not done.dry_run:
            with workspace.writing():
                last = ChangeList.objects.filter(pk__in=numbers).aggregate(last=Max("sequence"))["last"]
                remove_lists(numbers, last)


def prune_deliveries(workspace: Workspace, done: Pruned, before: datetime | None) -> None:
    line = done.new("deliveries")
    if before is None:
        return
    for destination in Destination.objects.all():
        all_of_it = Delivery.objects.filter(destination=destination).order_by("-pk")
        files = all_of_it.filter(kind=DeliveryKind.SNAPSHOT, state=DeliveryState.ACKNOWLEDGED)
        kept = {*all_of_it.values_list("pk", flat=True)[:_KEPT], *files.values_list("pk", flat=True)[:1]}
        line.add(remove_rows(workspace, all_of_it.filter(ended_at__lt=before).exclude(pk__in=kept), done))


def drop_where_nothing_is_there(workspace: Workspace, import_id: int, rows: Sequence[int]) -> None:
    """Of postings that are removed here; where a destination still has one, that stays known until it is withdrawn."""
    delivered = workspace.delivered_if_any
    if delivered is None:
        return
    for destination in delivered.upkeep().destinations():
        known = delivered.known(destination, import_id, rows).values()
        delivered.delete_rows(destination, import_id, [one.row for one in known if not one.digest])
