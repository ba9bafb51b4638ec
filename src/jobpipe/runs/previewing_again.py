"""The same records again, under a definition that is being written: the source is read anew where it is another."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jobpipe.definition.file_stamp import Stamp, stamp_of
from jobpipe.definition.project import SETTINGS_FILE, Project, find_project
from jobpipe.errors import SourceError
from jobpipe.runs.kept_parts import KeptParts
from jobpipe.runs.preparing import Preparation
from jobpipe.runs.previewing import Few, Preview, look, prepare_to_look, read_few
from jobpipe.runs.previewing_drafts import kept_parts_for
from jobpipe.runs.workspace import open_workspace

# What of a definition decides which records there are. What is left out says only what becomes of them.
_NOT_OF_RECORDS = {"ignore", "closed", "holds", "total"}


class PreviewAgain:
    def __init__(
        self,
        root: Path,
        name: str,
        *,
        instead: Path | None,
        first: int,
        count: int,
        from_archive: bool = False,
        keeps_documents: bool = False,
    ) -> None:
        """`from_archive`: what the last run kept is read where it is there, otherwise the source."""
        self._from_archive = from_archive
        # What was read, as far as that went; None = it is not kept.
        self.documents = bytearray() if keeps_documents else None
        self.is_kept = False
        self._root = root
        self._name = name
        self._instead = instead
        self._first = first
        self._count = count
        # The records, and what they were read by.
        self._few: Few | None = None
        self._read_by: Any = None

    def look(self) -> Preview:
        """Raises DefinitionError for an invalid definition, SourceError where no record can be read."""
        project = find_project(self._root, os.environ)
        preparation, notices = prepare_to_look(project, self._name)
        read_by = _what_reads(preparation)
        if self._few is None or read_by != self._read_by:
            self._few = None
            self._few = self._read(project, preparation)
            self._read_by = read_by
        return look(preparation, self._few, notices)

    def _read(self, project: Project, preparation: Preparation) -> Few:
        kept = self._kept(project, preparation) if self._from_archive and self._instead is None else None
        self.is_kept = kept is not None
        try:
            return self._read_of(project, preparation, kept)
        except SourceError:
            if kept is None:
                raise
        # Not kept, or cut otherwise: the source has it.
        self.is_kept = False
        return self._read_of(project, preparation, None)

    def _read_of(self, project: Project, preparation: Preparation, kept: KeptParts | None) -> Few:
        seen = self.documents
        if seen is not None:
            seen.clear()
        instead, first, count = self._instead, self._first, self._count
        return read_few(preparation, project, instead=instead, first=first, count=count, kept=kept, seen=seen)

    def _kept(self, project: Project, preparation: Preparation) -> KeptParts | None:
        if not (project.state_dir / "archive" / self._name).is_dir():
            return None
        with open_workspace(project) as workspace:
            return kept_parts_for(workspace, self._name, preparation.definition)

    def stamps(self) -> dict[Path, Stamp | None]:
        """Of the files that decide what is made of the records: another stamp = something was saved."""
        return {path: stamp_of(path) for path in self._files()}

    def _files(self) -> Iterator[Path]:
        yield self._root / "imports" / f"{self._name}.yaml"
        yield self._root / SETTINGS_FILE
        yield self._root / "hooks.py"
        for folder in ("mappings", "taxonomies"):
            yield from (self._root / folder).glob("*.csv")


def _what_reads(preparation: Preparation) -> Any:
    definition = preparation.definition
    # Values outside of the records come with them, where a rule asks for them.
    return definition.source.model_dump(exclude=_NOT_OF_RECORDS), preparation.settings.feed_paths
