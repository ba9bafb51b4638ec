"""Rejected records, whole, each with its reason and its place in the source."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from jobpipe.documents.body import Body, unpack
from jobpipe.documents.store import Role, Selection, StateRow
from jobpipe.errors import Place
from jobpipe.ledger.models import Import
from jobpipe.runs.record_places import Places, Spot
from jobpipe.runs.workspace import Workspace

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
    # The run that met it first, or tried it last.
    run: int
    raw: bytes
    # The parts of `place`: file or URL, counted from 1 (0 = not known), and bytes from 0 (-1 = not known).
    part: str = ""
    line: int = 0
    column: int = 0
    offset: int = -1


def rejected_records(
    workspace: Workspace,
    owner: Import,
    *,
    reason: str = "",
    keys: tuple[str, ...] = (),
    is_wanted: Callable[[StateRow, Body], bool] = lambda row, body: True,
) -> Iterator[Rejected]:
    """By their order in the source."""
    selection = Selection(role=Role.REJECTED, status=None, reason=reason, keys=keys)
    found: list[Rejected] = []
    for row, packed in workspace.documents.bodies(owner.pk, selection):
        body = unpack(packed)
        if not is_wanted(row, body):
            continue
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
    places = Places(workspace, owner)
    spots: dict[tuple[int, str], dict[int, Spot]] = {}
    for group in {(record.run, record.place) for record in records}:
        raws = {record.offset: record.raw for record in records if (record.run, record.place) == group}
        spots[group] = places.of(*group, raws)
    for record in records:
        spot = spots[record.run, record.place].get(record.offset, Spot(record.place))
        place = Place(
            source=spot.source,
            line=spot.line,
            column=spot.column,
            offset=record.offset,
            ordinal=record.ordinal if places.is_of_source(record.run) else 0,
        )
        yield replace(record, place=str(place), part=spot.source, line=spot.line, column=spot.column)
