"""Where stored records stand in their source: file, line and column, from the archive of the run that read them.

A run that made a record again (reprocess, retry) has read no source, and archives are not kept for ever: then the
latest bytes that are kept tell it, if the very record still begins at the same byte there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from jobpipe.errors import SourceError
from jobpipe.ledger.models import Import, PartRead, Run, RunKind
from jobpipe.runs.workspace import Workspace
from jobpipe.sources.archive import ArchiveReader
from jobpipe.sources.formats.locating import locate
from jobpipe.sources.unpacking import unpack

# Of the runs before, whose archives may still be there.
_RUNS_LOOKED_AT = 5
# Of a record, by which it is known again.
_BYTES_COMPARED = 64


class Spot(NamedTuple):
    # File or URL.
    source: str
    # From 1; 0 = not known.
    line: int = 0
    column: int = 0


class Places:
    """Of one import."""

    def __init__(self, workspace: Workspace, owner: Import) -> None:
        self._workspace = workspace
        self._owner = owner
        self._parts: dict[int, dict[str, PartRead]] = {}

    def of(self, run: int, name: str, raws: Mapping[int, bytes]) -> dict[int, Spot]:
        """By their offsets in the part of this name: of records that `run` wrote."""
        part = self._part(run, name)
        if part is not None:
            spots = {offset: Spot(part.location) for offset in raws}
            lines = self._lines(part, list(raws))
            if lines is not None:
                return spots | {offset: Spot(part.location, *line) for offset, line in lines.items()}
        else:
            spots = {}
        for later in self._runs_of_source():
            other = self._part(later, name)
            there = self._still_there(other, raws) if other is not None else []
            if other is not None and there:
                lines = self._lines(other, there) or {}
                return spots | {offset: Spot(other.location, *line) for offset, line in lines.items()}
        return spots

    def is_of_source(self, run: int) -> bool:
        """Whether it read the source: its numbers of records are the source's."""
        return bool(self._parts_of(run))

    def _runs_of_source(self) -> list[int]:
        runs = Run.objects.filter(import_row=self._owner, kind=RunKind.IMPORT).order_by("-id")
        return list(runs.values_list("pk", flat=True)[:_RUNS_LOOKED_AT])

    def _parts_of(self, run: int) -> dict[str, PartRead]:
        if run not in self._parts:
            self._parts[run] = {part.location: part for part in PartRead.objects.filter(run_id=run)}
        return self._parts[run]

    def _part(self, run: int, name: str) -> PartRead | None:
        parts = self._parts_of(run)
        if name in parts:
            return parts[name]
        return next(iter(parts.values())) if len(parts) == 1 else None

    def _lines(self, part: PartRead, offsets: list[int]) -> dict[int, tuple[int, int]] | None:
        """Only of single documents; None = its bytes are not kept any more."""
        wanted = [offset for offset in offsets if offset >= 0]
        chunks = self._chunks(part)
        if not wanted or chunks is None:
            return None
        try:
            return locate(chunks, wanted)
        except SourceError:
            return None

    def _still_there(self, part: PartRead, raws: Mapping[int, bytes]) -> list[int]:
        chunks = self._chunks(part)
        if chunks is None:
            return []
        try:
            return list(_beginning_at(chunks, raws))
        except SourceError:
            return []

    def _chunks(self, part: PartRead) -> Iterator[bytes] | None:
        """Of its first document, unpacked."""
        try:
            kept = ArchiveReader(self._workspace.archive_of(self._owner.name), part.run_id, part.number)
            first = next(unpack(iter(kept), Path(part.location).name, spool_folder=self._workspace.scratch), None)
        except SourceError:
            return None
        return first.chunks if first is not None else None


def _beginning_at(chunks: Iterator[bytes], raws: Mapping[int, bytes]) -> Iterator[int]:
    """The offsets at which the records that belong there begin."""
    wanted = sorted((offset for offset in raws if offset >= 0), reverse=True)
    begin, kept = 0, b""
    for chunk in chunks:
        held = kept + chunk
        # An offset is judged when enough follows it.
        while wanted and wanted[-1] + len(raws[wanted[-1]][:_BYTES_COMPARED]) <= begin + len(held):
            offset = wanted.pop()
            raw = raws[offset][:_BYTES_COMPARED]
            if held[offset - begin : offset - begin + len(raw)] == raw:
                yield offset
        if not wanted:
            return
        kept = held[-_BYTES_COMPARED:]
        begin += len(held) - len(kept)
