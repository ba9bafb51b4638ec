"""How many imports are due at the same time in the next hours."""

from __future__ import annotations

import functools
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from jobpipe.definition.schedules import Schedule

QUARTER = timedelta(minutes=15)
HOURS = 24
_DAY = timedelta(days=1)
_MOMENT = timedelta(microseconds=1)
# Of those that are due together, that are named.
_NAMED = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Crowding:
    # Of the first quarter of an hour.
    start: datetime
    # For each quarter of an hour: how many imports are due in it, each once, and the first of them by name.
    counts: tuple[int, ...]
    named: tuple[tuple[str, ...], ...]
    # Imports whose schedules there was no time for; they are in it when it is asked again.
    left_out: int = 0

    def quarter(self, place: int) -> datetime:
        return self.start + place * QUARTER

    def fullest(self, most: int) -> list[int]:
        """The places of those with the most imports, of which there are at least two."""
        places = sorted(range(len(self.counts)), key=lambda place: (-self.counts[place], place))
        return [place for place in places if self.counts[place] > 1][:most]


def crowding(scheduled: Iterable[tuple[str, str, str]], now: datetime, *, seconds: float) -> Crowding:
    """`scheduled`: (name, schedule, zone) of imports that will run; `seconds`: for working it out, about."""
    by_schedule: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, text, zone in scheduled:
        by_schedule[text, zone].append(name)
    start = quarter_of(now)
    number = HOURS * 4
    named: list[list[str]] = [[] for _ in range(number)]
    end = time.monotonic() + seconds
    left_out = 0
    for (text, zone), names in by_schedule.items():
        if time.monotonic() > end:
            left_out += len(names)
            continue
        for name, places in _places(text, zone, names, start, number):
            for place in places:
                named[place].append(name)
    return Crowding(
        start=start,
        counts=tuple(map(len, named)),
        named=tuple(tuple(sorted(some)[:_NAMED]) for some in named),
        left_out=left_out,
    )


def quarter_of(moment: datetime) -> datetime:
    return moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)


def _places(text: str, zone: str, names: list[str], start: datetime, number: int) -> Iterable[tuple[str, list[int]]]:
    """Of each name, in which quarters it is due."""
    if not Schedule(text).is_by_clock:
        # Where in its interval an import has its place follows from its name.
        for name in names:
            yield name, _within(Schedule(text, zone, name).between(start - _MOMENT, start + _DAY), start, number)
        return
    midnight = start.astimezone(UTC).replace(hour=0, minute=0)
    dues = [*_of_day(text, zone, midnight), *_of_day(text, zone, midnight + _DAY)]
    places = _within(dues, start, number)
    for name in names:
        yield name, places


def _within(dues: Iterable[datetime], start: datetime, number: int) -> list[int]:
    counted = Counter((due - start) // QUARTER for due in dues)
    return sorted(place for place in counted if 0 <= place < number)


@functools.lru_cache(maxsize=8_192)
def _of_day(text: str, zone: str, midnight: datetime) -> tuple[datetime, ...]:
    """Working out an expression takes its time, and many imports have the same."""
    return tuple(Schedule(text, zone).between(midnight - _MOMENT, midnight + _DAY - _MOMENT))
