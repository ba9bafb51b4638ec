"""Room on the disk: what comes near its end is an incident, and runs stop before it is there.

A run that stops for want of room is left as it is, as one that was killed is: the next run takes it up.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jobpipe.definition.project import Project
from jobpipe.errors import OutOfReachError, Place
from jobpipe.incidents.occurrence import Occurrence
from jobpipe.incidents.recording import record, resolve_gone
from jobpipe.ledger.models import Incident, IncidentState
from jobpipe.safety.limits import show_size

KIND = "disk-budget"
# Of the budget: from here on it is told.
TOLD_AT = 0.9
# Of what must stay free: below so many times as much it is told.
TOLD_BELOW = 2
# Seconds between two looks at what the project's files take, which may be many. What is free costs one call of the
# system, and is asked each time: a fast disk takes more in a second than any sensible reserve.
_USED_EVERY = 30.0
_HINT = "`jobpipe prune` makes room; `disk` in jobpipe.yaml says how much there may be"


class DiskSpaceError(OutOfReachError):
    """There is no room to go on: what was written before is whole."""

    code = "JP3005"


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """Bytes."""

    # Of the project's state, as far as it lies in files; -1 = there is no budget to compare it with.
    used: int
    budget: int | None
    free: int
    # What must stay free.
    reserve: int

    @property
    def shortage(self) -> str:
        """Why runs must stop, in words; "" = they need not."""
        if self.free < self.reserve:
            return f"{show_size(self.free)} are free on the disk, and {show_size(self.reserve)} must stay free"
        if self.budget is not None and self.used >= self.budget:
            return f"{show_size(self.used)} are stored, and the budget is {show_size(self.budget)}"
        return ""

    @property
    def warning(self) -> str:
        """What a person should know in time; "" = nothing."""
        if self.shortage:
            return f"runs stop: {self.shortage}"
        if self.free < self.reserve * TOLD_BELOW:
            return f"{show_size(self.free)} are free on the disk; below {show_size(self.reserve)} runs stop"
        if self.budget is not None and self.used >= self.budget * TOLD_AT:
            return f"{show_size(self.used)} of a budget of {show_size(self.budget)} are used; at its end runs stop"
        return ""


def room_of(project: Project) -> Room:
    settings = project.settings.disk
    folder = project.state_dir
    budget = settings.budget_bytes
    used = size_of(folder) if budget is not None else -1
    return Room(used=used, budget=budget, free=shutil.disk_usage(folder).free, reserve=settings.free_bytes)


def size_of(folder: Path) -> int:
    """Bytes on the disk of all files below; what goes meanwhile counts for nothing."""
    total = 0
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):
                if entry.is_dir(follow_symlinks=False):
                    total += size_of(Path(entry.path))
                else:
                    # A sparse file takes less than its length.
                    found = entry.stat(follow_symlinks=False)
                    total += min(found.st_blocks * 512, max(found.st_size, 4096))
    return total


def watch_disk(project: Project) -> Room:
    """Look, and open or resolve the incident."""
    room = room_of(project)
    if room.warning:
        place = str(project.state_dir)
        what = Occurrence(kind=KIND, message=room.warning, hint=_HINT, place=place, identity="disk")
        record(project, [what])
    elif Incident.objects.filter(kind=KIND).exclude(state=IncidentState.RESOLVED).exists():
        resolve_gone("", [KIND], why="there is room again")
    return room


class DiskWatch:
    """Of one process's runs: looks rarely enough to cost nothing."""

    def __init__(self) -> None:
        self._looked: dict[Path, tuple[float, Room]] = {}

    def begin(self, project: Project) -> None:
        """A run begins. Raises DiskSpaceError where there is no room for it."""
        found = self._looked.get(project.state_dir)
        if found is None or time.monotonic() - found[0] >= _USED_EVERY:
            self._looked[project.state_dir] = (time.monotonic(), watch_disk(project))
        self._check(project)

    def check(self, project: Project) -> None:
        """A run is under way. Raises DiskSpaceError where it must stop."""
        self._check(project)

    def _check(self, project: Project) -> None:
        now = time.monotonic()
        looked, room = self._looked.get(project.state_dir, (0.0, None))
        if room is None or room.shortage or (room.budget is not None and now - looked >= _USED_EVERY):
            room = room_of(project)
            self._looked[project.state_dir] = (now, room)
        free = shutil.disk_usage(project.state_dir).free
        room = Room(used=room.used, budget=room.budget, free=free, reserve=room.reserve)
        if room.shortage:
            raise no_room(project, room.shortage)


def no_room(project: Project, why: str) -> DiskSpaceError:
    return DiskSpaceError(f"no room to go on: {why}", place=Place(source=str(project.state_dir)), hint=_HINT)


@contextmanager
def full_disk_named(project: Project) -> Iterator[None]:
    """A disk that is full all the same stops a run as a shortage does: nothing that is written is torn."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise no_room(project, os.strerror(error.errno or 0).lower()) from error


# Of this process.
disk_watch = DiskWatch()
