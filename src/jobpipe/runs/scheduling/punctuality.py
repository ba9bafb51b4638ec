"""Whether an import came when it should: pure functions of its schedule and its last runs."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta

from jobpipe.definition.schedules import Schedule

# Of the time between two runs.
_GRACE_SHARE = 0.25
_SHORTEST_GRACE = timedelta(minutes=15)
_LONGEST_GRACE = timedelta(hours=6)
# The clocks of two machines of a cluster may differ by so much: a run that began a moment before it was due was meant.
_CLOCKS_DIFFER = timedelta(seconds=30)


class ImportState(enum.StrEnum):
    # It never ran, and was not due yet.
    NEW = "new"
    OK = "ok"
    # One due moment has passed without a run that came to a good end.
    LATE = "late"
    # Two have; or it has no schedule, and its last run failed.
    DOWN = "down"
    PAUSED = "paused"


@dataclass(frozen=True, kw_only=True, slots=True)
class Course:
    """What is known of an import's runs."""

    # None = it runs when it is asked to.
    schedule: Schedule | None
    # Seconds, as `grace_of` gives them.
    grace: float
    # From when on its schedule counts.
    known_since: datetime
    # When the last run that came to a good end began; None = none did.
    last_good: datetime | None = None
    # What that one took, in seconds: so long a run may take until it is missed.
    usual: float = 0.0
    # The very last run failed.
    has_failed: bool = False


@dataclass(frozen=True, slots=True)
class Punctuality:
    state: ImportState
    # The first due moment that nothing good came of; None = none is known.
    missed: datetime | None = None


def grace_of(schedule: Schedule, wanted: float | None, now: datetime) -> float:
    """Seconds. A quarter of the time between two runs, where the definition does not say it."""
    if wanted is not None:
        return wanted
    first = schedule.next_after(now)
    period = schedule.next_after(first) - first
    return min(max(period * _GRACE_SHARE, _SHORTEST_GRACE), _LONGEST_GRACE).total_seconds()


@dataclass(frozen=True, slots=True)
class Turns:
    """How an import stands while nothing new becomes of it, and the moments at which that changes by itself."""

    # Before the first of them.
    rested: ImportState
    # The due moment that it waits for; from when on it is late, and down. None = it has no schedule.
    due: datetime | None = None
    late_from: datetime | None = None
    down_from: datetime | None = None

    def at(self, now: datetime) -> Punctuality:
        if self.late_from is None or self.down_from is None or now < self.late_from:
            return Punctuality(self.rested)
        return Punctuality(ImportState.DOWN if now >= self.down_from else ImportState.LATE, self.due)


def turns_of(course: Course) -> Turns:
    """Whether people paused it is left aside."""
    rested = ImportState.OK if course.last_good is not None else ImportState.NEW
    if course.schedule is None:
        return Turns(ImportState.DOWN if course.has_failed else rested)
    since = max(course.known_since, (course.last_good or course.known_since) + _CLOCKS_DIFFER)
    allowed = timedelta(seconds=course.grace + course.usual)
    due = course.schedule.next_after(since)
    return Turns(rested, due, due + allowed, course.schedule.next_after(due) + allowed)
