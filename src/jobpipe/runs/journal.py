"""Where a run says what it has done, batch by batch, until its account is derived from that: the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from jobpipe.ledger.models import Batch, Cancellation, PartRead, Run, RunKind, RunState
from jobpipe.runs.deliveries.change_lists import changed_rows, record_changes
from jobpipe.runs.history import SUPERSEDED, next_sequence, runs_that_need_their_bytes
from jobpipe.runs.verdicts import Verdicts
from jobpipe.sources.archive import prune

if TYPE_CHECKING:
    from jobpipe.runs.workspace import Journal, Workspace


def journal_of(workspace: Workspace, run: Run) -> Journal:
    return workspace.journal or LedgerJournal(workspace, run)


class LedgerJournal:
    """See `jobpipe.runs.workspace.Journal`."""

    writes = True

    def __init__(self, workspace: Workspace, run: Run) -> None:
        self._workspace = workspace
        self._run = run

    def meet(self, row: int, posting: bytes) -> None:
        """The store has it, and will have it as an earlier revision."""

    def mark_done(self, batches: list[tuple[Verdicts, str]]) -> None:
        with self._workspace.writing():
            Batch.objects.bulk_create(
                Batch(
                    run=self._run,
                    first_ordinal=verdicts.first,
                    last_ordinal=verdicts.last,
                    verdicts=verdicts.pack(),
                    chain=chain,
                )
                for verdicts, chain in batches
            )

    def verdicts(self) -> Iterator[Verdicts]:
        for batch in self._run.batches.order_by("first_ordinal").iterator(chunk_size=50):
            yield Verdicts.unpack(bytes(batch.verdicts))

    def save_part(self, number: int, known: Mapping[str, Any]) -> None:
        with self._workspace.writing():
            # One statement, whether it is there or not.
            PartRead.objects.bulk_create(
                [PartRead(run=self._run, number=number, **known)],
                update_conflicts=True,
                unique_fields=["run", "number"],
                update_fields=list(known),
            )

    def begin_ending(self) -> bool:
        with self._workspace.writing():
            # Whoever cancels it meanwhile waits for this row.
            Run.objects.select_for_update().only("pk").get(pk=self._run.pk)
            if Cancellation.objects.filter(run=self._run).exists():
                return False
            self._run.ending_since = datetime.now(UTC)
            self._run.save(update_fields=["ending_since"])
        return True

    def save_sitting(self) -> None:
        with self._workspace.writing():
            self._run.save(update_fields=["seconds", "peak_rss_mb"])

    def save_why(self) -> None:
        with self._workspace.writing():
            self._run.save(update_fields=["why"])

    def close(self) -> None:
        run = self._run
        changed = changed_rows(self._workspace.documents, run)
        with self._workspace.writing():
            if run.complete and run.kind == RunKind.IMPORT:
                held = Run.objects.filter(import_row=run.import_row_id, state=RunState.HELD, pk__lt=run.pk)
                held.update(state=RunState.SUCCEEDED, decided_by=SUPERSEDED)
            if run.sequence is None:
                run.sequence = next_sequence()
                record_changes(run, changed)
            run.batches.all().delete()
            run.save()
        kept = self._workspace.project.settings.keep.archive_runs
        needed = runs_that_need_their_bytes(run.import_row_id)
        prune(self._workspace.archive_of(run.import_row.name), kept, needed=needed)
