"""A run of the kind `reprocess`: the stored records, under today's definition. The source is not asked."""

from __future__ import annotations

from collections.abc import Callable

from jobpipe.documents.store import Role, Selection, Status
from jobpipe.errors import UsageError
from jobpipe.ledger.models import Import, Run, RunKind, RunState
from jobpipe.ledger.opening import drop_dead_connection
from jobpipe.ledger.unavailable import ledger_expected
from jobpipe.runs.cancel_watch import CancelWatch
from jobpipe.runs.cancelling import cut_short, end_cancelled
from jobpipe.runs.finishing import Finish
from jobpipe.runs.hints import give_hints
from jobpipe.runs.interrupted import end_interrupted
from jobpipe.runs.lease import ImportIsRunningError, hold
from jobpipe.runs.making_again import make_again
from jobpipe.runs.mappings.remapping import Remapped, Touched, bring_up_to_date, conclude, note_up_to_date, touched_by
from jobpipe.runs.preparing import Preparation, prepare
from jobpipe.runs.progress import Progress
from jobpipe.runs.queued import begin_queued, is_over
from jobpipe.runs.recording_failures import with_incidents
from jobpipe.runs.report import RunReport, report_of, skipped
from jobpipe.runs.starting import StopRequest, new_run
from jobpipe.runs.stored_records import in_order
from jobpipe.runs.workspace import Workspace

# What is gone is not made again; what ended or was closed may have been so by mistake.
_REPROCESSED = (
    Selection(status=Status.LIVE),
    Selection(status=Status.EXCLUDED),
    Selection(status=Status.EXPIRED, reason="ended"),
    Selection(status=Status.EXPIRED, reason="closed"),
    # Last: of two records with one key the posting's own keeps it.
    Selection(role=Role.DUPLICATE),
)
_REJECTED = Selection(role=Role.REJECTED)


@with_incidents
def reprocess_import(
    workspace: Workspace,
    name: str,
    *,
    progress: Progress,
    stop: StopRequest,
    workers: int | None = None,
    queued: Run | None = None,
) -> RunReport:
    """Make the postings of an import again from what is stored; rejected records are tried again too.

    `queued` is the row that waits to become this run.  Raises DefinitionError for an invalid definition, UsageError
    where the import never ran.
    """
    preparation = prepare(workspace, name)
    drop_dead_connection()
    owner = Import.objects.filter(name=name).first()
    if owner is None:
        raise UsageError(f"{name} has not run yet: nothing is stored", hint=f"jobpipe run {name}")
    try:
        with ledger_expected(), hold(workspace, owner) as held:
            refuse_over_an_interrupted_run(held, owner)
            owner.refresh_from_db(fields=["mappings"])
            if queued is not None and is_over(queued):
                return report_of(queued)
            return reprocess_held(
                held, preparation, owner, progress=progress, stop=stop, workers=workers, queued=queued
            )
    except ImportIsRunningError as error:
        return skipped(name, error.message)


def reprocess_held(
    workspace: Workspace,
    preparation: Preparation,
    owner: Import,
    *,
    progress: Progress,
    stop: StopRequest,
    workers: int | None,
    begun: Callable[[Run], None] = lambda run: None,
    queued: Run | None = None,
) -> RunReport:
    """The same of an import that is held, and has no unfinished run; `begun` hears of the run."""
    run = begin_queued(workspace, preparation, queued) if queued is not None else None
    if run is None and queued is not None:
        return report_of(Run.objects.select_related("import_row").get(pk=queued.pk))
    touched = touched_by(workspace.documents, preparation, owner)
    if touched is not None:
        # Until they are made again, rows under both may lie side by side.
        note_up_to_date(workspace, owner, "")
    run = run or new_run(workspace, owner, preparation, "", RunKind.REPROCESS)
    begun(run)
    report = reprocess_records(workspace, preparation, run, touched, progress, stop, workers)
    if report.state == RunState.SUCCEEDED:
        conclude(workspace, preparation, owner, touched)
    return report


def remap_import(
    workspace: Workspace, name: str, *, progress: Progress, stop: StopRequest, workers: int | None = None
) -> Remapped | None:
    """Make the stored postings of an import again whose labels mean something else now, and no others.

    None where the import never ran.  Raises DefinitionError for an invalid definition, ImportIsRunningError or
    UsageError where a run is under way or was interrupted: the next run does it then.
    """
    preparation = prepare(workspace, name)
    drop_dead_connection()
    owner = Import.objects.filter(name=name).first()
    if owner is None:
        return None
    with ledger_expected(), hold(workspace, owner) as held:
        owner.refresh_from_db()
        refuse_over_an_interrupted_run(held, owner)
        return bring_up_to_date(held, preparation, owner, progress=progress, stop=stop, workers=workers)


def refuse_over_an_interrupted_run(workspace: Workspace, owner: Import) -> None:
    end_cancelled(workspace, owner)
    left = Run.objects.filter(import_row=owner, state=RunState.RUNNING, kind=RunKind.IMPORT).first()
    if left is not None:
        raise UsageError(f"run {left.pk} was interrupted and waits to go on", hint=f"jobpipe run {owner.name}")
    # One that ends postings goes on by itself: see `jobpipe.runs.ending`.
    end_interrupted(workspace, owner)


def reprocess_records(
    workspace: Workspace,
    preparation: Preparation,
    run: Run,
    touched: Touched | None,
    progress: Progress,
    stop: StopRequest,
    workers: int | None,
) -> RunReport:
    """`run` over all that is stored of its import; `touched` by what labels mean now."""
    records = in_order(workspace.documents, run.import_row_id, run.pk, _REPROCESSED, _REJECTED)
    known = touched.among(workspace.documents.known(run.import_row_id, before_run=run.pk)) if touched else None
    watch = CancelWatch(workspace, run, stop)
    pipeline = make_again(
        workspace, preparation, run, records, known=known, progress=progress, watch=watch, workers=workers
    )
    finish = Finish(workspace, preparation, run, pipeline.known)
    cut = cut_short(workspace, run, watch, finish, "interrupted: the rest of the records is as it was")
    if cut is not None:
        return cut
    give_hints(run, workspace.documents, preparation.definition, pipeline.applier, read=pipeline.comparer.ordinal)
    finish.finish_reprocess()
    return report_of(run)
