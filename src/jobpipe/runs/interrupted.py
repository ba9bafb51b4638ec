"""Runs over stored records that were interrupted: they are begun anew, with the records as they were before.

Such a run writes what became of duplicates and rejected records beside them, and forgets the old rows at its end.
Until then the old ones are what there is to make again, and what it has written of them is taken back.
"""

from __future__ import annotations

from jobpipe.ledger.models import Import, Run, RunKind, RunState
from jobpipe.lifecycle import Kind
from jobpipe.runs.known_table import KnownTable
from jobpipe.runs.recovery import last_applied, restore
from jobpipe.runs.workspace import Workspace

BEGUN_ANEW = (RunKind.REPROCESS, RunKind.RETRY)
SIDE_KINDS = frozenset({Kind.DUPLICATE, Kind.REJECTED})
# What `Run.why` says of a run over all stored records from the moment when it has applied all of them; of another
# of these runs it says something else then, and nothing before.
OVER_ALL = "stored records under today's definition"
_AT_ITS_END = "all records are made again; its end was interrupted"
_OVER = (RunState.SUCCEEDED, RunState.HELD, RunState.PARTIAL)


def take_back(workspace: Workspace, run: Run) -> None:
    """Leave of an interrupted run what its successor can begin with; may be repeated."""
    documents, import_id = workspace.documents, run.import_row_id
    if run.kind not in BEGUN_ANEW:
        documents.delete_side_rows_of(import_id, run.pk, after_ordinal=last_applied(run)[0])
    elif not run.why:
        documents.delete_side_rows_of(import_id, run.pk, after_ordinal=0)
    elif run.why == OVER_ALL:
        known = KnownTable.load(documents.known(import_id, before_run=run.pk), folder=workspace.scratch)
        restore(run, documents, import_id, known)
        documents.delete_rows(import_id, known.unseen_rows(SIDE_KINDS))


def why_of(run: Run, why: str) -> str:
    """What a run that `why` ends is to say: one that had nothing left to make again says so."""
    return _AT_ITS_END if run.kind in BEGUN_ANEW and run.why else why


def end_interrupted(workspace: Workspace, owner: Import) -> None:
    """Those of this import that are begun anew are over; no incident, since whoever asks makes all of it again."""
    for run in Run.objects.filter(import_row=owner, state=RunState.RUNNING, kind__in=BEGUN_ANEW):
        take_back(workspace, run)
        with workspace.writing():
            run.state, run.error, run.why = RunState.FAILED, "interrupted", why_of(run, "interrupted")
            run.save(update_fields=["state", "error", "why"])
            run.batches.all().delete()


def taken_back(import_id: int) -> frozenset[int]:
    """The interrupted runs since one of this import was over: of what they were to make again all is still there."""
    last = (
        Run.objects.filter(import_row=import_id, state__in=_OVER).order_by("-pk").values_list("pk", flat=True).first()
    )
    cut = (RunState.FAILED, RunState.CANCELLED)
    runs = Run.objects.filter(import_row=import_id, pk__gt=last or 0, state__in=cut, kind__in=BEGUN_ANEW)
    return frozenset(runs.exclude(why=_AT_ITS_END).values_list("pk", flat=True))
