"""What a source gives now, as documents that can be read in one way and another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jobpipe.definition.project import Project
from jobpipe.drafting.repairing.shapes import NewDocument
from jobpipe.errors import SourceError
from jobpipe.runs.kept_parts import KeptParts
from jobpipe.runs.preparing import Preparation
from jobpipe.runs.source_parts import answers_in, files_now, kept_answers, kept_files
from jobpipe.runs.source_reading import request_for
from jobpipe.sources.answers import Answer, unframed
from jobpipe.sources.asking import Surroundings, shown_place, way_of
from jobpipe.sources.streaming import open_stream
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
    if way_of(preparation.resolved.source):
        with answers_in(preparation, Surroundings(root=project.root, enough=_RECORDS)) as frames:
            return list(_answers(unframed(frames)))
    limits = UnpackLimits.of(preparation.limits)
    found: list[NewDocument] = []
    for location in files_now(preparation, project):
        with open_stream(request_for(preparation, location)) as stream:
            found += _documents(iter(stream), stream.arrival.name, stream.arrival.charset, limits)
        if len(found) >= _MOST_DOCUMENTS:
            break
    return found


def kept_documents(preparation: Preparation, project: Project, kept: KeptParts) -> list[NewDocument]:
    """As the last run read them. Raises SourceError where they are not kept."""
    if way_of(preparation.resolved.source):
        return _kept_answers(preparation, project, kept)
    limits = UnpackLimits.of(preparation.limits)
    found: list[NewDocument] = []
    for shown, part in kept_files(preparation, project, kept):
        found += _documents(iter(part), part.meta.get("name", shown), part.meta.get("charset", ""), limits)
    return found[:_MOST_DOCUMENTS]


def _kept_answers(preparation: Preparation, project: Project, kept: KeptParts) -> list[NewDocument]:
    with kept_answers(preparation, project, kept, _RECORDS) as frames:
        if frames is None:
            frames = iter(kept.part_at(shown_place(preparation.resolved.source)))
        return list(_answers(unframed(frames)))


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
