"""A run of the kind `retry`: records in quarantine, once more under today's definition, and no others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from jobpipe.documents.body import Body, unpack
from jobpipe.documents.store import FORGOTTEN, Documents, Known, Role, Selection, StateRow
from jobpipe.errors import UsageError
from jobpipe.incidents.fingerprint import fingerprint_of
from jobpipe.ledger.models import Import, Incident, Run, RunKind
from jobpipe.ledger.opening import drop_dead_connection
from jobpipe.ledger.unavailable import ledger_expected
from jobpipe.runs.cancel_watch import CancelWatch
from jobpipe.runs.cancelling import cut_short
from jobpipe.runs.finishing import Finish
from jobpipe.runs.incidents_of_run import occurrence_of
from jobpipe.runs.lease import ImportIsRunningError, hold
from jobpipe.runs.making_again import make_again
from jobpipe.runs.notices import note
from jobpipe.runs.preparing import Preparation, prepare
from jobpipe.runs.progress import Progress
from jobpipe.runs.recording_failures import with_incidents
from jobpipe.runs.report import RunReport, skipped
from jobpipe.runs.reprocessing import refuse_over_an_interrupted_run
from jobpipe.runs.starting import StopRequest, new_run
from jobpipe.runs.stored_records import in_order
from jobpipe.runs.workspace import Workspace

_ROWS = 500
_REJECTED = Selection(role=Role.REJECTED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which records are tried again; empty = all of the import's."""

    keys: tuple[str, ...] = ()
    reason: str = ""
    # Those that this incident is about; 0 = whatever they are about.
    incident: int = 0


@with_incidents
def retry_import(
    workspace: Workspace,
    name: str,
    wanted: Wanted,
    *,
    progress: Progress,
    stop: StopRequest,
    workers: int | None = None,
) -> RunReport:
    """Make postings of records in quarantine; a record whose key a later run has changed is left alone.

    Raises DefinitionError for an invalid definition, UsageError where nothing that is wanted is in quarantine.
    """
    preparation = prepare(workspace, name)
    drop_dead_connection()
    owner = Import.objects.filter(name=name).first()
    if owner is None:
        raise UsageError(f"{name} has not run yet: nothing is in quarantine", hint=f"jobpipe run {name}")
    try:
        with ledger_expected(), hold(workspace, owner) as held:
            refuse_over_an_interrupted_run(held, owner)
            chosen = _choose(held.documents, owner, wanted)
            run = new_run(held, owner, preparation, "", RunKind.RETRY)
            return _retry(held, preparation, run, chosen, progress, stop, workers)
    except ImportIsRunningError as error:
        return skipped(name, error.message)


@dataclass(frozen=True, slots=True)
class _Chosen:
    rows: frozenset[int]
    # Whose key a later run has changed.
    outdated: int


def _choose(documents: Documents, owner: Import, wanted: Wanted) -> _Chosen:
    rows: list[int] = []
    outdated = 0
    for some in _chunks(rejected_rows(documents, owner, wanted)):
        postings = documents.postings_by_key(owner.pk, [row.key for row in some if row.key])
        for row in some:
            posting = postings.get(row.key) if row.key else None
            if posting is not None and posting.changed_run > row.written_run:
                outdated += 1
            else:
                rows.append(row.row)
    if not rows:
        why = f"; of {outdated:,} a later run has changed the posting" if outdated else ""
        hint = f"`jobpipe quarantine {owner.name}` lists what is"
        raise UsageError(f"nothing of that is in quarantine{why}", hint=hint)
    return _Chosen(frozenset(rows), outdated)


def rejected_rows(documents: Documents, owner: Import, wanted: Wanted) -> Iterator[StateRow]:
    """Those that are in quarantine. Raises UsageError as `of_incident` does."""
    selection = Selection(role=Role.REJECTED, keys=wanted.keys, reason=wanted.reason)
    if not wanted.incident:
        yield from documents.select(owner.pk, selection)
        return
    is_of = of_incident(owner.name, wanted.incident)
    for row, packed in documents.bodies(owner.pk, selection):
        if is_of(row, unpack(packed)):
            yield row


def of_incident(import_name: str, number: int) -> Callable[[StateRow, Body], bool]:
    """Whether a rejected record is one of this incident's. Raises UsageError where it has none of this import."""
    incident = Incident.objects.filter(pk=number).first()
    if incident is None:
        raise UsageError(f"there is no incident {number}", hint="`jobpipe incidents` lists them")
    if incident.import_name != import_name:
        raise UsageError(f"incident {number} is none of {import_name}: it is of {incident.import_name or 'no import'}")
    fingerprint = incident.fingerprint

    def is_of(row: StateRow, body: Body) -> bool:
        return fingerprint_of(occurrence_of(row, body), import_name) == fingerprint

    return is_of


def _chunks(rows: Iterable[StateRow]) -> Iterator[list[StateRow]]:
    some: list[StateRow] = []
    for row in rows:
        some.append(row)
        if len(some) == _ROWS:
            yield some
            some = []
    if some:
        yield some


def _retry(
    workspace: Workspace,
    preparation: Preparation,
    run: Run,
    chosen: _Chosen,
    progress: Progress,
    stop: StopRequest,
    workers: int | None,
) -> RunReport:
    documents, import_id = workspace.documents, run.import_row_id
    stored = in_order(documents, import_id, run.pk, (), _REJECTED)
    records = (one for one in stored if one[0].row in chosen.rows)
    watch = CancelWatch(workspace, run, stop)
    pipeline = make_again(
        workspace,
        preparation,
        run,
        records,
        known=_as_new(documents, import_id, chosen.rows),
        progress=progress,
        watch=watch,
        workers=workers,
    )
    if chosen.outdated:
        note(run, "outdated", f"{chosen.outdated:,} records were left alone: a later run has changed their postings")
    finish = Finish(workspace, preparation, run, pipeline.known)
    cut = cut_short(workspace, run, watch, finish, "interrupted: the rest of the records is in quarantine as it was")
    return cut or finish.finish_reprocess("records in quarantine, tried again")


def _as_new(documents: Documents, import_id: int, rows: frozenset[int]) -> Iterator[list[Known]]:
    """Only these are known, and none of them by its bytes: what is still rejected is written anew."""
    for some in _chunks(row for row in documents.select(import_id, _REJECTED) if row.row in rows):
        yield [Known(row.row, FORGOTTEN, row.role, row.status, row.reason, 0) for row in some]
