"""What a person decides of a run whose expiries wait: held by the guard, or not believed."""

from __future__ import annotations

from jobpipe.documents.store import StateRow
from jobpipe.errors import UsageError
from jobpipe.incidents.recording import resolve_gone
from jobpipe.ledger.models import Run, RunKind, RunState
from jobpipe.runs.absence import due_numbers, expired_by_absence, live_postings, rule_of
from jobpipe.runs.deliveries.change_lists import changed_rows, record_changes
from jobpipe.runs.history import ACCEPTED, DISMISSED, next_sequence
from jobpipe.runs.lease import hold
from jobpipe.runs.report import RunReport, report_of
from jobpipe.runs.workspace import Workspace

# Kinds of incidents that wait for such a decision.
_DECIDED = ("source-held", "source-suspected", "source-in-doubt")


def accept_run(workspace: Workspace, run: Run) -> RunReport:
    """Let the expiries that `run` waits with happen; what made it suspect is believed from now on.

    Raises UsageError where it waits with nothing, or a later complete run has taken its place.
    """
    with hold(workspace, run.import_row) as workspace:
        run = _waiting(run)
        if run.suspected:
            with workspace.writing():
                _believe(run)
        documents, import_id = workspace.documents, run.import_row_id
        documents.expire(import_id, run.pk, _due(workspace, run), "absent")
        run.absent = expired_by_absence(documents, run)
        run.expired += run.absent
        run.missing = sum(1 for _ in documents.missing(import_id))
        return _decide(workspace, run, ACCEPTED)


def dismiss_run(workspace: Workspace, run: Run) -> RunReport:
    """End `run` with nothing expired. Raises UsageError as `accept_run` does."""
    with hold(workspace, run.import_row) as workspace:
        return _decide(workspace, _waiting(run), DISMISSED)


def would_expire(workspace: Workspace, run: Run, *, samples: int) -> tuple[int, list[StateRow]]:
    """How many postings would expire if `run`, which waits, were accepted now, and the first of them."""
    due = _due(workspace, run)
    rows = workspace.documents.rows(run.import_row_id, due[:samples])
    return len(due), [rows[number] for number in due[:samples] if number in rows]


def is_waiting(run: Run) -> bool:
    """Whether it waits for a person."""
    return run.state == RunState.HELD or (run.state == RunState.PARTIAL and bool(run.suspected))


def _due(workspace: Workspace, run: Run) -> list[int]:
    definition = workspace.project.load(run.import_row.name).definition
    return due_numbers(workspace.documents, run, rule_of(definition).misses if run.account.get("read") else 0)


def why_it_waits(run: Run) -> str:
    """Of a run that is held, for a person: what speaks against it, rather than what speaks for it."""
    against = (notice["message"] for notice in run.notices if notice.get("kind") in ("guard", "empty"))
    return next(against, run.why)


def _waiting(run: Run) -> Run:
    """The run as it is now, under the lease."""
    run = Run.objects.select_related("import_row").get(pk=run.pk)
    if not is_waiting(run):
        after = f" ({run.decided_by})" if run.decided_by else ""
        raise UsageError(f"run {run.pk} waits with nothing: it is {run.state}{after}", hint="`jobpipe runs` lists them")
    later = Run.objects.filter(import_row=run.import_row_id, kind=RunKind.IMPORT, pk__gt=run.pk, complete=True)
    if newest := later.order_by("-id").first():
        raise UsageError(f"run {newest.pk} is newer and complete", hint=f"jobpipe show {newest.pk}")
    return run


def _believe(run: Run) -> None:
    owner = run.import_row
    owner.accepted = {**owner.accepted, **run.suspected}
    owner.save(update_fields=["accepted"])
    run.complete = True
    run.why += " (accepted)"


def _decide(workspace: Workspace, run: Run, decision: str) -> RunReport:
    run.state = RunState.SUCCEEDED
    run.decided_by = decision
    run.live = live_postings(workspace.documents, run.import_row_id)
    changed = changed_rows(workspace.documents, run)
    with workspace.writing():
        # Whoever follows the changes must see it once more.
        run.sequence = next_sequence()
        run.save()
        record_changes(run, changed)
        resolve_gone(run.import_row.name, _DECIDED, run=run, why=f"{decision} by a person")
    return report_of(run)
