"""What became of the last due moments of an import: pure functions of its schedule, its runs and its pauses."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from jobpipe.definition.schedules import Schedule

# How far back is looked for due moments at most.
FURTHEST = timedelta(days=40)
# The clocks of two machines may differ by so much.
_CLOCKS_DIFFER = timedelta(seconds=30)


class Became(enum.StrEnum):
    """Of one due moment."""

    ON_TIME = "on time"
    # After the grace, and before it was due again.
    LATE = "caught up"
    # An earlier run was still under way.
    UNDER_WAY = "passed over"
    PAUSED = "paused"
    # Nothing has begun yet, within the grace.
    AWAITED = "awaited"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class RunTime:
    number: int
    began: datetime
    # None = it goes.
    ended: datetime | None


@dataclass(frozen=True, slots=True)
class Pause:
    since: datetime
    # None = until now.
    until: datetime | None


@dataclass(frozen=True, slots=True)
class PastTime:
    due: datetime
    became: Became
    # Which came of it, or was under way; 0 = none.
    run: int = 0


def past_dues(schedule: Schedule, known_since: datetime, now: datetime, most: int) -> list[datetime]:
    """The last due moments, the oldest first; none from before the schedule was known."""
    first = schedule.next_after(now)
    period = schedule.next_after(first) - first
    # Where days differ (every working day), more time is looked through than as many of the next period.
    start = max(known_since, now - min(period * most * 2, FURTHEST))
    return list(schedule.between(start, now))[-most:]


def past_times(
    dues: Sequence[datetime], grace: timedelta, runs: Iterable[RunTime], pauses: Sequence[Pause], now: datetime
) -> list[PastTime]:
    """Of these due moments, the oldest first. `runs`: that read the source, whatever came of them."""
    in_order = sorted(runs, key=lambda run: run.began)
    ends = [*dues[1:], now + 2 * _CLOCKS_DIFFER][: len(dues)]
    return [
        _past_time(due, due + grace, following, in_order, pauses, now)
        for due, following in zip(dues, ends, strict=True)
    ]


def _past_time(
    due: datetime, late: datetime, following: datetime, runs: Sequence[RunTime], pauses: Sequence[Pause], now: datetime
) -> PastTime:
    begun = next((run for run in runs if due <= run.began + _CLOCKS_DIFFER < following), None)
    if begun is not None and begun.began <= late:
        return PastTime(due, Became.ON_TIME, begun.number)
    if any(pause.since <= due and (pause.until is None or due < pause.until) for pause in pauses):
        return PastTime(due, Became.PAUSED)
    under_way = [run for run in runs if run.began < due and (run.ended is None or run.ended > due)]
    if under_way:
        return PastTime(due, Became.UNDER_WAY, under_way[-1].number)
    if begun is not None:
        return PastTime(due, Became.LATE, begun.number)
    return PastTime(due, Became.AWAITED if now <= late else Became.MISSED)


def pauses_of(decisions: Iterable[tuple[datetime, datetime | None, bool]]) -> list[Pause]:
    """From (when, until, whether it rests from then on), the oldest first: each holds until the next at most."""
    rows = list(decisions)
    following = [at for at, _, _ in rows[1:]]
    found = []
    for (since, until, rests), end in zip(rows, [*following, None], strict=True):
        if rests:
            ends = [moment for moment in (until, end) if moment is not None]
            found.append(Pause(since, min(ends) if ends else None))
    return found
