"""A source as those read it who look at it outside of a run: its files and its answers, of now or as they are kept."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from jobpipe.definition.project import Project
from jobpipe.runs.kept_parts import KeptParts
from jobpipe.runs.preparing import Preparation
from jobpipe.runs.source_reading import request_for
from jobpipe.sources.archive import ArchiveReader
from jobpipe.sources.asking import Surroundings, conversation_with, shown_place
from jobpipe.sources.dropped_files import find_files
from jobpipe.sources.streaming import open_stream, run_apart


def files_now(preparation: Preparation, project: Project) -> Iterator[str]:
    """Locations of the files that there are. Raises SourceError."""
    source = preparation.resolved.source
    for location in source.locations:
        yield from run_apart(find_files(request_for(preparation, project.resolve(location)), source)).taken


def kept_files(preparation: Preparation, project: Project, kept: KeptParts) -> Iterator[tuple[str, ArchiveReader]]:
    """Each by its location without secrets. Raises SourceError where one is not kept."""
    for location in preparation.resolved.source.locations:
        for shown in kept.locations_of(project.resolve(location)):
            yield shown, kept.part_at(shown)


@contextlib.contextmanager
def answers_in(preparation: Preparation, surroundings: Surroundings) -> Iterator[Iterator[bytes]]:
    """What a source that is asked answers, in frames. Raises SourceError."""
    source = preparation.resolved.source
    with open_stream(request_for(preparation, shown_place(source)), conversation_with(source, surroundings)) as stream:
        yield iter(stream)


@contextlib.contextmanager
def kept_answers(
    preparation: Preparation, project: Project, kept: KeptParts, enough: int
) -> Iterator[Iterator[bytes] | None]:
    """What it answered the last run, likewise, for `enough` records; None = that cannot be given again."""
    scratch = project.state_dir / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    with kept.answers(scratch) as answers:
        if answers is None:
            yield None
            return
        with answers_in(preparation, Surroundings(root=project.root, enough=enough, kept=answers)) as stream:
            yield stream
