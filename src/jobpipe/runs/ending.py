"""A run of the kind `ending`: postings end without their source being asked. Their own day has passed, or a person
removed their import. So it has its place in the feed of changes like every other change."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from jobpipe.documents.store import Selection, Status
from jobpipe.ledger.models import Import, Run, RunKind, RunState
from jobpipe.runs.absence import live_postings
from jobpipe.runs.cancelling import end_cancelled
from jobpipe.runs.finishing import Finish
from jobpipe.runs.journal import journal_of
from jobpipe.runs.near_duplicates.following import follow_run
from jobpipe.runs.report import OUTCOMES, RunReport, report_of
from jobpipe.runs.workspace import Workspace

# Of rows, in one call of the store.
_ROWS = 10_000


def end_removed(workspace: Workspace, owner: Import, why: str) -> RunReport:
    """Every live posting of an import, under its lease. A run that was interrupted is over with it."""
    end_cancelled(workspace, owner)
    for left in Run.objects.filter(import_row=owner, state=RunState.RUNNING).exclude(kind=RunKind.ENDING):
        Finish(workspace, None, left, None).fail(f"interrupted; {why}")
    Run.objects.filter(import_row=owner, state=RunState.QUEUED, kind=RunKind.IMPORT).update(
        state=RunState.SKIPPED, error=why, finished_at=datetime.now(UTC)
    )
    live = (row.row for row in workspace.documents.select(owner.pk, Selection(status=Status.LIVE)))
    return _end(workspace, owner, lambda: live, "removed", why)


def end_past_their_day(workspace: Workspace, owner: Import, now: datetime) -> RunReport | None:
    """Live postings past their `valid_through`, under the import's lease; None where there are none.

    Nothing is done while a run was interrupted: it ends them itself when it goes on.
    """
    left = Run.objects.filter(import_row=owner, state=RunState.RUNNING)
    if left.exclude(kind=RunKind.ENDING).exists():
        return None
    due = workspace.documents.ended(owner.pk, now.isoformat())
    if not due and not left.exists():
        return None
    return _end(workspace, owner, lambda: due, "ended", "past their own day")


def _end(workspace: Workspace, owner: Import, numbers: Callable[[], Iterable[int]], reason: str, why: str) -> RunReport:
    """May be repeated: one that was killed goes on in the run that it left."""
    run = Run.objects.filter(import_row=owner, state=RunState.RUNNING, kind=RunKind.ENDING).first()
    if run is None:
        with workspace.writing():
            run = Run.objects.create(
                import_row=owner,
                kind=RunKind.ENDING,
                state=RunState.RUNNING,
                started_at=datetime.now(UTC),
                revision="",
                definition="",
            )
    documents = workspace.documents
    some: list[int] = []
    for number in numbers():
        some.append(number)
        if len(some) == _ROWS:
            documents.expire(owner.pk, run.pk, some, reason)
            some = []
    documents.expire(owner.pk, run.pk, some, reason)
    run.account = {"read": 0, **dict.fromkeys(OUTCOMES, 0)}
    # Counted from what is stored, so that a second try says the same.
    run.expired = sum(1 for _ in documents.select(owner.pk, Selection(status=Status.EXPIRED, changed_in_run=run.pk)))
    run.live = live_postings(documents, owner.pk)
    run.state, run.why, run.finished_at = RunState.SUCCEEDED, why, datetime.now(UTC)
    run.seconds = (run.finished_at - run.started_at).total_seconds()
    # Where one of a group ends, another may be shown again.
    follow_run(workspace, run, owner.client)
    journal_of(workspace, run).close()
    return report_of(run)
