"""Incidents: what went wrong, like errors together, and taking them in hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

from ninja import Query, Router, Schema
from pydantic import AwareDatetime, Field

from jobpipe.incidents import states
from jobpipe.incidents.documents import incident_document
from jobpipe.incidents.owners import Owners
from jobpipe.ledger.models import Incident
from jobpipe.web.api.bearer import ApiRequest, Bearer
from jobpipe.web.api.objects import incident_numbered
from jobpipe.web.api.pages import LIMIT, Cursor, Limit, newest_first
from jobpipe.web.api.scopes import Scope
from jobpipe.web.api.shapes import Given, Moment, Number, gives
from jobpipe.web.audit import note
from jobpipe.web.paging import where_given
from jobpipe.web.project import workspace
from jobpipe.web.rights import visible_incidents

router = Router(tags=["incidents"], by_alias=True)

_Operation = TypeVar("_Operation", bound=Callable[..., Any])
State = Literal["", "open", "reopened", "acknowledged", "muted", "resolved"]


class IncidentShape(Schema):
    incident: int
    kind: str
    severity: str
    role: str = Field(description="Of those whom it is for.")
    owner: str
    state: str
    import_: str = Field(alias="import")
    client: str
    field: str
    title: str
    message: str
    hint: str
    place: str
    count: int
    regressions: int
    muted_until: Moment
    first_seen: Moment
    last_seen: Moment
    first_run: int | None
    last_run: int | None


class WholeIncident(IncidentShape):
    advice: str
    samples: list[Any]
    history: list[dict[str, Any]]


class IncidentPage(Schema):
    items: list[IncidentShape]
    next: str | None = Field(description="The cursor of the next page; null = this is the last one.")


Why = Annotated[str, Field(max_length=1_000, description="A word for the history.")]


class Reason(Given):
    why: Why = ""


class Comment(Given):
    said: str = Field(min_length=1, max_length=2_000, description="For people: what is known, the address of a ticket.")


class Mute(Given):
    until: AwareDatetime = Field(description="Until then nobody is told of it; with its zone.")
    why: Why = ""


class Assignment(Given):
    person: str = Field(max_length=200, description="A name of `people`; empty = whoever holds its role.")
    why: Why = ""


@router.get(
    "/incidents", auth=Bearer(Scope.INCIDENTS_READ), response=gives(IncidentPage), operation_id="list_incidents"
)
def list_incidents(
    request: ApiRequest,
    state: State = "",
    kind: Annotated[str, Query(max_length=100)] = "",
    import_name: Annotated[str, Query(alias="import", max_length=200)] = "",
    owner: Annotated[str, Query(max_length=200)] = "",
    cursor: Cursor = "",
    limit: Limit = LIMIT,
) -> Any:
    """List incidents, those that were opened last first; without `state` those that are not resolved."""
    found = visible_incidents(request.viewer)
    found = found.filter(state=state) if state else found.filter(state__in=states.UNRESOLVED)
    found = where_given(found, kind=kind, import_name=import_name, owner=owner)
    rows, following = newest_first(found, cursor, limit)
    return {"items": [_document(row) for row in rows], "next": following}


@router.get(
    "/incidents/{incident}",
    auth=Bearer(Scope.INCIDENTS_READ),
    response=gives(WholeIncident),
    operation_id="show_incident",
)
def show_incident(request: ApiRequest, incident: Number) -> Any:
    """Show one incident: what to do, samples, its history."""
    return _document(incident_numbered(request.viewer, incident), whole=True)


def _acts(word: str) -> Callable[[_Operation], _Operation]:
    made: Callable[[_Operation], _Operation] = router.post(
        f"/incidents/{{incident}}/{word}",
        auth=Bearer(Scope.INCIDENTS_ACT),
        response=gives(IncidentShape),
        operation_id=f"{word}_incident",
    )
    return made


@_acts("acknowledge")
def acknowledge(request: ApiRequest, incident: Number, payload: Reason) -> Any:
    """Say that somebody has it in hand."""
    incident_numbered(request.viewer, incident)
    changed = states.acknowledge(incident, by=request.viewer.person, why=payload.why)
    return _noted(request, "incident.acknowledge", changed)


@_acts("resolve")
def resolve(request: ApiRequest, incident: Number, payload: Reason) -> Any:
    """Say that it is over; if it comes back it is reopened."""
    incident_numbered(request.viewer, incident)
    changed = states.resolve(incident, by=request.viewer.person, why=payload.why)
    return _noted(request, "incident.resolve", changed)


@_acts("mute")
def mute(request: ApiRequest, incident: Number, payload: Mute) -> Any:
    """Hear nothing of it until a moment."""
    incident_numbered(request.viewer, incident)
    until: datetime = payload.until
    changed = states.mute(incident, until, by=request.viewer.person, why=payload.why)
    return _noted(request, "incident.mute", changed)


@_acts("assign")
def assign(request: ApiRequest, incident: Number, payload: Assignment) -> Any:
    """Give it to somebody."""
    incident_numbered(request.viewer, incident)
    owners = Owners(workspace().project)
    changed = states.assign(incident, payload.person, owners, by=request.viewer.person, why=payload.why)
    return _noted(request, "incident.assign", changed)


@_acts("comment")
def comment(request: ApiRequest, incident: Number, payload: Comment) -> Any:
    """Add a line to its history."""
    incident_numbered(request.viewer, incident)
    return _noted(request, "incident.comment", states.comment(incident, payload.said, by=request.viewer.person))


def _noted(request: ApiRequest, action: str, changed: Incident) -> Any:
    note(request, action, f"incident {changed.pk}", token=request.auth.prefix)
    return _document(changed)


def _document(incident: Incident, *, whole: bool = False) -> dict[str, Any]:
    document = incident_document(incident, whole=whole)
    return {**document, "muted_until": document["muted_until"] or None}
