"""Records as a source gave them before it changed: stored ones, else those of an earlier run's bytes, or a fixture."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import msgspec

from jobpipe.definition.project import Project
from jobpipe.documents.body import Body, unpack
from jobpipe.documents.store import Documents, Selection, Status
from jobpipe.errors import JobpipeError, SourceError
from jobpipe.ledger.models import Import
from jobpipe.runs.fixtures.fixture import folder_of, read_fixture
from jobpipe.runs.fixtures.replaying import prepared, replayed_records
from jobpipe.runs.preparing import Preparation
from jobpipe.runs.source_reading import with_charset
from jobpipe.runs.stored_records import context_of
from jobpipe.runs.workspace import Workspace
from jobpipe.sources.archive import finished_in
from jobpipe.sources.asking import way_of
from jobpipe.sources.formats.splitting import open_splitter
from jobpipe.sources.record import Context, RawRecord
from jobpipe.sources.unpacking import UnpackLimits
from jobpipe.sources.unpacking import unpack as unpack_stream

# Records are enough: more say no more.
_ENOUGH = 3000
# Revisions of a posting that are looked at, the newest first.
_MOST_REVISIONS = 4


def past_of(workspace: Workspace, owner: Import, preparation: Preparation, now: set[bytes]) -> list[RawRecord]:
    """`now`: records as they are today; they say nothing of how they were."""
    found = list(itertools.islice(_stored(workspace.documents, owner.pk, now), _ENOUGH))
    return found or list(itertools.islice(_archived(workspace, owner, preparation, now), _ENOUGH))


def past_of_fixture(project: Project, name: str, now: set[bytes]) -> list[RawRecord]:
    """[] = the import has none that can be read."""
    try:
        fixture = read_fixture(project, name)
        records = replayed_records(project, folder_of(project, name), fixture, prepared(project, name))
        return [one for one in records if one.raw not in now]
    except JobpipeError:
        return []


def _stored(documents: Documents, import_id: int, now: set[bytes]) -> Iterator[RawRecord]:
    """Of each posting the record that it was once made of, of which most came; those that live first."""
    contexts: dict[bytes, Context | None] = {}
    for status in (Status.LIVE, Status.EXPIRED, Status.EXCLUDED):
        for row, frame in documents.bodies(import_id, Selection(status=status)):
            bodies = [unpack(frame)]
            for revision in sorted(documents.revisions(import_id, row.row), reverse=True)[:_MOST_REVISIONS]:
                if revision != row.revision and (earlier := documents.body(import_id, row.row, revision)):
                    bodies.append(unpack(earlier))
            body = max((one for one in bodies if one.raw and one.raw not in now), key=_richness, default=None)
            if body is None:
                continue
            if body.context not in contexts:
                contexts[body.context] = context_of(documents, import_id, body.context)
            context = contexts[body.context]
            if context is not None:
                yield RawRecord(body.raw, body.offset, context)


def _richness(body: Body) -> int:
    posting = msgspec.json.decode(body.posting) if body.posting else {}
    return sum(len(value) if isinstance(value, (dict, list)) else 1 for value in posting.values())


def _archived(workspace: Workspace, owner: Import, preparation: Preparation, now: set[bytes]) -> Iterator[RawRecord]:
    """What earlier runs read of a file."""
    if way_of(preparation.resolved.source):
        return
    for reader in finished_in(workspace.archive_of(owner.name)):
        settings = with_charset(preparation.settings, reader.meta.get("charset", ""))
        limits = UnpackLimits.of(preparation.limits)
        try:
            for document in unpack_stream(iter(reader), reader.meta.get("name", ""), limits):
                splitter = open_splitter(settings, document.name)
                for chunk in document.chunks:
                    yield from (one for one in splitter.feed(chunk) if one.raw not in now)
                yield from (one for one in splitter.close()[0] if one.raw not in now)
        except SourceError:
            continue
