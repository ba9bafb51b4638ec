"""Writing into imports: the one whose run is being finished, and others, each held and with a run of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from jobpipe.documents.store import StateRow, Written, is_listed, prior_of
from jobpipe.ledger.models import Import, Run, RunKind, RunState
from jobpipe.lifecycle import Outcome
from jobpipe.runs.absence import live_postings
from jobpipe.runs.deliveries.change_lists import changed_rows, record_changes
from jobpipe.runs.history import next_sequence
from jobpipe.runs.lease import ImportIsRunningError, hold
from jobpipe.runs.workspace import Workspace

# What becomes of a posting, as an account says it.
_OUTCOMES = {"hidden": Outcome.FILTERED, "released": Outcome.UPDATED}


@dataclass(slots=True)
class _Writer:
    workspace: Workspace
    # Whose changes they are; None = the import cannot be written now.
    run: Run | None
    is_own: bool
    counted: Counter[str] = field(default_factory=Counter)


class Writers:
    """Closing it finishes the runs that were begun for other imports."""

    def __init__(self, workspace: Workspace, own: Run | None) -> None:
        """`own`: the run that is being finished, whose import is held already."""
        self._workspace = workspace
        self._own = own
        self._held = ExitStack()
        self._writers: dict[int, _Writer] = {}

    def __enter__(self) -> Writers:
        return self

    def __exit__(self, *error: object) -> None:
        try:
            for writer in self._writers.values():
                if writer.run is not None and not writer.is_own:
                    _finish(writer)
        finally:
            self._held.close()

    def write(self, import_id: int, rows: Sequence[StateRow], word: str) -> set[int]:
        """Give the postings the state that these rows have, where they are still listed; the numbers of those done."""
        writer = self._writers.get(import_id) or self._open(import_id)
        run = writer.run
        if run is None:
            return set()
        documents = writer.workspace.documents
        current = documents.rows(import_id, [row.row for row in rows])
        batch = [
            Written(_changed(found, row, run.pk))
            for row in rows
            if (found := current.get(row.row)) is not None and is_listed(found)
        ]
        if batch:
            documents.write(import_id, batch)
        writer.counted[word] += len(batch)
        return {row.row for row in rows}

    def _open(self, import_id: int) -> _Writer:
        made = self._writers[import_id] = self._own_writer(import_id) or self._other_writer(import_id)
        return made

    def _own_writer(self, import_id: int) -> _Writer | None:
        is_own = self._own is not None and self._own.import_row_id == import_id
        return _Writer(self._workspace, self._own, is_own=True) if is_own else None

    def _other_writer(self, import_id: int) -> _Writer:
        owner = Import.objects.get(pk=import_id)
        try:
            held = self._held.enter_context(hold(self._workspace, owner))
        except ImportIsRunningError:
            return _Writer(self._workspace, None, is_own=False)
        last = Run.objects.filter(import_row=owner).order_by("-id").first()
        # An interrupted run compares with what was before it: it goes on first.
        is_free = last is not None and not Run.objects.filter(import_row=owner, state=RunState.RUNNING).exists()
        run = _begin(held, owner, last) if is_free and last is not None else None
        return _Writer(held, run, is_own=False)


def _changed(found: StateRow, wanted: StateRow, run: int) -> StateRow:
    return msgspec.structs.replace(
        found,
        status=wanted.status,
        reason=wanted.reason,
        changed_run=run,
        written_run=run,
        missing_since=found.missing_since,
        prior=prior_of(found, run),
    )


def _begin(workspace: Workspace, owner: Import, last: Run) -> Run:
    with workspace.writing():
        return Run.objects.create(
            import_row=owner,
            kind=RunKind.REPROCESS,
            state=RunState.RUNNING,
            started_at=datetime.now(UTC),
            revision=last.revision,
            definition=last.definition,
        )


def _finish(writer: _Writer) -> None:
    run = writer.run
    assert run is not None
    counted = {_OUTCOMES[word].name.lower(): count for word, count in writer.counted.items()}
    run.account = {"read": sum(counted.values()), **{one.name.lower(): 0 for one in Outcome}, **counted}
    run.state, run.why = RunState.SUCCEEDED, "near-duplicates of other imports of the client"
    run.live = live_postings(writer.workspace.documents, run.import_row_id)
    run.finished_at = datetime.now(UTC)
    changed = changed_rows(writer.workspace.documents, run)
    with writer.workspace.writing():
        run.sequence = next_sequence()
        run.save()
        record_changes(run, changed)
