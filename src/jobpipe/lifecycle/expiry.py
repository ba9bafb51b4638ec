"""Expiry by absence: when the missing go, when a person is asked first, and when it is too early to tell.

The rules are DESIGN §5's, with two that replayed histories taught: a large drop is believed when the next
complete run confirms it, and where many of the missing come back, absence needs many runs to say anything
(`docs/decisions/0001-absence-needs-confirmation.md`).
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

# Up to this many may always go.
FEW = 5
# Percent of the live postings: a drop above it is large, and returns above it are flapping.
LARGE_DROP = 10.0
FLAPPING_SHARE = 5.0
MISSES_WHILE_FLAPPING = 10
MEMORY = timedelta(days=7)
# An empty source is believed after so many like runs, and so long after the first of them.
EMPTY_RUNS = 3
EMPTY_TIME = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True, slots=True)
class PastRun:
    """What later runs need to know of one that is over. Only imports that were not failed or skipped."""

    run: int
    at: datetime
    # Its evidence was complete: absence from it says something.
    complete: bool
    # It was held, whatever came of it.
    was_held: bool = False
    # A person let its expiries happen.
    accepted: bool = False
    read: int = 0
    unchanged: bool = False
    # Live postings when it ended.
    live: int = 0
    # Postings that expired by absence.
    absent: int = 0
    # Missing or expired postings that it saw again.
    returned: int = 0

    @property
    def is_empty(self) -> bool:
        return self.complete and not self.unchanged and self.read == 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Today:
    """The run that is being finished."""

    at: datetime
    read: int
    # Before anything expires.
    live: int
    # Known live postings that it did not see.
    missing: int
    returned: int = 0
    # Unreadable records that were not there at the last complete run: each may be any of the missing.
    unreadable: int = 0


class Course(enum.Enum):
    EXPIRE = "expire"
    HOLD = "hold"
    WAIT = "wait"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    # Percent.
    guard: float
    misses: int
    # The definition says `misses` itself: then it is taken at its word.
    is_literal: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    course: Course
    # Complete runs that must have missed a posting before it goes.
    misses: int
    # For a person; "" = nothing to say.
    why: str = ""
    # `guard`, `empty`, `drop`, `flapping`, `unreadable`
    kind: str = ""


def plan_expiry(today: Today, past: Sequence[PastRun], rule: Rule) -> Plan:
    """How many misses count today. `past` has the runs before, the newest first; today's run is complete."""
    recent = [run for run in past if today.at - run.at <= MEMORY]
    if today.unreadable:
        return Plan(
            course=Course.WAIT,
            misses=rule.misses,
            kind="unreadable",
            why=f"{today.unreadable:,} unreadable records are new: any of them may be one of the missing",
        )
    if today.live and not today.read:
        return _plan_empty(today, past, rule)
    if flapped := _flapping(today, recent):
        misses = max(rule.misses, MISSES_WHILE_FLAPPING)
        why = f"{flapped:,} postings that were missing have come back: absence counts after {misses} complete runs"
        return Plan(course=Course.EXPIRE, misses=misses, kind="flapping", why=why)
    drop = 100 * today.missing / max(today.live, 1)
    if not rule.is_literal and today.missing > FEW and LARGE_DROP < drop <= rule.guard:
        why = f"{today.missing:,} of {today.live:,} postings are missing: they go if the next complete run confirms it"
        return Plan(course=Course.EXPIRE, misses=rule.misses + 1, kind="drop", why=why)
    return Plan(course=Course.EXPIRE, misses=rule.misses)


def check_guard(due: int, today: Today, past: Sequence[PastRun], rule: Rule) -> Plan | None:
    """A hold, where more would go than the guard allows: against the most that were live in seven days."""
    recent = _since_accepted([run for run in past if today.at - run.at <= MEMORY])
    highest = max([today.live, *(run.live for run in recent)])
    # What trickles away in a week counts together, unless as many came: churn is no loss.
    trickled = min(due + sum(run.absent for run in recent), highest - (today.live - due))
    gone = max(due, trickled)
    if due == 0 or gone <= FEW or 100 * gone <= rule.guard * highest:
        return None
    earlier = f", {gone - due:,} more went within seven days" if gone > due else ""
    why = f"{due:,} of {highest:,} postings would expire{earlier}: more than the guard of {rule.guard:g} %"
    return Plan(course=Course.HOLD, misses=rule.misses, kind="guard", why=why)


def _plan_empty(today: Today, past: Sequence[PastRun], rule: Rule) -> Plan:
    alike: list[PastRun] = []
    for run in past:
        if not run.complete:
            continue
        if not run.is_empty:
            break
        alike.append(run)
    first = alike[-1].at if alike else today.at
    if len(alike) + 1 >= EMPTY_RUNS and today.at - first >= EMPTY_TIME:
        why = f"the source has been empty since {first:%Y-%m-%d %H:%M} in {len(alike) + 1} runs: it is believed"
        return Plan(course=Course.EXPIRE, misses=0, kind="empty", why=why)
    why = (
        f"the source is empty, and {today.live:,} postings are live; it is believed after {EMPTY_RUNS} like runs "
        f"and {EMPTY_TIME.total_seconds() / 3600:.0f} hours, or when a person accepts it"
    )
    return Plan(course=Course.HOLD, misses=rule.misses, kind="empty", why=why)


def _flapping(today: Today, recent: Sequence[PastRun]) -> int:
    """The most postings that came back in one run of late, where they are too many for chance."""
    counts = [(today.returned, today.live), *((run.returned, run.live) for run in recent if run.complete)]
    many = [returned for returned, live in counts if returned > FEW and 100 * returned > FLAPPING_SHARE * max(live, 1)]
    return max(many, default=0)


def _since_accepted(runs: Sequence[PastRun]) -> list[PastRun]:
    """The runs after the last one whose expiries a person let happen: that one is the new measure."""
    kept: list[PastRun] = []
    for run in runs:
        if run.accepted:
            break
        kept.append(run)
    return kept
