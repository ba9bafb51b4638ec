"""The figures that a run leaves of its import: counted from what is stored, whenever it has changed anything."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from jobpipe.documents.store import Documents, Selection, Status, unpack_prior
from jobpipe.incidents.expectations.figures import (
    PAIRS_AT_MOST,
    Counting,
    Figures,
    Pairs,
    count_pairs,
    one_in,
    pack_figures,
)
from jobpipe.incidents.grouping import Groups
from jobpipe.ledger.models import Run, RunFigures, RunKind, RunState

# Of an import: more than two years of one a day, three weeks of one an hour.
KEPT = 800


def leaves_figures(run: Run) -> bool:
    """Whether what is live when it ends says something of the import. What a person lets it read instead does not."""
    return (
        run.kind == RunKind.IMPORT
        and run.state in (RunState.SUCCEEDED, RunState.HELD)
        and not run.unchanged
        and not run.instead
    )


def figures_of_run(documents: Documents, run: Run, met: Groups) -> Figures:
    """Of a run that is about to be closed; reads a few bytes a live posting."""
    counting = Counting()
    step = one_in(run.live)
    for facts in documents.facts(run.import_row_id, one_in=step):
        counting.add(facts)
    figures = counting.figures()
    figures.live = run.live
    figures.account = dict(run.account)
    figures.gone = run.absent + run.missing
    figures.unmapped = {
        one.first.identity: one.count for one in met.all() if one.first.kind == "label-unmapped" and one.first.identity
    }
    figures.pairs = _pairs(documents, run)
    return figures


def _pairs(documents: Documents, run: Run) -> Pairs:
    changed = run.account.get("updated", 0)
    return count_pairs(islice(_changed(documents, run), PAIRS_AT_MOST), changed) if changed else Pairs()


def _changed(documents: Documents, run: Run) -> Iterator[tuple[bytes, bytes]]:
    """Facts before and after of the live postings that the run has changed."""
    for row in documents.select(run.import_row_id, Selection(status=Status.LIVE, changed_in_run=run.pk)):
        before = unpack_prior(row.prior)
        if before is not None and before.status is Status.LIVE:
            yield before.facts, row.facts


def save_figures(run: Run, figures: Figures, broken: list[str]) -> None:
    """Within the transaction that ends the run; once more after a kill it replaces what was saved."""
    RunFigures.objects.update_or_create(
        run=run,
        defaults={
            "import_row_id": run.import_row_id,
            "at": run.started_at,
            "packed": pack_figures(figures),
            "changed": bool(
                run.account.get("new") or run.account.get("updated") or run.absent or run.account.get("closed")
            ),
            "broken": broken,
        },
    )
    oldest = (
        RunFigures.objects.filter(import_row=run.import_row_id).order_by("-run_id").values_list("run_id")[KEPT:][:1]
    )
    if found := oldest.first():
        RunFigures.objects.filter(import_row=run.import_row_id, run_id__lte=found[0]).delete()
