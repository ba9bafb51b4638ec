"""Imports: how they fare, and asking for a run."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple

from django.db.models import QuerySet
from ninja import Query, Router, Schema, Status
from pydantic import Field

from jobpipe.ledger.clock import ledger_time
from jobpipe.ledger.models import Import
from jobpipe.runs.overview import Overview, never_run, overviews
from jobpipe.runs.requesting import request_run
from jobpipe.runs.scheduling.punctuality import ImportState
from jobpipe.runs.summaries import IN_FULL, bring_up_to_date, shown
from jobpipe.web.api.bearer import ApiRequest, Bearer
from jobpipe.web.api.objects import known_import
from jobpipe.web.api.pages import LIMIT, Cursor, Limit, cursor_of, parts_of
from jobpipe.web.api.scopes import Scope
from jobpipe.web.api.shapes import Moment, Name, gives
from jobpipe.web.audit import note
from jobpipe.web.import_lists import visible_summaries
from jobpipe.web.project import workspace
from jobpipe.web.rights import Viewer

router = Router(tags=["imports"], by_alias=True)


class LastRun(Schema):
    run: int
    kind: str
    state: str
    started_at: Moment
    finished_at: Moment
    error: str


class ImportShape(Schema):
    import_: str = Field(alias="import")
    client: str
    state: Literal["new", "ok", "late", "down", "paused"]
    schedule: str = Field(description="A cron expression; empty = it runs when it is asked to.")
    next_due: Moment
    live: int | None = Field(description="Live postings at the end of the last run; null = it never ran.")
    incidents: int = Field(description="How many wait for somebody.")
    last_good: Moment
    held_run: int | None = Field(description="The run whose expiries wait for a person; null = none does.")
    last_run: LastRun | None


class ImportPage(Schema):
    items: list[ImportShape]
    next: str | None = Field(description="The cursor of the next page; null = this is the last one.")


class Asked(Schema):
    run: int
    was_there: bool = Field(description="It waited or ran already: there is no further one.")


@router.get("/imports", auth=Bearer(Scope.IMPORTS_READ), response=gives(ImportPage), operation_id="list_imports")
def list_imports(
    request: ApiRequest,
    client: Annotated[str, Query(max_length=200)] = "",
    state: Literal["", "new", "ok", "late", "down", "paused"] = "",
    cursor: Cursor = "",
    limit: Limit = LIMIT,
) -> Any:
    """List imports by name."""
    after = parts_of(cursor, str)[0] if cursor else ""
    now = bring_up_to_date()
    visible = visible_summaries(request.viewer, now)
    numbers = _numbers(request.viewer, visible)
    # By Python's order of letters, which is not that of each database.
    names = sorted(
        name
        for name, known in numbers.items()
        if name > after and client in ("", known.client) and state in ("", known.state)
    )
    some = [numbers[name].number for name in names[:limit]]
    found = {one.name: one for one in shown(visible.filter(pk__in=some), now, of_last_run=IN_FULL)}
    items = [_shape(found[name] if name in found else never_run([name])[0]) for name in names[:limit]]
    return {"items": items, "next": cursor_of(names[limit - 1]) if len(names) > limit else None}


class _Known(NamedTuple):
    # Of the ledger; 0 = it does not know it.
    number: int
    client: str
    state: str


def _numbers(viewer: Viewer, visible: QuerySet[Any]) -> dict[str, _Known]:
    """All that may be seen, by name: what the ledger knows, and what only has a file."""
    rows = visible.order_by().values_list("import_row__name", "pk", "import_row__client", "state_now")
    known = {name: _Known(*rest) for name, *rest in rows}
    files = workspace().project.imports() if viewer.sees_all else []
    return {name: _Known(0, "", ImportState.NEW.value) for name in files} | known


@router.get(
    "/imports/{import_name}", auth=Bearer(Scope.IMPORTS_READ), response=gives(ImportShape), operation_id="show_import"
)
def show_import(request: ApiRequest, import_name: Name) -> Any:
    """Show one import."""
    known_import(request.viewer, import_name)
    found = overviews(ledger_time(), Import.objects.filter(name=import_name))
    return _shape(found[0] if found else never_run([import_name])[0])


@router.post(
    "/imports/{import_name}/runs", auth=Bearer(Scope.RUNS_START), response=gives(Asked, 202), operation_id="start_run"
)
def start_run(request: ApiRequest, import_name: Name) -> Any:
    """Ask for a run: it begins as soon as there is room. One that waits or runs already is not asked for twice.

    This is the address for the webhook of a source that has something new.
    """
    known_import(request.viewer, import_name)
    asked = request_run(workspace().project, import_name)
    note(request, "run.start", f"import {import_name}", token=request.auth.prefix)
    return Status(202, {"run": asked.run, "was_there": asked.was_there})


def _shape(one: Overview) -> dict[str, Any]:
    last = one.last
    return {
        "import": one.name,
        "client": one.client,
        "state": str(one.state),
        "schedule": one.schedule,
        "next_due": iso(one.next_due),
        "live": one.live,
        "incidents": one.incidents,
        "held_run": one.held.pk if one.held is not None else None,
        "last_good": iso(one.last_good),
        "last_run": {
            "run": last.pk,
            "kind": last.kind,
            "state": last.state,
            "started_at": iso(last.started_at),
            "finished_at": iso(last.finished_at),
            "error": last.error,
        }
        if last is not None
        else None,
    }


def iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
