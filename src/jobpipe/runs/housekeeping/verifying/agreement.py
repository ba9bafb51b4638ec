"""Ledger and documents of one import: whether what the runs say they have stored is there.

A batch writes its documents first and marks itself then, so that only a store that came back from a copy can lack what
the ledger believes to be there.
"""

from __future__ import annotations

from collections.abc import Iterable

from jobpipe.documents.store import Selection
from jobpipe.ledger.models import Batch, Import, NearDuplicate, Override, OverrideScope, PartRead, Run, RunState
from jobpipe.lifecycle import Outcome
from jobpipe.runs.housekeeping.verifying.findings import Finding, Verifying
from jobpipe.runs.housekeeping.verifying.numbers import written_in
from jobpipe.runs.verdicts import Verdicts
from jobpipe.runs.workspace import Workspace

LOST = "its documents were lost"
# No mark of a decision: what was made under it is made again.
_UNKNOWN_MARK = "not known"
_OVER = (RunState.SUCCEEDED, RunState.HELD, RunState.PARTIAL)
_ROWS = 500


def verify_agreement(workspace: Workspace, owner: Import, looking: Verifying, *, came_back: bool) -> None:
    """`came_back`: its documents were written by runs that the ledger has forgotten."""
    lost = _lost_runs(workspace, owner)
    if lost:
        numbers = f"run {lost[0]}" if len(lost) == 1 else f"runs {lost[0]} to {lost[-1]}"
        what = f"the ledger believes that {numbers} stored what is not in the documents: these are older"
        looking.found(
            Finding(
                "documents-older",
                what,
                "the runs count as failed: the next one reads the source anew and stores it again",
                owner.name,
                len(lost),
            ),
            lambda: _forget(workspace, owner, lost),
        )
    if came_back:
        what = "the documents were written by runs that the ledger does not know: it is older"
        repair = (
            "the next run compares them with the source; what people decided since is made again as the ledger says"
        )
        looking.found(Finding("ledger-older", what, repair, owner.name), lambda: _compare_again(workspace, owner))


def _lost_runs(workspace: Workspace, owner: Import) -> list[int]:
    """Growing: the first of which something is not there, and all that came after it."""
    last = written_in(workspace, owner.pk).last_written
    runs = Run.objects.filter(import_row=owner).defer("definition").order_by("id")
    over = list(runs.filter(state__in=_OVER))
    first = next((run.pk for run in over if run.pk > last and _has_written(run)), None)
    at_last = next((run for run in over if run.pk == last), None)
    if at_last is not None and _count_written(workspace, owner, last) < _written_at_least(at_last):
        first = at_last.pk
    under_way = runs.filter(state=RunState.RUNNING).first()
    if under_way is not None and _lacks_batches(workspace, owner, under_way):
        first = min(first or under_way.pk, under_way.pk)
    if first is None:
        return []
    return [run.pk for run in runs.filter(pk__gte=first, state__in=(*_OVER, RunState.RUNNING))]


def _has_written(run: Run) -> bool:
    return bool(_written_at_least(run) or run.expired)


def _written_at_least(run: Run) -> int:
    """Postings."""
    return int(run.account.get("new", 0)) + int(run.account.get("updated", 0))


def _count_written(workspace: Workspace, owner: Import, run: int) -> int:
    """Postings of which this run, the last that wrote any, is the last writer."""
    rows = workspace.documents.select(owner.pk, Selection())
    return sum(1 for row in rows if row.written_run == run)


def _lacks_batches(workspace: Workspace, owner: Import, run: Run) -> bool:
    for batch in Batch.objects.filter(run=run).order_by("-first_ordinal").iterator(chunk_size=10):
        verdicts = Verdicts.unpack(bytes(batch.verdicts))
        written = [row for _, outcome, row, _ in verdicts if row and outcome in (Outcome.NEW, Outcome.UPDATED)]
        for start in range(0, len(written), _ROWS):
            some = written[start : start + _ROWS]
            found = workspace.documents.rows(owner.pk, some)
            if any(number not in found or found[number].written_run < run.pk for number in some):
                return True
    return False


def _forget(workspace: Workspace, owner: Import, lost: Iterable[int]) -> None:
    numbers = list(lost)
    with workspace.writing():
        runs = Run.objects.filter(import_row=owner, pk__in=numbers)
        Batch.objects.filter(run__in=numbers).delete()
        runs.update(state=RunState.FAILED, complete=False, error=LOST)
        # What a source of changes has read of its files counts no more.
        PartRead.objects.filter(run__in=numbers).update(complete=False, etag="", last_modified="", digest="")
    _distrust_decisions(workspace, owner)


def _distrust_decisions(workspace: Workspace, owner: Import) -> None:
    """What people decided may be applied to other rows than the ledger believes: it is settled again."""
    with workspace.writing():
        Import.objects.filter(pk=owner.pk).update(mappings="")
        Override.objects.filter(scope=OverrideScope.POSTING, owner=owner.name).update(applied=_UNKNOWN_MARK)
        NearDuplicate.objects.filter(one_import=owner).update(settled="")
        NearDuplicate.objects.filter(other_import=owner).update(settled="")


def _compare_again(workspace: Workspace, owner: Import) -> None:
    forget_validators(workspace, owner)
    _distrust_decisions(workspace, owner)


def forget_validators(workspace: Workspace, owner: Import) -> None:
    """The next run reads the source whole, whatever that says of itself."""
    with workspace.writing():
        PartRead.objects.filter(run__import_row=owner).update(etag="", last_modified="", digest="")
