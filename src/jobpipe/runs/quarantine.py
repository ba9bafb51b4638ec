"""Rejected records, whole, each with its reason and its place in the source."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from jobpipe.documents.body import Body, unpack
from jobpipe.documents.store import Role, Selection, StateRow
from jobpipe.errors import Place
from jobpipe.ledger.models import Import
from jobpipe.runs.record_places import Places, Spot, Stored
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
    # "" = could not be read.
    title: str = ""


def rejected_records(
    workspace: Workspace,
    owner: Import,
    *,
    reason: str = "",
    keys: tuple[str, ...] = (),
    is_wanted: Callable[[StateRow, Body], bool] = lambda row, body: True,
) -> Iterator[Rejected]:
    """By their order in the source."""
    wanted = without_places(workspace, owner, reason=reason, keys=keys, is_wanted=is_wanted)
    while found := list(islice(wanted, MAX_LOCATED)):
        yield from with_places(workspace, owner, found)


def without_places(
    workspace: Workspace,
    owner: Import,
    *,
    reason: str = "",
    keys: tuple[str, ...] = (),
    is_wanted: Callable[[StateRow, Body], bool] = lambda row, body: True,
) -> Iterator[Rejected]:
    """The same where nobody asks for lines yet: `place` is the part alone."""
    selection = Selection(role=Role.REJECTED, status=None, reason=reason, keys=keys)
    for row, packed in workspace.documents.bodies(owner.pk, selection):
        body = unpack(packed)
        if not is_wanted(row, body):
            continue
        _, field, message = body.note or (row.reason, "", "")
        yield Rejected(
            ordinal=row.ordinal,
            key=row.key,
            reason=row.reason,
            field=field,
            message=message,
            place=row.part,
            run=row.written_run,
            raw=body.raw,
            part=row.part,
            offset=body.offset,
            title=row.title,
        )


def with_places(workspace: Workspace, owner: Import, records: list[Rejected]) -> Iterator[Rejected]:
    """The same records in the same order, each with its line; the archive is read once for each part."""
    places = Places(workspace, owner)
    groups: dict[tuple[int, str], list[int]] = {}
    for number, record in enumerate(records):
        groups.setdefault((record.run, record.part), []).append(number)
    spots: dict[int, Spot] = {}
    for group, numbers in groups.items():
        stored = [Stored(records[number].offset, records[number].raw) for number in numbers]
        spots.update(zip(numbers, places.of(*group, stored), strict=True))
    for number, record in enumerate(records):
        spot = spots[number]
        place = Place(
            source=spot.source,
            line=spot.line,
            column=spot.column,
            offset=record.offset,
            ordinal=record.ordinal if places.is_of_source(record.run) else 0,
        )
        yield replace(record, place=str(place), part=spot.source, line=spot.line, column=spot.column)
