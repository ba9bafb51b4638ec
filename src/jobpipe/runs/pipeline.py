"""One sitting's way of the records: compare, window, transform, apply; wherever the records come from."""

from __future__ import annotations

import resource
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from jobpipe.documents.store import Known
from jobpipe.ledger.models import Run
from jobpipe.runs.applying import Applier
from jobpipe.runs.comparing import MAX_MISS_BYTES, ComparedBatch, Comparer
from jobpipe.runs.executors.executor import Done, Executor
from jobpipe.runs.journal import journal_of
from jobpipe.runs.known_table import KnownTable
from jobpipe.runs.overrides.taking_down import TakenDown, left_as_it_is
from jobpipe.runs.preparing import Preparation
from jobpipe.runs.recovery import restore
from jobpipe.runs.retransforming import Retransformer
from jobpipe.runs.suppressing import mask_postings, mask_records, suppressor_of
from jobpipe.runs.window import Window
from jobpipe.runs.workspace import Workspace
from jobpipe.sources.asking import way_of
from jobpipe.sources.formats.readers import KIND_OF_FORMAT, ignoring
from jobpipe.sources.formats.reading import DigestView
from jobpipe.sources.record import Context


class Pipeline:
    """Records go into `comparer`; leaving the `with` block without an error applies what is under way."""

    def __init__(
        self,
        workspace: Workspace,
        preparation: Preparation,
        run: Run,
        workers: int | None,
        *,
        known: Iterable[list[Known]] | None = None,
        is_suspect: bool = False,
    ) -> None:
        """Loads what is known, and restores what earlier sittings of the run have seen.

        `known`: of the rows that this run is about, where these are not all.  `is_suspect`: one of the records may
        have killed a process.
        """
        self._workspace = workspace
        self._run = run
        self._preparation = preparation
        self._is_suspect = is_suspect
        self._free_workers = workspace.free_workers
        self._workers = workspace.project.workers if workers is None else workers
        documents, import_id = workspace.documents, run.import_row_id
        rows = documents.known(import_id, before_run=run.pk) if known is None else known
        self.known = KnownTable.load(rows, folder=workspace.scratch)
        # The ordinal of the last record that earlier sittings have applied, and the chain of digests there.
        self.restored = restore(run, documents, import_id, self.known)
        # The day of the run's beginning, whichever day it is taken up on.
        day = run.started_at.date().isoformat()
        journal = journal_of(workspace, run)
        down = TakenDown(preparation.definition.import_, preparation.overrides.postings)
        self.applier = Applier(
            documents=documents,
            import_id=import_id,
            run=run.pk,
            known=self.known,
            day=day,
            transform_again=Retransformer(preparation.charge),
            mark_done=journal.mark_done,
            take_down=down.apply if journal.writes else left_as_it_is,
        )
        self._suppressor = suppressor_of(workspace.project)
        self.window = Window(self._start_executor, self._apply)
        self.comparer = Comparer(
            self.known,
            revision=preparation.revision,
            day=day,
            digest_view=_digest_view(preparation),
            come_slowly=bool(way_of(preparation.definition.source)),
            most_bytes=workspace.executors.most_bytes if workspace.executors is not None else MAX_MISS_BYTES,
            is_trial=not journal.writes,
            emit=self._add,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.comparer.cut()
                self.window.drain()
                self.applier.flush()
        finally:
            self.window.close()

    def _add(self, batch: ComparedBatch) -> None:
        if self._suppressor is not None:
            mask_records(self._suppressor, batch)
        self.window.add(batch)

    def _apply(self, batch: ComparedBatch, done: Done | None) -> None:
        if self._suppressor is not None:
            mask_postings(self._suppressor, done)
        self.applier.apply(batch, done)

    def _start_executor(self, alone: bool) -> Executor:
        charge = self._preparation.charge
        workspace = self._workspace
        if workspace.executors is not None:
            fence = workspace.lease.fence if workspace.lease is not None else 0
            return workspace.executors.start(self._run, charge, fence, alone=alone)
        if self._is_suspect:
            # Never in this process: what dies of a record is a worker, and the record is found.
            from jobpipe.runs.executors.local import LocalExecutor

            return LocalExecutor(charge, workers=max(self._workers, 1))
        if self._free_workers is not None:
            from jobpipe.runs.executors.shared import SharedExecutor

            return SharedExecutor(charge, self._free_workers, alone=alone)
        if alone or not self._workers:
            from jobpipe.runs.executors.inline import InlineExecutor

            return InlineExecutor(charge)
        from jobpipe.runs.executors.local import LocalExecutor

        return LocalExecutor(charge, workers=self._workers)


def peak_rss_mb(pipeline: Pipeline | None) -> float:
    """The most memory that this process or one of its workers has held."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    workers = pipeline.window.peak_worker_rss if pipeline is not None else 0
    return max(own, workers) / 1024


def _digest_view(preparation: Preparation) -> DigestView | None:
    source = preparation.definition.source
    if not source.ignore:
        return None
    if source.format:
        return ignoring(KIND_OF_FORMAT[source.format], source.ignore)
    views: dict[str, DigestView] = {}

    def view(raw: bytes, context: Context) -> bytes:
        if context.kind not in views:
            views[context.kind] = ignoring(context.kind, source.ignore)
        return views[context.kind](raw, context)

    return view
