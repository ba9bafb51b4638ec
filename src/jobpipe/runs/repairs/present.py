"""What a source gives now, as documents that can be read in one way and another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jobpipe.definition.project import Project
from jobpipe.drafting.repairing.shapes import NewDocument
from jobpipe.errors import SourceError
from jobpipe.runs.kept_parts import KeptParts
from jobpipe.runs.preparing import Preparation
from jobpipe.runs.source_reading import request_for
from jobpipe.sources.answers import Answer, unframed
from jobpipe.sources.asking import Surroundings, conversation_with, shown_place, way_of
from jobpipe.sources.dropped_files import find_files
from jobpipe.sources.streaming import open_stream, run_apart
from jobpipe.sources.transports.transport import Request
from jobpipe.sources.unpacking import UnpackLimits, unpack

# Of a source that is asked, so many records (pages, of a site) are enough.
_RECORDS = 100
_MOST_DOCUMENTS = 40
_MOST_BYTES = 32 * 1024 * 1024


def documents_at(preparation: Preparation, project: Project, location: str) -> list[NewDocument]:
    """A file or a URL instead of the source: what it logs in with stays here. Raises SourceError."""
    limits = UnpackLimits.of(preparation.limits)
    request = Request(location=project.resolve(location), allow=tuple(preparation.resolved.source.allow))
    with open_stream(request) as stream:
        return list(_documents(iter(stream), stream.arrival.name, stream.arrival.charset, limits))


def documents_of_source(preparation: Preparation, project: Project) -> list[NewDocument]:
    """The source is asked. Raises SourceError."""
    source = preparation.resolved.source
    if way_of(source):
        surroundings = Surroundings(root=project.root, enough=_RECORDS)
        request = request_for(preparation, shown_place(source))
        with open_stream(request, conversation_with(source, surroundings)) as stream:
            return list(_answers(unframed(stream)))
    limits = UnpackLimits.of(preparation.limits)
    found: list[NewDocument] = []
    for location in source.locations:
        for one in run_apart(find_files(request_for(preparation, project.resolve(location)), source)).taken:
            with open_stream(request_for(preparation, one)) as stream:
                found += _documents(iter(stream), stream.arrival.name, stream.arrival.charset, limits)
            if len(found) >= _MOST_DOCUMENTS:
                return found
    return found


def kept_documents(preparation: Preparation, project: Project, kept: KeptParts) -> list[NewDocument]:
    """As the last run read them. Raises SourceError where they are not kept."""
    source = preparation.resolved.source
    if way_of(source):
        return _kept_answers(preparation, project, kept)
    limits = UnpackLimits.of(preparation.limits)
    found: list[NewDocument] = []
    for location in source.locations:
        for shown in kept.locations_of(project.resolve(location)):
            part = kept.part_at(shown)
            found += _documents(iter(part), part.meta.get("name", shown), part.meta.get("charset", ""), limits)
    return found[:_MOST_DOCUMENTS]


def _kept_answers(preparation: Preparation, project: Project, kept: KeptParts) -> list[NewDocument]:
    source = preparation.resolved.source
    place = shown_place(source)
    scratch = project.state_dir / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    with kept.answers(scratch) as answers:
        if answers is None:
            return list(_answers(unframed(kept.part_at(place))))
        surroundings = Surroundings(root=project.root, enough=_RECORDS, kept=answers)
        with open_stream(request_for(preparation, place), conversation_with(source, surroundings)) as stream:
            return list(_answers(unframed(stream)))


def _answers(answers: Iterable[Answer]) -> Iterator[NewDocument]:
    for answer in answers:
        if answer.kind in ("page", "records") and answer.body:
            name = answer.asked.partition("?")[0]
            is_lines = answer.kind == "records"
            yield NewDocument(name, answer.body, answer.charset, page=answer.page or answer.asked, is_lines=is_lines)


def _documents(chunks: Iterator[bytes], name: str, charset: str, limits: UnpackLimits) -> Iterator[NewDocument]:
    for document in unpack(chunks, name, limits):
        pieces, size = [], 0
        for chunk in document.chunks:
            pieces.append(chunk)
            size += len(chunk)
            if size >= _MOST_BYTES:
                break
        if not pieces:
            raise SourceError(f"{document.name} is empty")
        yield NewDocument(document.name, b"".join(pieces), charset)
