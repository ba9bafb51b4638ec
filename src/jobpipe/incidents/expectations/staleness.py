"""A source that has nothing new for longer than it ever had: its publisher's export may have stopped.

What is usual are the times between the runs that found something new.  A source that rests at weekends may rest on
holidays too, so that more patience is had with it; one that brings something irregularly gets more still.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import fmean, median, pstdev

ENOUGH_CHANGES = 9
# Changes that are remembered.
REMEMBERED = 60
_LEAST = timedelta(hours=3)
# For a source that rests at weekends: holidays, and the turn of the year.
_HOLIDAYS = timedelta(days=5.5)
_TURN_OF_THE_YEAR = timedelta(days=13)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a source may have nothing new."""

    usual: timedelta
    longest: timedelta
    allowed: timedelta


def patience_with(changes: Sequence[datetime], now: datetime) -> Patience | None:
    """`changes`: when runs found something new, the oldest first; None where too little is known."""
    some = changes[-REMEMBERED:]
    if len(some) < ENOUGH_CHANGES:
        return None
    gaps = [(after - before).total_seconds() for before, after in pairwise(some)]
    longest, usual = max(gaps), median(gaps)
    wobble = pstdev(gaps) / max(fmean(gaps), 1.0)
    if rests(some):
        allowed = max(1.5 * longest, _HOLIDAYS.total_seconds())
        if (now.month, now.day) >= (12, 22) or (now.month, now.day) <= (1, 8):
            allowed = max(allowed, _TURN_OF_THE_YEAR.total_seconds())
    elif wobble < 0.35 or _has_a_rhythm(gaps):
        allowed = max(1.2 * longest, longest + _LEAST.total_seconds())
    else:
        allowed = 2.5 * longest
    return Patience(*(timedelta(seconds=seconds) for seconds in (usual, longest, allowed)))


def _has_a_rhythm(gaps: Sequence[float]) -> bool:
    """Whether the longest gaps come again and again, as every night brings one: eight of them are nearly as long."""
    longest = sorted(gaps, reverse=True)
    return len(longest) >= 16 and longest[7] > 0.8 * longest[0]


def rests(changes: Sequence[datetime]) -> bool:
    """Whether Saturdays and Sundays bring far less than other days."""
    at_weekends = sum(one.weekday() >= 5 for one in changes)
    return at_weekends < 0.12 * len(changes)


def is_stale(changes: Sequence[datetime], now: datetime) -> bool:
    patience = patience_with(changes, now)
    return patience is not None and now - changes[-1] > patience.allowed
