"""The schedules of a project as its files say them now: only what has changed is read again."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from jobpipe.definition.file_stamp import Stamp, stamp_of
from jobpipe.definition.models import Definition
from jobpipe.definition.project import SETTINGS_FILE, Project, find_project
from jobpipe.definition.schedules import Schedule
from jobpipe.errors import JobpipeError
from jobpipe.safety.secrets import redact


@dataclass(frozen=True, slots=True)
class Written:
    name: str
    client: str = ""
    # None = it runs when it is asked to.
    schedule: Schedule | None = None
    # Seconds; None = as its schedule says.
    grace: float | None = None
    # What is wrong with the file now: the rest is as it was before, as far as that is known; "" = nothing.
    fault: str = ""
    is_gone: bool = False


class WrittenSchedules:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._project: Project | None = None
        self._settings: Stamp | None = None
        self._stamps: dict[str, Stamp | None] = {}
        self._known: dict[str, Written] = {}
        # Of jobpipe.yaml: what is wrong with it now.
        self.fault = ""

    def read(self) -> list[Written]:
        """Those whose file is new, changed or gone since the last call; all the first time.

        Raises JobpipeError where jobpipe.yaml cannot be read the first time.
        """
        everything = self._read_settings()
        project = self._project
        assert project is not None
        found: list[Written] = []
        stamps = project.import_stamps()
        for name, stamp in stamps.items():
            if everything or self._stamps.get(name) != stamp:
                self._known[name] = self._read(project, name)
                found.append(self._known[name])
        for name in sorted(self._stamps.keys() - stamps.keys()):
            before = self._known.pop(name)
            found.append(Written(name, before.client, fault="its definition is gone", is_gone=True))
        self._stamps = stamps
        return found

    def _read_settings(self) -> bool:
        """Whether all imports are to be read (again): their zone may be another."""
        stamp = stamp_of(self._root / SETTINGS_FILE)
        if self._project is not None and stamp == self._settings:
            return False
        self._settings = stamp
        try:
            self._project, self.fault = find_project(self._root, os.environ), ""
        except JobpipeError as error:
            if self._project is None:
                raise
            self.fault = redact(str(error))
            return False
        return True

    def _read(self, project: Project, name: str) -> Written:
        try:
            return written_of(project, project.load(name).definition)
        except JobpipeError as error:
            return replace(self._known.get(name, Written(name)), fault=redact(str(error)))


def written_of(project: Project, definition: Definition) -> Written:
    name = definition.import_
    schedule = None
    if definition.schedule is not None:
        schedule = Schedule(definition.schedule, definition.zone or project.settings.zone, name)
    return Written(name, definition.client, schedule, definition.grace)
