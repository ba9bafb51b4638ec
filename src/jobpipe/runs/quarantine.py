"""Rejected records, whole, each with its reason and its place in the source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from jobpipe.documents.body import unpack
from jobpipe.documents.store import Role, Selection
from jobpipe.errors import Place, SourceError
from jobpipe.ledger.models import Import, PartRead
from jobpipe.runs.workspace import Workspace
from jobpipe.sources.archive import ArchiveReader
from jobpipe.sources.formats.locating import locate
from jobpipe.sources.unpacking import unpack as unpack_source

# Beyond this many, places are given as bytes only: the archive would have to be read for long.
MAX_LOCATED = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejected:
    ordinal: int
    # "" = could not be read.
    key: str
    reason: str
    field: str
    message: str
    # File or URL, line and column, for a person.
    place: str
    # The run that met it first.
    run: int
    raw: bytes
    offset: int


def rejected_records(workspace: Workspace, owner: Import, *, reason: str = "") -> Iterator[Rejected]:
    """By their order in the source."""
    selection = Selection(role=Role.REJECTED, status=None, reason=reason)
    found: list[Rejected] = []
    for row, packed in workspace.documents.bodies(owner.pk, selection):
        body = unpack(packed)
        _, field, message = body.note or (row.reason, "", "")
        found.append(
            Rejected(
                ordinal=row.ordinal,
                key=row.key,
                reason=row.reason,
                field=field,
                message=message,
                place=row.part,
                run=row.written_run,
                raw=body.raw,
                offset=body.offset,
            )
        )
        if len(found) == MAX_LOCATED:
            yield from _located(workspace, owner, found)
            found = []
    yield from _located(workspace, owner, found)


def _located(workspace: Workspace, owner: Import, records: list[Rejected]) -> Iterator[Rejected]:
    places: dict[tuple[int, str, int], tuple[int, int]] = {}
    parts: dict[int, dict[str, PartRead]] = {}
    for run in {record.run for record in records}:
        parts[run] = {part.location: part for part in PartRead.objects.filter(run_id=run)}
        for name in {record.place for record in records if record.run == run}:
            part = _part_of(parts[run], name)
            offsets = [record.offset for record in records if (record.run, record.place) == (run, name)]
            for offset, spot in _spots(workspace, owner, run, part, offsets).items():
                places[run, name, offset] = spot
    for record in records:
        part = _part_of(parts[record.run], record.place)
        line, column = places.get((record.run, record.place, record.offset), (0, 0))
        place = Place(
            source=part.location if part else record.place,
            line=line,
            column=column,
            offset=record.offset,
            ordinal=record.ordinal,
        )
        yield replace(record, place=str(place))


def _part_of(parts: dict[str, PartRead], name: str) -> PartRead | None:
    if name in parts:
        return parts[name]
    return next(iter(parts.values())) if len(parts) == 1 else None


def _spots(
    workspace: Workspace, owner: Import, run: int, part: PartRead | None, offsets: Iterable[int]
) -> dict[int, tuple[int, int]]:
    """Line and column of these bytes, where the archive still has them; only of single documents."""
    wanted = [offset for offset in offsets if offset >= 0]
    if part is None or not wanted:
        return {}
    try:
        kept = ArchiveReader(workspace.archive_of(owner.name), run, part.number)
        documents = unpack_source(iter(kept), Path(part.location).name, spool_folder=workspace.scratch)
        first = next(documents, None)
        return locate(first.chunks, wanted) if first is not None else {}
    except SourceError:
        return {}
