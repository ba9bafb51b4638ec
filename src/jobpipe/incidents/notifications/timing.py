"""When somebody is told: digests, quiet hours and the time between two messages, in the zone of whoever reads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

# What else goes wrong in this time goes along.
SETTLE = timedelta(minutes=1)
# Between two messages to one recipient.
GAP = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True, slots=True)
class Habits:
    zone: ZoneInfo
    # From and until, by the clock on the wall; the end may be of the next day.
    quiet: Sequence[tuple[time, time]] = ()
    breaks_quiet: bool = True
    # None and not `hourly` = at once.
    daily: time | None = None
    hourly: bool = False


def due_at(habits: Habits, since: datetime, *, urgent: bool, last: datetime | None) -> datetime:
    """When what waits since then is told; `last`: when they were told something the last time."""
    if urgent or not (habits.hourly or habits.daily):
        due = since + SETTLE
        due = max(due, last + GAP) if last is not None else due
    elif habits.daily is not None:
        due = next_at(since, habits.daily, habits.zone)
    else:
        local = since.astimezone(habits.zone)
        due = since + timedelta(hours=1) - timedelta(minutes=local.minute, seconds=local.second)
        due -= timedelta(microseconds=local.microsecond)
    return due if urgent and habits.breaks_quiet else after_quiet(due, habits)


class Told(Protocol):
    at: datetime
    urgent: bool


def first_due(habits: Habits, notices: Iterable[Told], last: datetime | None) -> datetime:
    """When the next message with any of these goes out; what is urgent does not take the digest along."""
    since: dict[bool, datetime] = {}
    for one in notices:
        since[one.urgent] = min(one.at, since.get(one.urgent, one.at))
    return min(due_at(habits, at, urgent=urgent, last=last) for urgent, at in since.items())


def after_quiet(at: datetime, habits: Habits) -> datetime:
    """The first moment from `at` on that is in no quiet hours; where there is none within two days, `at`."""
    moment = at
    for _ in range(2 * len(habits.quiet) + 1):
        local = moment.astimezone(habits.zone).time().replace(tzinfo=None)
        ends = [until for begin, until in habits.quiet if _is_within(local, begin, until)]
        if not ends:
            return moment
        moment = max(next_at(moment, until, habits.zone) for until in ends)
    return at


def next_at(after: datetime, wall: time, zone: ZoneInfo) -> datetime:
    """The next moment, later than `after`, at which a clock on the wall shows this time.

    A time that the clocks leave out comes as much later as they jump; one that comes twice counts the first time.
    """
    day = after.astimezone(zone).date()
    for ahead in range(3):
        moment = datetime.combine(day + timedelta(days=ahead), wall, tzinfo=zone).astimezone(UTC)
        if moment > after:
            return moment
    raise AssertionError("three days have such a time")


def _is_within(local: time, begin: time, until: time) -> bool:
    return begin <= local < until if begin < until else local >= begin or local < until
