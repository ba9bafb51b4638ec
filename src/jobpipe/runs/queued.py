"""Runs that wait for a conductor: rows of the ledger, in the state `queued`, until one begins them."""

from __future__ import annotations

from datetime import UTC, datetime

from jobpipe.ledger.models import Dispatch, Import, Run, RunKind, RunState
from jobpipe.runs.preparing import Preparation
from jobpipe.runs.workspace import Workspace
from jobpipe.safety.secrets import redact


def waiting_run(owner: Import, kind: RunKind = RunKind.IMPORT) -> Run | None:
    """The run that was asked for and waits for a process; whoever runs the import makes it.

    In a cluster it belongs to a conductor.
    """
    waiting = Run.objects.filter(import_row=owner, state=RunState.QUEUED, kind=kind)
    return waiting.exclude(pk__in=Dispatch.objects.values("run")).order_by("id").first()


def skip_queued(owner: Import, why: str) -> None:
    """What was asked for is not run."""
    waiting = Run.objects.filter(import_row=owner, state=RunState.QUEUED, kind=RunKind.IMPORT)
    waiting.update(state=RunState.SKIPPED, error=redact(why), finished_at=datetime.now(UTC))


def is_over(queued: Run) -> bool:
    """Whether another sitting has brought it to its end since it was asked for. To be asked under the lease."""
    queued.refresh_from_db()
    return queued.state not in (RunState.QUEUED, RunState.RUNNING)


def is_cancelled(queued: Run) -> bool:
    """Whether somebody took the request back before it could begin."""
    queued.refresh_from_db()
    return queued.state == RunState.CANCELLED


def begin_queued(workspace: Workspace, preparation: Preparation, run: Run) -> Run | None:
    """It runs from now on; None where it does not wait any more."""
    run.started_at = datetime.now(UTC)
    run.revision, run.definition = preparation.revision_text, preparation.loaded.text
    with workspace.writing():
        waiting = Run.objects.filter(pk=run.pk, state=RunState.QUEUED)
        values = {name: getattr(run, name) for name in ("started_at", "revision", "definition")}
        if not waiting.update(state=RunState.RUNNING, **values):
            return None
    run.state = RunState.RUNNING
    return run


def stand_in_for(queued: Run, run: Run) -> None:
    """`run` is what became of the request that `queued` stood for: one that had been interrupted, or one anew."""
    if run.pk == queued.pk:
        return
    Dispatch.objects.filter(run=queued.pk).update(run=run)
    words = f"run {run.pk} was made instead"
    Run.objects.filter(pk=queued.pk, state=RunState.QUEUED).update(
        state=RunState.CANCELLED, error=words, finished_at=datetime.now(UTC)
    )


def fail_queued(run: Run, why: str) -> None:
    """Before it could begin, or with its conductor; nothing happens to one that is over."""
    unfinished = Run.objects.filter(pk=run.pk, state__in=(RunState.QUEUED, RunState.RUNNING))
    unfinished.update(state=RunState.FAILED, error=redact(why), finished_at=datetime.now(UTC))
