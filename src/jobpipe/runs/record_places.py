"""Where stored records stand in their source: file, line and column, from the archive of the run that read them.

A run that made a record again (reprocess, retry) has read no source, and archives are not kept for ever: then the
latest bytes that are kept tell it, if the very record still begins at the same byte there.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from django.db.models import Q

from jobpipe.errors import SourceError
from jobpipe.ledger.models import Import, PartRead, Run, RunKind
from jobpipe.runs.workspace import Workspace
from jobpipe.sources.archive import ArchiveReader
from jobpipe.sources.formats.locating import locate
from jobpipe.sources.unpacking import Document, unpack

# Of the runs before, whose archives may still be there.
_RUNS_LOOKED_AT = 5
# Of a record, by which it is known again.
_BYTES_COMPARED = 4096
# What a workbook begins with, once everything else that is packed so is unpacked: its offsets are rows.
_WORKBOOK = b"PK\x03\x04"


class Spot(NamedTuple):
    # File or URL; of an archive with several documents the one in it, too.
    source: str
    # From 1; 0 = not known.
    line: int = 0
    column: int = 0


class Stored(NamedTuple):
    """What is kept of where a record stood."""

    # In its unpacked document; -1 = not known.
    offset: int
    raw: bytes


class Places:
    """Of one import."""

    def __init__(self, workspace: Workspace, owner: Import) -> None:
        self._workspace = workspace
        self._owner = owner
        self._parts: dict[int, dict[str, PartRead]] = {}
        # The latest runs of its source, the newest first.
        self._latest: list[int] = []

    def of(self, run: int, name: str, records: Sequence[Stored]) -> list[Spot]:
        """In the order of the records, which `run` wrote and which are of the part of this name."""
        part = self._part(run, name)
        spots = [Spot(part.location if part is not None else name) for _ in records]
        if part is not None:
            found = self._look(part, records, is_sure=True)
            if found is not None:
                return [found.get(place, spot) for place, spot in enumerate(spots)]
        for later in self._latest:
            other = self._part(later, name)
            found = self._look(other, records, is_sure=False) if other is not None else None
            if found:
                return [found.get(place, spot) for place, spot in enumerate(spots)]
        return spots

    def is_of_source(self, run: int) -> bool:
        """Whether it read the source: its numbers of records are the source's."""
        return bool(self._parts_of(run))

    def _parts_of(self, run: int) -> dict[str, PartRead]:
        """Those of the latest runs are asked for with them: they are wanted where these are of no use."""
        if run not in self._parts:
            runs = Run.objects.filter(import_row=self._owner, kind=RunKind.IMPORT).order_by("-id")
            latest = runs.values("pk")[:_RUNS_LOOKED_AT]
            found: dict[int, dict[str, PartRead]] = {run: {}}
            for part in PartRead.objects.filter(Q(run_id=run) | Q(run_id__in=latest)).order_by("number"):
                found.setdefault(part.run_id, {})[part.location] = part
            self._parts |= found
            self._latest = sorted(found, reverse=True)
        return self._parts[run]

    def _part(self, run: int, name: str) -> PartRead | None:
        parts = self._parts_of(run)
        if name in parts:
            return parts[name]
        return next(iter(parts.values())) if len(parts) == 1 else None

    def _look(self, part: PartRead, records: Sequence[Stored], *, is_sure: bool) -> dict[int, Spot] | None:
        """By the places of the records in `records`; None = nothing is kept of the part, or nothing is wanted.

        A record is where its bytes are: an archive has several documents, each with a byte 4,711.  `is_sure`: they
        were read here, so that where there is one document they need not look the same (it may have been transcoded).
        """
        left = {place for place, one in enumerate(records) if one.offset >= 0}
        found: dict[int, Spot] = {}
        sole: tuple[str, dict[int, Spot]] | None = None
        documents = 0
        try:
            kept = ArchiveReader(self._workspace.archive_of(self._owner.name), part.run_id, part.number)
            name = Path(part.location).name
            for document in unpack(iter(kept), name, spool_folder=self._workspace.scratch):
                if not left:
                    break
                documents += 1
                lines, same = _lines_in(document, [records[place] for place in sorted(left)])
                by_place = {place: line for place, line in zip(sorted(left), lines, strict=True) if line is not None}
                matching = {place for place, is_same in zip(sorted(left), same, strict=True) if is_same}
                spots = {place: Spot(part.location, *line) for place, line in by_place.items()}
                if documents == 1:
                    sole = document.name, spots
                    found |= {place: spot for place, spot in spots.items() if place in matching}
                else:
                    inner = f"{part.location}/{document.name}"
                    found |= {place: Spot(inner, *by_place[place]) for place in matching if place in by_place}
                left -= matching
        except SourceError:
            if not documents:
                return None
        if sole is None:
            return None
        return _named_within(found, sole, part.location, documents, is_sure=is_sure)


def _named_within(
    found: dict[int, Spot], sole: tuple[str, dict[int, Spot]], location: str, documents: int, *, is_sure: bool
) -> dict[int, Spot]:
    """Whether the first document is the only one is known at the end: else it is named as well."""
    name, spots = sole
    if documents == 1:
        return spots | found if is_sure else found
    return {
        place: spot._replace(source=f"{location}/{name}") if spot.source == location else spot
        for place, spot in found.items()
    }


def _lines_in(document: Document, records: Sequence[Stored]) -> tuple[list[tuple[int, int] | None], list[bool]]:
    """Of each record its line and column, if the document is so long, and whether its bytes are there."""
    first = next(document.chunks, b"")
    if first.startswith(_WORKBOOK):
        return [(one.offset, 0) for one in records], [False for _ in records]
    matcher = _Matcher(records)
    watched = matcher.watching(chain([first], document.chunks))
    lines = locate(watched, [one.offset for one in records])
    for _ in watched:
        if matcher.is_done:
            break
    return [lines.get(one.offset) for one in records], matcher.is_same


class _Matcher:
    """Compares the beginnings of records with what stands at their offsets, as a stream passes by."""

    def __init__(self, records: Sequence[Stored]) -> None:
        self.is_same = [False] * len(records)
        self._heads = [one.raw[:_BYTES_COMPARED] for one in records]
        # The next one last.
        self._waiting = sorted(((one.offset, place) for place, one in enumerate(records)), reverse=True)
        self._kept = b""
        # Of `_kept`, in the document.
        self._begin = 0

    @property
    def is_done(self) -> bool:
        return not self._waiting

    def watching(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The chunks as they are; a stream that breaks ends."""
        with contextlib.suppress(SourceError):
            for chunk in chunks:
                self._see(chunk)
                yield chunk

    def _see(self, chunk: bytes) -> None:
        held = self._kept + chunk
        late: list[tuple[int, int]] = []
        while self._waiting and self._waiting[-1][0] < self._begin + len(held):
            offset, place = self._waiting.pop()
            head = self._heads[place]
            at = offset - self._begin
            if at + len(head) > len(held):
                late.append((offset, place))
            else:
                self.is_same[place] = held.startswith(head, at)
        self._waiting.extend(reversed(late))
        keep = min(len(held), _BYTES_COMPARED)
        self._begin += len(held) - keep
        self._kept = held[len(held) - keep :]
