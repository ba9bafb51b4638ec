"""What became of what was sent: which run took it, and what that said of its records."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from jobpipe.documents.store import Role, Selection
from jobpipe.ledger.models import Import, PartRead, Run, RunState
from jobpipe.runs.pushes.receiving import Receipt, is_waiting
from jobpipe.runs.workspace import Workspace

# Rejected records of the import that are looked at, and those of the batch that are told.
_LOOKED_AT, _TOLD = 5_000, 20
_GOOD = (RunState.SUCCEEDED, RunState.HELD)


@dataclass(frozen=True, slots=True)
class Course:
    # waiting running done
    state: str
    # The last run that opened it; None = none did yet.
    run: Run | None
    # As that run counted them.
    read: int | None
    # Key and reason of records that were rejected: a few.
    rejected: list[tuple[str, str]]


def course_of(workspace: Workspace, name: str, receipt: Receipt) -> Course:
    """What a run failed over waits for the next one."""
    parts = PartRead.objects.filter(run__import_row__name=name, location__endswith=receipt.file)
    part = parts.select_related("run", "run__import_row").order_by("-run_id").first()
    if part is None:
        return Course("waiting", None, None, [])
    run = part.run
    if run.state == RunState.RUNNING:
        return Course("running", run, None, [])
    is_done = run.state in _GOOD or not is_waiting(workspace, name, receipt)
    return Course("done" if is_done else "waiting", run, part.records, _rejected(workspace, run.import_row, part))


def _rejected(workspace: Workspace, owner: Import, part: PartRead) -> list[tuple[str, str]]:
    rows = islice(workspace.documents.select(owner.pk, Selection(role=Role.REJECTED)), _LOOKED_AT)
    return list(islice(((row.key, row.reason) for row in rows if row.part == part.location), _TOLD))
