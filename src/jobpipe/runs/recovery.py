"""Taking up a run that a killed process left behind: what it has applied is not applied again."""

from __future__ import annotations

from jobpipe.documents.store import Documents, Role, Selection
from jobpipe.ledger.models import Run
from jobpipe.lifecycle import Outcome
from jobpipe.runs.known_table import KnownTable
from jobpipe.runs.verdicts import Verdicts


def last_applied(run: Run) -> tuple[int, str]:
    """The ordinal of the last record whose batch is marked, and the chain of digests there; 0, "" = none."""
    batch = run.batches.order_by("-last_ordinal").only("last_ordinal", "chain").first()
    return (batch.last_ordinal, batch.chain) if batch else (0, "")


def restore(run: Run, documents: Documents, import_id: int, known: KnownTable) -> tuple[int, str]:
    """Mark in the known table what the marked batches have seen, and drop what an unmarked one began.

    Gives what `last_applied` gives.
    """
    ordinal, chain = 0, ""
    for batch in run.batches.order_by("first_ordinal").iterator(chunk_size=50):
        ordinal, chain = batch.last_ordinal, batch.chain
        for number, outcome, row, _ in Verdicts.unpack(bytes(batch.verdicts)):
            mark_seen(known, number, outcome, row)
    documents.delete_side_rows_of(import_id, run.pk, after_ordinal=ordinal)
    if ordinal:
        mark_holders_of_rejected(documents, import_id, run.pk, known)
    return ordinal, chain


def mark_seen(known: KnownTable, ordinal: int, outcome: Outcome, row: int) -> None:
    """What one verdict says of the known table."""
    index = known.index_of_row(row)
    if index < 0:
        return
    known.mark_seen(index, ordinal)
    if outcome is Outcome.REJECTED:
        holder = known.holder_row(index)
        known.mark_seen_otherwise(known.index_of_row(holder) if holder else -1)


def mark_holders_of_rejected(documents: Documents, import_id: int, run: int, known: KnownTable) -> None:
    """Rejected records that this run stored anew: the postings of their keys count as seen."""
    selection = Selection(role=Role.REJECTED, changed_in_run=run)
    keys = [row.key for row in documents.select(import_id, selection) if row.key]
    for start in range(0, len(keys), 500):
        for row in documents.postings_by_key(import_id, keys[start : start + 500]).values():
            known.mark_seen_otherwise(known.index_of_row(row.row))
