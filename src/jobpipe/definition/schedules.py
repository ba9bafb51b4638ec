"""When an import runs by itself: a cron expression in a zone, a word (`@daily`), or an interval (`every 4h`).

A cron expression is read as Debian's cron reads it, with both days on which clocks are changed: a time that does not
exist is due when the gap is over, one that exists twice is due once. What steps through the hours (`*/2`) follows the
clock on the wall; an interval does not know of zones at all.
"""

from __future__ import annotations

import difflib
import functools
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError
from pydantic import BeforeValidator

# Of these words the hour and the minute are their own: "@daily" is midnight, as everywhere.
WORDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_FORMS = 'a schedule is "0 4 * * *" (minute, hour, day, month, day of the week), @daily, or every 4h'
_PARTS = ("minute", "hour", "day-of-month", "month", "day-of-week")
_RANGES = {
    "minute": "0-59",
    "hour": "0-23",
    "day-of-month": "1-31 or L",
    "month": "1-12 or JAN-DEC",
    "day-of-week": "0-7 (0 and 7 are Sunday) or SUN-SAT",
}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_UNITS = {"s": "second", "m": "minute", "h": "hour", "d": "day"}
_DURATION = re.compile(r"(\d{1,6})\s*(s|m|h|d)[a-z]*", re.IGNORECASE)
_SHORTEST = timedelta(minutes=1)
# An interval begins here, plus what the import's own name says: so many of them are spread.
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


def duration_of(text: str) -> timedelta:
    """`30m`, `4h`, `2d`. Raises ValueError."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no length of time; write 30m, 4h or 2d")
    return timedelta(seconds=int(found[1]) * _SECONDS[found[2].lower()])


def _seconds(value: Any) -> Any:
    return duration_of(value).total_seconds() if isinstance(value, str) else value


# A length of time, as `30m` or as a number of seconds.
Seconds = Annotated[float, BeforeValidator(_seconds)]


def check_zone(name: str) -> str:
    """The name of a time zone. Raises ValueError."""
    if name in available_timezones():
        return name
    by_lower = {zone.lower(): zone for zone in available_timezones()}
    near = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    hint = f"did you mean {by_lower[near[0]]}?" if near else "write one as Europe/Paris"
    raise ValueError(f"there is no time zone {name!r}; {hint}")


@dataclass(frozen=True, slots=True)
class Schedule:
    # As it was written.
    text: str
    zone: str = "UTC"
    # Of the import: where in its interval it has its place.
    name: str = ""

    def next_after(self, moment: datetime) -> datetime:
        """The first due moment after this one, in UTC. Raises ValueError where there is none within 50 years."""
        for due in self.following(moment):
            return due
        raise ValueError(f"{self.text!r} is never due")

    def following(self, moment: datetime) -> Iterator[datetime]:
        """The due moments after this one, in UTC, without an end for most schedules."""
        # In the hour that comes twice a clock on the wall seems to go back.
        return (due for due in self._dues(moment) if due > moment)

    def between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Those after the one moment and up to the other."""
        return takewhile(lambda due: due <= until, self.following(after))

    def last_until(self, moment: datetime, *, after: datetime) -> datetime:
        """The latest due moment up to this one; `after`: where none is sought any more, and what is given then."""
        found = after
        # From near the end, further away each time: an interval of minutes has many of them in a year.
        for back in (timedelta(hours=2), timedelta(days=2), timedelta(days=40), moment - after):
            start = max(after, moment - back)
            for due in self._dues(start):
                if due > moment:
                    break
                found = max(found, due)
            if found > after or start == after:
                break
        return found

    @property
    def is_by_clock(self) -> bool:
        """A cron expression, or the word for one: all imports that have it are due at the same moments."""
        return _interval_of(self.text) is None

    def words(self) -> str:
        """For a person: what it means."""
        if interval := _interval_of(self.text):
            return f"Every {_in_words(interval)}"
        zone = "" if self.zone == "UTC" else f" ({self.zone})"
        return str(_cron(self.text, datetime.now(UTC)).explain()) + (zone or " (UTC)")

    def _dues(self, moment: datetime) -> Iterator[datetime]:
        if interval := _interval_of(self.text):
            offset = zlib.crc32(self.name.encode()) % int(interval.total_seconds())
            start = _EPOCH + timedelta(seconds=offset)
            number = (moment - start) // interval
            while True:
                number += 1
                yield start + number * interval
        for due in _cron(self.text, moment.astimezone(_zone(self.zone))):
            yield due.astimezone(UTC)


def check_schedule(text: str) -> str:
    """The text itself. Raises ValueError with what is wrong, and what is right."""
    if text.strip().lower().startswith("every"):
        interval = _interval_of(text)
        if interval is None or interval < _SHORTEST:
            raise ValueError(f"{text!r} is no interval; write every 15m, every 4h or every 2d")
        return text
    if text.startswith("@") and text.lower() not in WORDS:
        raise ValueError(f"there is no schedule {text}; there is {', '.join(WORDS)}")
    if "@" not in text and len(text.split()) != 5:
        raise ValueError(f"{text!r} has {len(text.split())} parts, not 5; {_FORMS}")
    try:
        moments = _cron(text, datetime(2024, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        raise ValueError(_what_is_wrong(text, str(error))) from error
    if next(moments, None) is None:
        raise ValueError(f"{text!r} is never due; {_FORMS}")
    return text


def _what_is_wrong(text: str, said: str) -> str:
    part = said.removeprefix("Bad ")
    if part not in _RANGES:
        return f"{text!r} is no schedule; {_FORMS}"
    written = text.split()[_PARTS.index(part)]
    return f"{written!r} is no {part.replace('-', ' ')} of a schedule; it is {_RANGES[part]}"


def _cron(text: str, moment: datetime) -> CronSim:
    return CronSim(WORDS.get(text.lower(), text), moment)


@functools.cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@functools.lru_cache(maxsize=1024)
def _interval_of(text: str) -> timedelta | None:
    word, _, length = text.strip().partition(" ")
    if word.lower() != "every" or not _DURATION.fullmatch(length.strip()):
        return None
    return duration_of(length)


def _in_words(interval: timedelta) -> str:
    seconds = int(interval.total_seconds())
    unit = next(one for one in ("d", "h", "m", "s") if seconds % _SECONDS[one] == 0)
    number = seconds // _SECONDS[unit]
    return f"{number} {_UNITS[unit]}s" if number > 1 else _UNITS[unit]
