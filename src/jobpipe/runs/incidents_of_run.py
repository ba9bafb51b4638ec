"""What a run says of incidents when it ends: what it met is recorded, and what it has shown to be gone is resolved.

Everything is derived from what is stored, in the transaction that ends the run: a Finish that is repeated after a kill
says the same once more, and nothing is counted twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from jobpipe.documents.body import Body, unpack
from jobpipe.documents.store import Documents, Role, Selection, StateRow
from jobpipe.errors import JobpipeError, SourceError
from jobpipe.incidents.grouping import Groups
from jobpipe.incidents.kinds import RECORD_KINDS, Proof, kind_of_reason, names_with
from jobpipe.incidents.occurrence import MAX_RAW, MAX_SAMPLES, Occurrence, Sample
from jobpipe.incidents.recording import record, record_groups, resolve_gone
from jobpipe.incidents.source_troubles import trouble_of
from jobpipe.ledger.models import Incident, IncidentState, Run, RunKind, RunState
from jobpipe.runs.mappings.unmapped import UnmappedLabel, unmapped_labels
from jobpipe.runs.source_reading import PartReading

if TYPE_CHECKING:
    from jobpipe.definition.project import Project
    from jobpipe.runs.workspace import Workspace

# What a notice of a run is an incident of; others are hints, or say what is recorded otherwise.
_OF_NOTICES = {
    "document": ("source-odd", "split"),
    "columns": ("source-changed-shape", "split"),
    "key": ("key-repeats", "transform"),
    "guard": ("source-held", "finish"),
    "empty": ("source-held", "finish"),
    "drop": ("source-shrank", "finish"),
    "flapping": ("source-flapping", "finish"),
    "unreadable": ("source-shrank", "finish"),
    "doubted": ("source-in-doubt", "finish"),
    "afterwards": ("source-not-put-away", "fetch"),
}
_NOTES_REMEMBERED = 2_000
# In a message.
_LABELS_NAMED = 5


def occurrences_of_run(
    workspace: Workspace,
    run: Run,
    *,
    parts: Sequence[PartReading] = (),
    absence: Iterable[tuple[str, str]] = (),
    cause: JobpipeError | None = None,
) -> Groups:
    """What it met, read from its row and from the documents.

    `absence`: what was found of the missing, as (kind of notice, words); `cause`: of a run that failed.
    """
    name = run.import_row.name
    groups = Groups(name, chain(_troubles(run, parts, cause), _noted(run, absence)))
    if not run.unchanged and run.state != RunState.FAILED:
        for occurrence in _of_labels(workspace, name):
            groups.add(occurrence)
        as_before = _as_before(workspace.documents, run)
        for incident in as_before:
            groups.add_known(incident.fingerprint, _once_more(incident))
        for occurrence in () if as_before else _of_rejected(workspace.documents, run):
            groups.add(occurrence)
    return groups


def record_run(workspace: Workspace, run: Run, groups: Groups, *, also_shows: Sequence[str] = ()) -> None:
    """To be called within the transaction that ends the run; `also_shows`: more kinds that it can show to be gone."""
    recorded = record_groups(workspace.project, groups, run=run)
    kinds = [*names_with(*_proofs(run)), *also_shows]
    if kinds:
        still = {incident.fingerprint for incident in recorded.all}
        resolve_gone(groups.import_name, kinds, still=still, run=run, why=f"run {run.pk} shows no more of it")


def record_notices(project: Project, run: Run, notices: Sequence[dict[str, str]]) -> None:
    """What was noted when the run was over already."""
    found = [one for notice in notices for one in _of_notice(notice["kind"], notice["message"])]
    record(project, found, import_name=run.import_row.name, run=run)


def _proofs(run: Run) -> list[Proof]:
    """What this run can show: a partial, failed or skipped one nothing, one that is held only that it could run."""
    if run.state == RunState.HELD:
        return [Proof.CONDUCTED]
    if run.state != RunState.SUCCEEDED:
        return []
    proofs = [Proof.CONDUCTED]
    if not run.unchanged:
        proofs.append(Proof.STORED)
    if run.kind == RunKind.IMPORT and not run.instead:
        proofs.append(Proof.SOURCE_REACHED)
        if not run.unchanged:
            proofs.append(Proof.SOURCE_READ)
    return proofs


# What went wrong with the source ----------------------------------------------------------------------


def _troubles(run: Run, parts: Sequence[PartReading], cause: JobpipeError | None) -> Iterator[Occurrence]:
    failed = [part for part in parts if part.failure is not None]
    for part in failed:
        assert part.failure is not None
        yield trouble_of(part.failure, place=part.location)
    if run.state == RunState.FAILED and not failed:
        yield from _of_failed(run, cause)
    elif run.suspected and run.state in (RunState.PARTIAL, RunState.HELD):
        yield Occurrence(kind="source-suspected", message=run.why, stage="finish", place=_only_place(parts))
    elif run.state == RunState.PARTIAL:
        cut = [part for part in parts if not part.complete and part.failure is None]
        for part in cut:
            said = part.why or f"{part.location} has no end"
            yield Occurrence(kind="source-damaged", message=said, stage="split", place=part.location)
        if not cut and not failed:
            yield Occurrence(kind="source-damaged", message=run.why, stage="finish")


def _of_failed(run: Run, cause: JobpipeError | None) -> Iterator[Occurrence]:
    if isinstance(cause, SourceError):
        yield trouble_of(cause)
    elif cause is None and run.error.startswith(("interrupted;", "interrupted,")):
        yield Occurrence(kind="run-interrupted", message=run.error)
    # What a person stopped is nobody's trouble.
    elif cause is None and not run.error.startswith("interrupted:"):
        yield trouble_of(run.error)
    # Of any other error hears whoever conducts the run: see `jobpipe.runs.recording_failures`.


def _only_place(parts: Sequence[PartReading]) -> str:
    return parts[0].location if len(parts) == 1 else ""


# What it noted ----------------------------------------------------------------------------------------


def _noted(run: Run, absence: Iterable[tuple[str, str]]) -> Iterator[Occurrence]:
    found = list(absence)
    for kind, message in found:
        yield from _of_notice(kind, message)
    told = {kind for kind, _ in found}
    for notice in run.notices:
        if notice["kind"] not in told:
            yield from _of_notice(notice["kind"], notice["message"])


def _of_notice(kind: str, message: str) -> Iterator[Occurrence]:
    if kind in _OF_NOTICES:
        name, stage = _OF_NOTICES[kind]
        yield Occurrence(kind=name, message=message, stage=stage)


# What is stored ---------------------------------------------------------------------------------------


def _as_before(documents: Documents, run: Run) -> list[Incident]:
    """The incidents of the quarantine, where exactly the records wait there that the last run told of: their bodies
    need not be read. Since none is newer than that run, as many are the same ones. Empty = that is not so."""
    found = Incident.objects.filter(import_name=run.import_row.name, kind__in=RECORD_KINDS)
    incidents = list(found.exclude(state=IncidentState.RESOLVED))
    last = max((incident.last_run for incident in incidents), default=0)
    if not last or last >= run.pk or any(incident.last_run != last for incident in incidents):
        return []
    counted = 0
    for row in documents.select(run.import_row_id, Selection(role=Role.REJECTED)):
        if row.written_run > last:
            return []
        counted += row.reason != "unmapped"
    return incidents if counted == sum(incident.count for incident in incidents) else []


def _once_more(incident: Incident) -> Occurrence:
    return Occurrence(
        kind=incident.kind,
        message=incident.message,
        hint=incident.hint,
        place=incident.place,
        stage=incident.stage,
        step=incident.step,
        field=incident.field,
        count=incident.count,
    )


def _of_rejected(documents: Documents, run: Run) -> Iterator[Occurrence]:
    """Of all records in quarantine: whatever became of them in this run, they wait there now."""
    # Most say the same to the letter: note -> how many, beyond the first ones, which are told one by one.
    counted: dict[tuple[str, str, str], int] = {}
    for row, packed in documents.bodies(run.import_row_id, Selection(role=Role.REJECTED)):
        # Those of labels are told by table.
        if row.reason == "unmapped":
            continue
        body = unpack(packed)
        said = body.note or (row.reason, "", row.reason)
        told = counted.get(said)
        if told is None and len(counted) < _NOTES_REMEMBERED:
            told = counted[said] = -MAX_SAMPLES
        if told is None or told < 0:
            yield occurrence_of(row, body)
        if told is not None:
            counted[said] = told + 1
    for (reason, field, message), count in counted.items():
        if count > 0:
            yield _occurrence(reason, field, message, count=count)


def occurrence_of(row: StateRow, body: Body) -> Occurrence:
    """Of one rejected record."""
    reason, field, message = body.note or (row.reason, "", row.reason)
    sample = Sample(
        key=row.key,
        message=message,
        part=row.part,
        offset=body.offset,
        ordinal=row.ordinal,
        raw=body.raw[:MAX_RAW].decode("utf-8", "replace"),
    )
    return _occurrence(reason, field, message, samples=(sample,))


def _occurrence(
    reason: str, field: str, message: str, *, count: int = 1, samples: tuple[Sample, ...] = ()
) -> Occurrence:
    kind = kind_of_reason(reason)
    return Occurrence(kind=kind, message=message, stage="transform", field=field, count=count, samples=samples)


def _of_labels(workspace: Workspace, name: str) -> Iterator[Occurrence]:
    """One for each table."""
    tables: dict[str, list[UnmappedLabel]] = {}
    for label in unmapped_labels(workspace, [name]):
        tables.setdefault(label.table, []).append(label)
    for table, labels in tables.items():
        yield _of_table(table, labels)


def _of_table(table: str, labels: list[UnmappedLabel]) -> Occurrence:
    named = ", ".join(f"{one.label!r} ({one.postings + one.rejected:,}×)" for one in labels[:_LABELS_NAMED])
    more = f" and {len(labels) - _LABELS_NAMED:,} more" if len(labels) > _LABELS_NAMED else ""
    word = "label" if len(labels) == 1 else "labels"
    return Occurrence(
        kind="label-unmapped",
        message=f"{len(labels):,} {word} of {table}: {named}{more}",
        stage="transform",
        identity=table,
        count=sum(one.postings + one.rejected for one in labels),
        details={"table": table, "labels": len(labels)},
    )
