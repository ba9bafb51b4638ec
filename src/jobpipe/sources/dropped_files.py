"""Which of the files that lie at a place are read: all or the newest, and none that is still being written."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from jobpipe.definition.drops import FileOptions
from jobpipe.definition.source import Source
from jobpipe.errors import DefinitionError
from jobpipe.safety.secrets import redact
from jobpipe.sources.transports import transport_for
from jobpipe.sources.transports.drop import Drop, DroppedFile, nothing_matches
from jobpipe.sources.transports.transport import Request

# Seconds between two looks at a file that may still grow, at most.
SECOND_LOOK = 2.0
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class FoundFiles:
    """Locations, with their secrets in place."""

    # To be read, in this order.
    taken: list[str] = field(default_factory=list)
    # Still being written.
    busy: list[str] = field(default_factory=list)
    # Older than the newest, the oldest first.
    passed_over: list[str] = field(default_factory=list)

    def add(self, other: FoundFiles) -> None:
        self.taken += other.taken
        self.busy += other.busy
        self.passed_over += other.passed_over


async def find_files(request: Request, source: Source) -> FoundFiles:
    """What of one location of a source is read today.

    Raises SourceError where there is nothing and should be something, DefinitionError where the place cannot do what
    `source.files` asks for.
    """
    transport = transport_for(request.location)
    options = source.files
    if not _is_chosen(source):
        return FoundFiles(taken=await transport.list(request))
    if not isinstance(transport, Drop):
        if options != FileOptions():
            raise DefinitionError(
                f"{redact(request.location)}: files on a web server cannot be listed, deleted or moved",
                hint="leave source.files away",
            )
        return FoundFiles(taken=await transport.list(request))
    looked = await transport.look(request)
    busy = await _busy(transport, request, looked, options.quiet)
    found = choose([file for file in looked if file.location not in busy], options, source.holds)
    found.busy = [file.location for file in looked if file.location in busy]
    if not looked and not may_be_empty(source):
        # Says more of what is there instead.
        await transport.list(request)
        raise nothing_matches(request.location)
    return found


def _is_chosen(source: Source) -> bool:
    """Whether more is to be known of the files than their names."""
    options = source.files
    return options.take == "newest" or bool(options.quiet) or may_be_empty(source)


def may_be_empty(source: Source) -> bool:
    """An empty folder is no trouble where files are read once: nothing new has been dropped."""
    return source.holds == "changes" or source.files.afterwards != "keep"


def choose(files: Sequence[DroppedFile], options: FileOptions, holds: str) -> FoundFiles:
    """Of files that are whole.

    The files of a source of changes come newest first: of two records for one posting the first of a run counts.
    """
    by_age = sorted(files, key=lambda file: (file.modified or _LONG_AGO, file.name))
    if options.take == "newest":
        return FoundFiles(
            taken=[file.location for file in by_age[-1:]], passed_over=[file.location for file in by_age[:-1]]
        )
    if holds == "changes":
        return FoundFiles(taken=[file.location for file in reversed(by_age)])
    return FoundFiles(taken=[file.location for file in files])


async def _busy(drop: Drop, request: Request, looked: Sequence[DroppedFile], quiet: float) -> set[str]:
    """Those that have changed within `quiet` seconds, or change between two looks."""
    if not quiet or not looked:
        return set()
    now = datetime.now(UTC)
    busy = {file.location for file in looked if _is_fresh(file, now, quiet)}
    if len(busy) == len(looked):
        return busy
    await asyncio.sleep(min(quiet, SECOND_LOOK))
    again = {file.location: file for file in await drop.look(request)}
    return busy | {file.location for file in looked if again.get(file.location) != file}


def _is_fresh(file: DroppedFile, now: datetime, quiet: float) -> bool:
    """A time that is further ahead than that is a clock which is wrong: it says nothing."""
    return file.modified is not None and abs((now - file.modified).total_seconds()) < quiet
