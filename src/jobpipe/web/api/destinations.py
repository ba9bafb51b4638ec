"""Destinations and what they were sent. They have postings of several clients: only those who see all see them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import Http404
from ninja import Path, Router, Schema
from pydantic import Field

from jobpipe.ledger.models import Delivery
from jobpipe.runs.deliveries.overview import destination_document, destination_overviews
from jobpipe.runs.deliveries.showing import delivery_document
from jobpipe.web.api.bearer import ApiRequest, Bearer
from jobpipe.web.api.pages import LIMIT, Cursor, Limit, newest_first
from jobpipe.web.api.scopes import Scope
from jobpipe.web.api.shapes import Moment, Number, gives
from jobpipe.web.project import workspace
from jobpipe.web.rights import Viewer

router = Router(tags=["destinations"], by_alias=True)

DestinationName = Annotated[str, Path(min_length=1, max_length=100)]


class DestinationShape(Schema):
    destination: str
    kind: str
    format: str
    state: Literal["new", "ok", "behind", "held", "down", "paused", "wrong"]
    fault: str = Field(description="What is wrong with its file.")
    error: str = Field(description="Why the last attempt failed.")
    failures: int = Field(description="In a row, since it last answered.")
    failing_since: Moment
    next_try: Moment
    last_success: Moment
    lists_behind: int | None = Field(description="Runs whose changes it has not followed; null = it gets all first.")
    there: int
    refused: int
    held_back: int


class DestinationList(Schema):
    items: list[DestinationShape]


class FileShape(Schema):
    name: str
    size: int
    sha256: str


class DeliveryShape(Schema):
    delivery: int
    destination: str
    kind: Literal["changes", "snapshot"]
    state: Literal["prepared", "acknowledged", "held", "dismissed"]
    created_at: str
    ended_at: Moment
    attempts: int
    upserts: int
    removals: int
    refused: int
    postings: int
    left_out: dict[str, int]
    files: list[FileShape]
    said: str
    error: str


class DeliveryPage(Schema):
    items: list[DeliveryShape]
    next: str | None = Field(description="The cursor of the next page; null = this is the last one.")


@router.get(
    "/destinations",
    auth=Bearer(Scope.DESTINATIONS_READ),
    response=gives(DestinationList),
    operation_id="list_destinations",
)
def list_destinations(request: ApiRequest) -> Any:
    """List destinations by name."""
    names = workspace().project.destinations() if request.viewer.sees_all else []
    return {"items": [destination_document(one) for one in destination_overviews(workspace(), names)]}


@router.get(
    "/destinations/{destination}",
    auth=Bearer(Scope.DESTINATIONS_READ),
    response=gives(DestinationShape),
    operation_id="show_destination",
)
def show_destination(request: ApiRequest, destination: DestinationName) -> Any:
    """Show one destination."""
    _check(request.viewer, destination)
    return destination_document(destination_overviews(workspace(), [destination])[0])


@router.get(
    "/destinations/{destination}/deliveries",
    auth=Bearer(Scope.DESTINATIONS_READ),
    response=gives(DeliveryPage),
    operation_id="list_deliveries",
)
def list_deliveries(
    request: ApiRequest, destination: DestinationName, cursor: Cursor = "", limit: Limit = LIMIT
) -> Any:
    """List what a destination was sent, the newest first."""
    _check(request.viewer, destination)
    found = Delivery.objects.filter(destination__name=destination).select_related("destination").defer("payload")
    rows, following = newest_first(found, cursor, limit)
    return {"items": [delivery_document(row) for row in rows], "next": following}


@router.get(
    "/deliveries/{delivery}",
    auth=Bearer(Scope.DESTINATIONS_READ),
    response=gives(DeliveryShape),
    operation_id="show_delivery",
)
def show_delivery(request: ApiRequest, delivery: Number) -> Any:
    """Show one delivery, with its receipt."""
    found = Delivery.objects.select_related("destination").defer("payload").filter(pk=delivery).first()
    if found is None or not request.viewer.sees_all:
        raise Http404
    return delivery_document(found)


def _check(viewer: Viewer, name: str) -> None:
    """Raises Http404."""
    if not viewer.sees_all or name not in workspace().project.destinations():
        raise Http404
