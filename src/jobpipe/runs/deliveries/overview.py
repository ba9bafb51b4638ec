"""Every destination at a glance: its state, how far behind it is, and what it has.

A few statements of the ledger for all of them together, and one of what was delivered for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from jobpipe.definition.destinations import DestinationDefinition
from jobpipe.documents.delivered.store import Standing
from jobpipe.errors import JobpipeError
from jobpipe.ledger.models import ChangeList, Delivery, DeliveryState, Destination
from jobpipe.runs.workspace import Workspace


@dataclass(frozen=True, kw_only=True, slots=True)
class DestinationOverview:
    name: str
    # new ok behind held down paused wrong; gone: it has no file any more
    state: str
    # What its file says; None = it is not valid.
    definition: DestinationDefinition | None
    # Why it is not.
    fault: str = ""
    # None = nothing was ever delivered there.
    row: Destination | None = None
    # Lists of changes that it has not followed yet; None = it gets all postings first.
    lists_behind: int | None = None
    counts: dict[Standing, int] = field(default_factory=dict)

    @property
    def there(self) -> int:
        return self.counts.get(Standing.THERE, 0)

    @property
    def refused(self) -> int:
        return self.counts.get(Standing.REFUSED, 0)

    @property
    def held_back(self) -> int:
        return self.counts.get(Standing.HELD, 0)

    @property
    def error(self) -> str:
        return self.row.error if self.row is not None else ""


def destination_overviews(
    workspace: Workspace, names: Sequence[str], *, counted: bool = True
) -> list[DestinationOverview]:
    """In the order of `names`; without `counted` the ledger alone is asked."""
    rows = {row.name: row for row in Destination.objects.filter(name__in=names).annotate(lag=_lists_behind())}
    held = Delivery.objects.filter(state=DeliveryState.HELD).values_list("destination_id", flat=True)
    waiting = set(held.distinct().order_by())
    files = set(workspace.project.destinations())
    return [
        _overview(workspace, name, rows.get(name), waiting, counted=counted)
        if name in files
        else _gone(workspace, name, rows.get(name), counted=counted)
        for name in names
    ]


def _gone(workspace: Workspace, name: str, row: Destination | None, *, counted: bool) -> DestinationOverview:
    counts = _counts(workspace, row) if counted else {}
    return DestinationOverview(name=name, state="gone", definition=None, row=row, counts=counts)


def _lists_behind() -> Coalesce:
    newer = ChangeList.objects.filter(sequence__gt=OuterRef("sequence")).order_by()
    counted = newer.annotate(all_of_them=Coalesce(0, 0)).values("all_of_them").annotate(count=Count("pk"))
    return Coalesce(Subquery(counted.values("count")), 0)


def _overview(
    workspace: Workspace, name: str, row: Destination | None, waiting: set[int], *, counted: bool
) -> DestinationOverview:
    fault, definition = "", None
    try:
        definition = workspace.project.load_destination(name)
    except JobpipeError as error:
        fault = str(error)
    lag: int | None = None if row is None or row.sweep else getattr(row, "lag", 0)
    is_held = row is not None and row.pk in waiting
    return DestinationOverview(
        name=name,
        state=_state(definition, row, lag, is_held=is_held),
        definition=definition,
        fault=fault,
        row=row,
        lists_behind=lag,
        counts=_counts(workspace, row) if counted else {},
    )


def _counts(workspace: Workspace, row: Destination | None) -> dict[Standing, int]:
    counted = dict.fromkeys(Standing, 0)
    if row is not None:
        for (_, standing), count in workspace.delivered.counts(row.pk).items():
            counted[standing] += count
    return counted


def _state(definition: DestinationDefinition | None, row: Destination | None, lag: int | None, *, is_held: bool) -> str:
    if definition is None:
        return "wrong"
    if definition.paused:
        return "paused"
    if row is None:
        return "new"
    if is_held:
        return "held"
    if row.failures:
        return "down"
    return "behind" if lag != 0 else "ok"


def destination_document(one: DestinationOverview) -> dict[str, Any]:
    """For JSON."""
    row = one.row
    return {
        "destination": one.name,
        "kind": one.definition.kind if one.definition else "",
        "format": one.definition.format if one.definition else "",
        "state": one.state,
        "fault": one.fault,
        "error": one.error,
        "failures": row.failures if row else 0,
        "failing_since": _iso(row.failing_since) if row else None,
        "next_try": _iso(row.next_try) if row else None,
        "last_success": _iso(row.last_success) if row else None,
        "lists_behind": one.lists_behind,
        "there": one.there,
        "refused": one.refused,
        "held_back": one.held_back,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
