"""What waits for a process: runs that were asked for, and those that a dead process left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from jobpipe.errors import JobpipeError, OutOfReachError
from jobpipe.ledger.models import Dispatch, Import, Run, RunKind, RunState
from jobpipe.runs.cancelling import end_cancelled
from jobpipe.runs.conducting import run_import
from jobpipe.runs.ending import end_past_their_day
from jobpipe.runs.finishing import Finish
from jobpipe.runs.lease import hold, is_conducted
from jobpipe.runs.progress import Progress
from jobpipe.runs.queued import fail_queued, skip_queued, waiting_run
from jobpipe.runs.report import RunReport, report_of, skipped
from jobpipe.runs.reprocessing import reprocess_import
from jobpipe.runs.starting import StopRequest
from jobpipe.runs.workspace import Workspace

# Since a run began: before that its process may be about to take its lease.
_SETTLED = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Waiting:
    name: str
    # It was under way when its process ended.
    was_interrupted: bool


def waiting_imports(workspace: Workspace) -> list[Waiting]:
    """Imports with a run that nobody makes now, those that were interrupted first. A cluster's have conductors."""
    found: dict[str, Waiting] = {}
    unfinished = Run.objects.filter(state__in=(RunState.QUEUED, RunState.RUNNING)).select_related("import_row")
    unfinished = unfinished.exclude(pk__in=Dispatch.objects.values("run"))
    for run in unfinished.defer("definition").order_by("-state", "id"):
        owner = run.import_row
        if owner.name in found or (run.state == RunState.RUNNING and _is_made(workspace, run)):
            continue
        found[owner.name] = Waiting(owner.name, was_interrupted=run.state == RunState.RUNNING)
    return list(found.values())


def _is_made(workspace: Workspace, run: Run) -> bool:
    is_young = abs(datetime.now(UTC) - run.started_at) < _SETTLED
    return is_young or is_conducted(workspace, run.import_row)


def take_up(
    workspace: Workspace, name: str, *, workers: int | None = None, progress: Progress, stop: StopRequest
) -> RunReport:
    """The run of this import that waits, to its end; nothing is begun that nobody asked for.

    What was read already comes from the archive.  Raises what `run_import` raises; the run is then over, unless it can
    still go on.
    """
    owner = Import.objects.get(name=name)
    cancelled = _end_cancelled(workspace, owner)
    left = _unfinished(owner, RunState.RUNNING)
    if left is not None and left.kind != RunKind.IMPORT:
        return _end_other_kind(workspace, owner, left)
    queued = waiting_run(owner)
    asked = waiting_run(owner, RunKind.REPROCESS)
    if left is None and queued is None and asked is None:
        return cancelled or skipped(name, f"{name} has no run that waits", is_meant=True)
    instead = Path(left.instead) if left is not None and left.instead else None
    try:
        if left is None and queued is None:
            return reprocess_import(workspace, name, progress=progress, stop=stop, workers=workers, queued=asked)
        report = run_import(
            workspace,
            name,
            instead=instead,
            workers=workers,
            # So that nothing is begun where it is cancelled meanwhile.
            queued=queued if instead is None else None,
            progress=progress,
            stop=stop,
        )
    except OutOfReachError:
        raise
    except JobpipeError as error:
        give_up(workspace, owner, str(error))
        raise
    if report.state == RunState.SKIPPED:
        skip_queued(owner, report.error)
    return report


def give_up(workspace: Workspace, owner: Import, why: str) -> None:
    """What waits or was interrupted of this import is failed, with the account of what it has applied."""
    with hold(workspace, owner) as held:
        end_cancelled(held, owner)
        for run in Run.objects.filter(import_row=owner, state=RunState.QUEUED):
            fail_queued(run, why)
        for run in Run.objects.filter(import_row=owner, state=RunState.RUNNING):
            Finish(held, None, run, None).fail(f"interrupted; {why}")


def _end_cancelled(workspace: Workspace, owner: Import) -> RunReport | None:
    left = Run.objects.filter(import_row=owner, state=RunState.RUNNING, cancellation__isnull=False)
    if not left.exists():
        return None
    with hold(workspace, owner) as held:
        return end_cancelled(held, owner)


def _unfinished(owner: Import, state: RunState) -> Run | None:
    return Run.objects.filter(import_row=owner, state=state).order_by("-id").first()


def _end_other_kind(workspace: Workspace, owner: Import, left: Run) -> RunReport:
    """Only what reads a source goes on: stored records wait for whoever wants them made again."""
    with hold(workspace, owner) as held:
        if left.kind == RunKind.ENDING:
            end_past_their_day(held, owner, datetime.now(UTC))
            left.refresh_from_db()
            return report_of(left)
        return Finish(held, None, left, None).fail(
            f"interrupted: the rest of the records is as it was (jobpipe reprocess {owner.name} makes all again)"
        )
