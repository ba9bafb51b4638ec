"""The parts of a source as the last runs read them: what can be read without asking the source."""

from __future__ import annotations

import contextlib
import fnmatch
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from jobpipe.definition.models import Definition
from jobpipe.errors import Place, SourceError
from jobpipe.ledger.models import Import, PartRead, Run, RunKind, RunState
from jobpipe.runs.workspace import Workspace
from jobpipe.safety.secrets import redact
from jobpipe.sources.archive import ArchiveReader, finished_in
from jobpipe.sources.asking import way_of
from jobpipe.sources.kept_answers import KeptAnswers, keep_answers

_OVER = (RunState.SUCCEEDED, RunState.HELD, RunState.PARTIAL)


def _why_not(before: Definition | None, now: Definition) -> str:
    """Of a source that is asked the answers are kept, which are those to its last questions; "" = they will do."""
    way = way_of(now.source)
    if not way:
        return ""
    if before is None or getattr(before.source, way) != getattr(now.source, way):
        return "is asked otherwise than by the last run: such answers are not kept"
    if way != "api" or (now.source.api is not None and now.source.api.detail is not None):
        return "is kept as the records that were made of its answers: they cannot be cut otherwise"
    return ""


class KeptParts:
    """By location, without secrets."""

    def __init__(self, folder: Path, locations: Iterable[str], *, refused: str = "", has_answers: bool = False) -> None:
        """`locations`: of the parts that there were when the source was last read; others are not there any more.

        `refused`: why what is kept says nothing of this source, unless it can be asked again: `has_answers` = it was
        asked, in the same way, when it was last read.
        """
        self._has_answers = has_answers
        self._there = list(locations)
        self._refused = refused
        # The last one first.
        self._found: dict[str, list[ArchiveReader]] = {}
        for reader in finished_in(folder):
            self._found.setdefault(reader.meta.get("asked", ""), []).append(reader)

    @classmethod
    def of_last_run(cls, workspace: Workspace, owner: Import, before: Definition | None, now: Definition) -> KeptParts:
        """`before`: what that run read with; None = that is not known."""
        run = Run.objects.filter(import_row=owner, kind=RunKind.IMPORT, state__in=_OVER).order_by("-id").first()
        parts = PartRead.objects.filter(run=run, run__instead="") if run is not None else PartRead.objects.none()
        locations = parts.values_list("location", flat=True)
        has_answers = before is not None and way_of(before.source) == way_of(now.source) != ""
        folder = workspace.archive_of(owner.name)
        return cls(folder, locations, refused=_why_not(before, now), has_answers=has_answers)

    def locations_of(self, location: str) -> list[str]:
        """The parts that a location of a source stands for: itself, or what its pattern found."""
        shown = redact(location)
        if shown in self._there:
            return [shown]
        return [one for one in self._there if fnmatch.fnmatchcase(one, shown)] or [shown]

    def part_at(self, location: str) -> ArchiveReader:
        """Raises SourceError where it is not kept."""
        if self._refused:
            raise SourceError(self._refused, place=Place(source=location), hint="only a run can ask it")
        found = self._found.get(location)
        if not found:
            raise SourceError("is not kept in the archive", place=Place(source=location), hint="only a run can read it")
        return found[0]

    @contextlib.contextmanager
    def answers(self, scratch: Path) -> Iterator[KeptAnswers | None]:
        """What a source that is asked answered when it was last read, which `scratch` has room for.

        None = its answers were not kept so that they can be given again.
        """
        places = self._there[:1] if self._has_answers else []
        readers = [reader for place in places for reader in self._found.get(place, [])]
        with tempfile.TemporaryDirectory(dir=scratch, prefix="answers-") as folder:
            file = Path(folder) / "answers.sqlite3"
            kept = KeptAnswers(file) if readers and keep_answers(file, iter(readers)) else None
            try:
                yield kept
            finally:
                if kept is not None:
                    kept.close()

    def digest_of_answers(self) -> str:
        """Of the stream that they were last read in."""
        return next(self._found[location][0].digest.hex() for location in self._there[:1])
