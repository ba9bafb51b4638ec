"""Cancelling a run: it ends at its next batch, what it has not seen stays as it is, and nobody takes it up again.

Whoever cancels leaves a row in the ledger.  The process that makes the run looks for it (`jobpipe.runs.cancel_watch`)
and ends the run with the account of what it has applied; a run that no process makes is ended here, or by whoever would
have taken it up.  Once a run has begun its end, where postings expire, it comes too late.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction

from jobpipe.errors import UsageError
from jobpipe.ledger.models import Cancellation, Dispatch, Import, Run, RunKind, RunState
from jobpipe.ledger.text import storable
from jobpipe.ledger.turns import turn_to_write
from jobpipe.runs.cancel_watch import CancelWatch
from jobpipe.runs.finishing import Finish
from jobpipe.runs.lease import ImportIsRunningError, hold
from jobpipe.runs.report import RunReport, report_of
from jobpipe.runs.requesting import UNFINISHED, forget
from jobpipe.runs.run_log import kept_log
from jobpipe.runs.workspace import Workspace

_REASON = 500


@dataclass(frozen=True, slots=True)
class Cancelled:
    # Still `running` where its process has yet to see it.
    report: RunReport
    # False = somebody had asked for it before.
    is_new: bool


def cancel_run(workspace: Workspace, run: Run, *, by: str, reason: str = "") -> Cancelled:
    """Ask for it, and see to it where no process makes the run. May be repeated.

    Raises UsageError where the run is over, or has begun its end.
    """
    is_new = _ask(run.pk, by, reason)
    run = Run.objects.select_related("import_row").get(pk=run.pk)
    if run.state == RunState.CANCELLED and is_new:
        with kept_log(workspace.project.state_dir, run.pk) as log:
            log.say("finish", f"{run.state}: {run.why}")
    elif run.state == RunState.RUNNING:
        try:
            with hold(workspace, run.import_row) as held:
                end_cancelled(held, run.import_row)
        except ImportIsRunningError:
            return Cancelled(report_of(run), is_new)
        run.refresh_from_db()
    return Cancelled(report_of(run), is_new)


def cancel_import(workspace: Workspace, owner: Import, *, by: str, reason: str = "") -> list[Cancelled]:
    """All that waits or runs of an import: what waits first, so that it does not begin. Raises as `cancel_run`."""
    runs = Run.objects.filter(import_row=owner, state__in=UNFINISHED).exclude(kind=RunKind.ENDING)
    in_order = sorted(runs.defer("definition"), key=lambda run: (run.state != RunState.QUEUED, run.pk))
    if not in_order:
        raise UsageError(f"no run of {owner.name} waits or is under way", hint="`jobpipe runs` lists them")
    return [cancel_run(workspace, run, by=by, reason=reason) for run in in_order]


def _ask(number: int, by: str, reason: str) -> bool:
    """Whether nobody had asked before. The run's row is locked: it is over, begins its end, or hears of this."""
    with turn_to_write(), transaction.atomic():
        run = Run.objects.select_for_update().get(pk=number)
        was_asked = Cancellation.objects.filter(run=run).exists()
        if was_asked and run.state in (*UNFINISHED, RunState.CANCELLED):
            return False
        _refuse_what_is_too_late(run)
        text = storable(" ".join(reason.split()))[:_REASON]
        known = Cancellation.objects.create(run=run, at=datetime.now(UTC), by=by[:200], reason=text)
        if run.state == RunState.QUEUED:
            run.state, run.finished_at, run.why = RunState.CANCELLED, known.at, words_of(known)
            run.save(update_fields=["state", "finished_at", "why"])
            _forget_dispatch(run)
    return True


def can_be_cancelled(run: Run) -> bool:
    return run.state in UNFINISHED and not run.is_ending and run.kind != RunKind.ENDING


def _refuse_what_is_too_late(run: Run) -> None:
    if run.state not in UNFINISHED:
        raise UsageError(f"run {run.pk} is over: it is {run.state}", hint=f"jobpipe show {run.pk}")
    if not can_be_cancelled(run):
        raise UsageError(f"run {run.pk} has begun its end: it is too late to cancel it", hint=f"jobpipe show {run.pk}")


def end_cancelled(workspace: Workspace, owner: Import) -> RunReport | None:
    """End what was cancelled of this import and left by its process, under its lease; the last one's report."""
    report = None
    left = Run.objects.filter(import_row=owner, state=RunState.RUNNING, cancellation__isnull=False)
    for run in left.select_related("import_row").order_by("pk"):
        with kept_log(workspace.project.state_dir, run.pk) as log:
            report = end_as_cancelled(workspace, run, Finish(workspace, None, run, None))
            log.say("finish", f"{report.state}: {report.why}")
    return report


def cut_short(workspace: Workspace, run: Run, watch: CancelWatch, finish: Finish, why: str) -> RunReport | None:
    """The report of a run over stored records that was stopped or cancelled; None = it comes to its end now.

    `why`: what becomes of the rest where its process was to stop.
    """
    if watch.is_interrupted():
        return finish.fail(why)
    return None if watch.lets_end() else end_as_cancelled(workspace, run, finish)


def end_as_cancelled(workspace: Workspace, run: Run, finish: Finish) -> RunReport:
    """With the account of what it has applied."""
    report = finish.cancel(words_of(Cancellation.objects.get(run=run)))
    _forget_dispatch(run)
    return report


def _forget_dispatch(run: Run) -> None:
    for row in Dispatch.objects.filter(run=run):
        forget(row)


def words_of(one: Cancellation) -> str:
    """cancelled by anna: why"""
    words = f"cancelled by {one.by}" if one.by else "cancelled"
    return f"{words}: {one.reason}" if one.reason else words
