"""What labels mean has changed: the stored postings that it touches are made again, and no others.

A state row remembers the labels it was made with, and a mark of what each meant.  Where the tables of an import are
not those under which its rows were last known to be right (`Import.mappings`), each label that is stored is looked up
once; the rows of those that mean something else now are made again from what is stored, in a run of the kind
`reprocess` of their own.  Nothing needs to be known of who changed what, in which order, or of runs that were killed
in between: a file that was edited and a decision that was taken back are found alike.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from jobpipe.documents.store import FORGOTTEN, Documents, Known, Role, Selection, StateRow, Status, Written
from jobpipe.ledger.models import Import, Run, RunKind, RunState
from jobpipe.runs.cancel_watch import CancelWatch
from jobpipe.runs.cancelling import cut_short
from jobpipe.runs.finishing import Finish
from jobpipe.runs.making_again import make_again
from jobpipe.runs.preparing import Preparation
from jobpipe.runs.progress import Progress
from jobpipe.runs.report import RunReport
from jobpipe.runs.starting import StopRequest, new_run
from jobpipe.runs.stored_records import in_order
from jobpipe.runs.workspace import Workspace
from jobpipe.taxonomy.tables import MappingTable, Use, decider, parse_use

_ROWS = 1_000
# What is gone is not made again; if it comes back, then from its record.
_GONE = ("absent", "removed")


class Remapped(NamedTuple):
    # Labels that mean something else than they did.
    labels: int
    # None = no posting had them.
    report: RunReport | None


def stale_uses(documents: Documents, import_id: int, tables: Mapping[str, MappingTable]) -> list[Use]:
    """The stored labels that mean something else under these tables than what their rows were made with."""
    deciders = {name: decider(table) for name, table in tables.items()}
    uses = map(parse_use, sorted(documents.label_lines(import_id)))
    return [use for use in uses if use.table in deciders and use.is_stale(deciders[use.table](use.label))]


def is_up_to_date(preparation: Preparation, owner: Import) -> bool:
    """As the ledger knows it: no row is looked at. Without tables nothing can be out of date."""
    return not preparation.tables or owner.mappings == preparation.tables_digest


def bring_up_to_date(
    workspace: Workspace,
    preparation: Preparation,
    owner: Import,
    *,
    progress: Progress,
    stop: StopRequest,
    workers: int | None,
) -> Remapped:
    """Make the postings again whose labels mean something else now. The import is held, and no run of it unfinished."""
    if is_up_to_date(preparation, owner):
        return Remapped(0, None)
    touched = touched_by(workspace.documents, preparation, owner)
    report = None
    if touched is not None and touched.are_there():
        # Whoever kills this leaves rows under both.
        note_up_to_date(workspace, owner, "")
        run = new_run(workspace, owner, preparation, "", RunKind.REPROCESS)
        report = remap_records(workspace, preparation, run, touched, progress, stop, workers)
        if report.state != RunState.SUCCEEDED:
            return Remapped(len(touched.uses), report)
    conclude(workspace, preparation, owner, touched)
    return Remapped(len(touched.uses) if touched is not None else 0, report)


def touched_by(documents: Documents, preparation: Preparation, owner: Import) -> Touched | None:
    """None = no stored label means something else under the tables of this preparation."""
    if is_up_to_date(preparation, owner):
        return None
    stale = stale_uses(documents, owner.pk, preparation.tables)
    return Touched(documents, owner.pk, stale) if stale else None


def conclude(workspace: Workspace, preparation: Preparation, owner: Import, touched: Touched | None) -> None:
    """What there was to make again is made again."""
    if touched is not None:
        touched.forget_rest()
    note_up_to_date(workspace, owner, preparation.tables_digest)


def note_up_to_date(workspace: Workspace, owner: Import, digest: str) -> None:
    """`digest`: "" = rows under several tables may lie side by side."""
    if owner.mappings == digest:
        return
    owner.mappings = digest
    with workspace.writing():
        owner.save(update_fields=["mappings"])


class Touched:
    """The rows of some labels, or of some keys."""

    def __init__(
        self, documents: Documents, import_id: int, uses: Sequence[Use] = (), *, keys: tuple[str, ...] = ()
    ) -> None:
        self._documents = documents
        self._import_id = import_id
        self.uses = uses
        labels = tuple(use.text for use in uses)
        self.postings = Selection(labels=labels, keys=keys)
        self.rejected = Selection(role=Role.REJECTED, labels=labels, keys=keys)

    def are_there(self) -> bool:
        return next(self.rows(), None) is not None

    def rows(self) -> Iterator[StateRow]:
        """Those to make again, by growing number."""
        select = self._documents.select
        postings = (row for row in select(self._import_id, self.postings) if not is_gone(row))
        return heapq.merge(postings, select(self._import_id, self.rejected), key=lambda row: row.row)

    def known(self) -> Iterator[list[Known]]:
        """Their records are to be taken for new ones, whatever their bytes."""
        rows: list[Known] = []
        for row in self.rows():
            rows.append(Known(row.row, FORGOTTEN, row.role, row.status, row.reason, 0))
            if len(rows) == _ROWS:
                yield rows
                rows = []
        if rows:
            yield rows

    def among(self, known: Iterable[list[Known]]) -> Iterator[list[Known]]:
        """The same where they are not all that is known."""
        numbers = {row.row for row in self.rows()}
        for some in known:
            for one in some:
                if one.row in numbers:
                    one.digest = FORGOTTEN
            yield some

    def forget_rest(self) -> None:
        """Of those that were not made again the record is made anew if it comes again, even if no byte has changed.

        They are gone; or their records make other postings now, or are rejected.
        """
        self._forget(self._documents.select(self._import_id, self.postings))

    def forget_gone(self) -> None:
        """The same of those that are gone alone."""
        self._forget(row for row in self._documents.select(self._import_id, self.postings) if is_gone(row))

    def _forget(self, rows: Iterable[StateRow]) -> None:
        batch: list[Written] = []
        for row in rows:
            batch.append(Written(msgspec.structs.replace(row, digest=FORGOTTEN, labels="")))
            if len(batch) == _ROWS:
                self._documents.write(self._import_id, batch)
                batch = []
        if batch:
            self._documents.write(self._import_id, batch)


def is_gone(row: StateRow) -> bool:
    return row.status is Status.EXPIRED and row.reason in _GONE


def remap_records(
    workspace: Workspace,
    preparation: Preparation,
    run: Run,
    touched: Touched,
    progress: Progress,
    stop: StopRequest,
    workers: int | None,
    *,
    why: str = "stored records whose labels mean something else now",
) -> RunReport:
    """`run` over the touched rows."""
    stored = in_order(workspace.documents, run.import_row_id, run.pk, (touched.postings,), touched.rejected)
    records = (one for one in stored if not is_gone(one.row))
    known = touched.known()
    watch = CancelWatch(workspace, run, stop)
    pipeline = make_again(
        workspace, preparation, run, records, known=known, progress=progress, watch=watch, workers=workers
    )
    finish = Finish(workspace, preparation, run, pipeline.known)
    cut = cut_short(workspace, run, watch, finish, "interrupted: the next run goes on with it")
    return cut or finish.finish_reprocess(why)
