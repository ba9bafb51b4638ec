"""Schedules: when imports are due, and what became of the last times."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ninja import Query, Router, Schema
from pydantic import Field

from jobpipe.runs.scheduling.past_times import Became
from jobpipe.runs.summaries import bring_up_to_date, shown
from jobpipe.web.api.bearer import ApiRequest, Bearer
from jobpipe.web.api.imports import iso
from jobpipe.web.api.pages import LIMIT, Cursor, Limit, cursor_of, parts_of
from jobpipe.web.api.scopes import Scope
from jobpipe.web.api.shapes import Moment, gives
from jobpipe.web.import_lists import visible_summaries
from jobpipe.web.schedules import Scheduled, scheduled

router = Router(tags=["imports"], by_alias=True)


class PastTimeShape(Schema):
    due: str
    became: str = Field(description=", ".join(Became) + ".")
    run: int | None = Field(description="The run that came of it, or was under way.")


class ScheduleShape(Schema):
    import_: str = Field(alias="import")
    client: str
    state: Literal["new", "ok", "late", "down", "paused"]
    schedule: str = Field(description="As it is written: a cron expression, a word, or an interval.")
    zone: str
    words: str = Field(description="What it means, for a person.")
    grace: float = Field(description="Seconds until it is late.")
    missed: Moment = Field(description="The first due moment that nothing good came of; null = none is known.")
    next: list[str] = Field(description="The next times, in its zone; empty = it is due no more.")
    last: list[PastTimeShape] = Field(description="The last times, the oldest first.")
    fault: str = Field(description="What is wrong with its definition now.")


class SchedulePage(Schema):
    items: list[ScheduleShape]
    # Not the next times.
    next: str | None = Field(description="The cursor of the next page; null = this is the last one.")


@router.get("/schedules", auth=Bearer(Scope.IMPORTS_READ), response=gives(SchedulePage), operation_id="list_schedules")
def list_schedules(
    request: ApiRequest,
    client: Annotated[str, Query(max_length=200)] = "",
    state: Literal["", "new", "ok", "late", "down", "paused"] = "",
    cursor: Cursor = "",
    limit: Limit = LIMIT,
) -> Any:
    """List schedules by the name of their import."""
    now = bring_up_to_date()
    found = visible_summaries(request.viewer, now).filter(import_row__scheduled__schedule__gt="")
    if client:
        found = found.filter(import_row__client=client)
    if state:
        found = found.filter(state_now=state)
    if cursor:
        found = found.filter(import_row__name__gt=parts_of(cursor, str)[0])
    some = shown(found.order_by("import_row__name")[: limit + 1], now)
    following = cursor_of(some[limit - 1].name) if len(some) > limit else None
    return {"items": [_shape(one) for one in scheduled(some[:limit], now)], "next": following}


def _shape(found: Scheduled) -> dict[str, Any]:
    return {
        "import": found.name,
        "client": found.one.client,
        "state": str(found.one.state),
        "schedule": found.row.schedule,
        "zone": found.row.zone or "UTC",
        "words": found.words,
        "grace": found.row.grace,
        "missed": iso(found.one.punctuality.missed),
        "next": [due.isoformat() for due in found.next],
        "last": [
            {"due": one.due.isoformat(), "became": one.became.value, "run": one.run or None} for one in found.last
        ],
        "fault": found.row.fault,
    }
