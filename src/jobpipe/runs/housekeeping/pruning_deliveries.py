"""Old receipts, and what is known of destinations and postings that are both gone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from jobpipe.runs.housekeeping.freed import Pruned
from jobpipe.runs.workspace import Workspace


def prune_receipts(workspace: Workspace, done: Pruned, before: datetime | None) -> None:
    line = done.new("receipts")
    delivered = workspace.delivered_if_any
    if delivered is not None and before is not None:
        line.add(delivered.prune_receipts(before.astimezone(UTC).isoformat(), dry_run=done.dry_run))


def drop_where_nothing_is_there(workspace: Workspace, import_id: int, rows: Sequence[int]) -> None:
    """Of postings that are removed here; where a destination still has one, that stays known until it is withdrawn."""
    delivered = workspace.delivered_if_any
    if delivered is None:
        return
    for destination in delivered.upkeep().destinations():
        known = delivered.known(destination, import_id, rows).values()
        delivered.delete_rows(destination, import_id, [one.row for one in known if not one.digest])
