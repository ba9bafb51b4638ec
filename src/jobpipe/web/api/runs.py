"""Runs: what became of the records, and deciding over held ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from django.http import Http404
from ninja import Query, Router, Schema
from pydantic import Field

from jobpipe.ledger.models import Run
from jobpipe.runs.cancelling import cancel_run
from jobpipe.runs.holding import accept_run, dismiss_run
from jobpipe.runs.report import RunReport, report_of
from jobpipe.runs.workspace import Workspace
from jobpipe.web.api.bearer import ApiRequest, Bearer
from jobpipe.web.api.objects import run_numbered
from jobpipe.web.api.pages import LIMIT, Cursor, Limit, newest_first
from jobpipe.web.api.scopes import Scope
from jobpipe.web.api.shapes import Given, Moment, Number, gives
from jobpipe.web.audit import note
from jobpipe.web.project import workspace
from jobpipe.web.rights import Right, visible_runs
from jobpipe.web.run_story import chosen, story_of

router = Router(tags=["runs"], by_alias=True)

State = Literal["", "queued", "running", "succeeded", "held", "partial", "failed", "cancelled", "skipped"]


class Evidence(Schema):
    complete: bool | None = Field(description="Whether the source was read to its natural end; null = not known yet.")
    why: str
    unchanged: bool = Field(description="The source had not changed: nothing was read.")


class Account(Schema):
    """read = all the others together."""

    read: int
    new: int
    updated: int
    unchanged: int
    duplicate: int
    filtered: int
    rejected: int
    closed: int


class RunShape(Schema):
    import_: str = Field(alias="import")
    run: int
    kind: str
    state: str
    account: Account
    expired: int
    reappeared: int
    live: int
    missing: int
    evidence: Evidence
    seconds: float
    error: str
    notices: list[dict[str, Any]]
    started_at: Moment
    finished_at: Moment


class RunPage(Schema):
    items: list[RunShape]
    next: str | None = Field(description="The cursor of the next page; null = this is the last one.")


class LogLineShape(Schema):
    at: str = Field(description="ISO 8601, UTC.")
    level: str = Field(description="info, warning or error.")
    stage: str = Field(description="read, apply, finish, incident, person …; empty = it is of none.")
    message: str


class LogShape(Schema):
    lines: list[LogLineShape] = Field(description="While the run goes, as far as it has come.")


Level = Annotated[Literal["info", "warning", "error"], Query(description="That, and what is graver.")]


@router.get("/runs", auth=Bearer(Scope.RUNS_READ), response=gives(RunPage), operation_id="list_runs")
def list_runs(
    request: ApiRequest,
    import_name: Annotated[str, Query(alias="import", max_length=200)] = "",
    state: State = "",
    cursor: Cursor = "",
    limit: Limit = LIMIT,
) -> Any:
    """List runs, the newest first."""
    found = visible_runs(request.viewer).select_related("import_row").defer("definition")
    if import_name:
        found = found.filter(import_row__name=import_name)
    if state:
        found = found.filter(state=state)
    rows, following = newest_first(found, cursor, limit)
    return {"items": [report_of(row).as_dict() for row in rows], "next": following}


@router.get("/runs/{run}", auth=Bearer(Scope.RUNS_READ), response=gives(RunShape), operation_id="show_run")
def show_run(request: ApiRequest, run: Number) -> Any:
    """Show one run."""
    return report_of(run_numbered(request.viewer, run)).as_dict()


@router.get("/runs/{run}/log", auth=Bearer(Scope.RUNS_READ), response=gives(LogShape), operation_id="show_run_log")
def show_run_log(request: ApiRequest, run: Number, level: Level = "info") -> Any:
    """Tell what a run said, which incidents it showed and who decided over it, in that order; for staff."""
    if not request.viewer.may(Right.SEE):
        raise Http404
    row = run_numbered(request.viewer, run)
    events = chosen(story_of(row), row, level=level, stage="")
    return {"lines": [one.as_dict() for one in events]}


@router.post("/runs/{run}/accept", auth=Bearer(Scope.RUNS_DECIDE), response=gives(RunShape), operation_id="accept_run")
def accept(request: ApiRequest, run: Number) -> Any:
    """Let the expiries happen that a held run waits with."""
    return _decide(request, run, accept_run, "run.accept")


@router.post(
    "/runs/{run}/dismiss", auth=Bearer(Scope.RUNS_DECIDE), response=gives(RunShape), operation_id="dismiss_run"
)
def dismiss(request: ApiRequest, run: Number) -> Any:
    """End a held run with nothing expired."""
    return _decide(request, run, dismiss_run, "run.dismiss")


class Cancelling(Given):
    reason: str = Field("", max_length=500, description="For whoever asks later.")


@router.post("/runs/{run}/cancel", auth=Bearer(Scope.RUNS_START), response=gives(RunShape), operation_id="cancel_run")
def cancel(request: ApiRequest, run: Number, body: Cancelling) -> Any:
    """End a run that waits or is under way, at its next batch: until then it is still `running`.

    What it has applied stays, and nothing expires; nobody takes it up again. Asking twice is harmless. A run that is
    over, or has begun its end, is a conflict.
    """
    row = run_numbered(request.viewer, run)
    asked = cancel_run(workspace(), row, by=request.viewer.name, reason=body.reason)
    if asked.is_new:
        note(request, "run.cancel", f"run {run}", reason=body.reason, token=request.auth.prefix)
    return asked.report.as_dict()


def _decide(request: ApiRequest, number: int, decision: Callable[[Workspace, Run], RunReport], action: str) -> Any:
    row = run_numbered(request.viewer, number)
    report = decision(workspace(), row)
    note(request, action, f"run {number}", token=request.auth.prefix)
    return report.as_dict()
