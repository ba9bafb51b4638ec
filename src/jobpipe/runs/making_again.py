"""Stored records once more on the way that those of a source go: what both kinds of reprocessing have in common."""

from __future__ import annotations

import time
from collections.abc import Iterable

from jobpipe.documents.store import Documents, Known, is_listed
from jobpipe.ledger.models import Run, RunKind
from jobpipe.runs.cancel_watch import CancelWatch
from jobpipe.runs.journal import journal_of
from jobpipe.runs.pipeline import Pipeline, peak_rss_mb
from jobpipe.runs.preparing import Preparation
from jobpipe.runs.progress import Progress, Reading
from jobpipe.runs.stored_records import StoredRecord
from jobpipe.runs.workspace import Workspace


def make_again(
    workspace: Workspace,
    preparation: Preparation,
    run: Run,
    records: Iterable[StoredRecord],
    *,
    known: Iterable[list[Known]] | None = None,
    progress: Progress,
    watch: CancelWatch,
    workers: int | None,
) -> Pipeline:
    """The pipeline, when all records have gone through it, or those until the stop; `run` is not saved here.

    `known`: see `Pipeline`.
    """
    began = time.monotonic()
    journal = journal_of(workspace, run)
    reading = Reading(stage="reprocessing")
    missing = list(workspace.documents.missing(run.import_row_id))
    progress.begin(preparation.definition.import_, run.pk)
    is_suspect = run.kind == RunKind.RETRY
    pipeline = Pipeline(workspace, preparation, run, workers, known=known, is_suspect=is_suspect)
    try:
        with pipeline:
            for row, record, posting in records:
                journal.meet(row.row, posting)
                pipeline.comparer.begin_part(row.part)
                pipeline.comparer.add(record)
                reading.records = pipeline.comparer.ordinal
                progress.update(reading)
                if watch.stops():
                    break
    finally:
        progress.end()
    _mark_missing_again(workspace.documents, run.import_row_id, missing)
    run.seconds = time.monotonic() - began
    run.peak_rss_mb = peak_rss_mb(pipeline)
    return pipeline


def _mark_missing_again(documents: Documents, import_id: int, missing: list[tuple[int, int]]) -> None:
    """To be made again is not to be seen again."""
    since: dict[int, list[int]] = {}
    for number, run in missing:
        since.setdefault(run, []).append(number)
    for run, numbers in since.items():
        rows = documents.rows(import_id, numbers).values()
        documents.mark_missing(import_id, run, [row.row for row in rows if is_listed(row)])
