"""How many records an import reads: a fall below all that its past explains.

A weekend, a wave or the end of a campaign brings the number to where it has been; a break brings it below that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import fmean, median

from jobpipe.incidents.expectations.figures import Figures
from jobpipe.incidents.expectations.past import Past, PastFigures

ENOUGH_RUNS = 8
# Below this no one would miss anything.
LEAST_BEFORE = 12
LEAST_FALL = 0.13
HEALED = 0.07
_A_WEEK = timedelta(days=7)
_AROUND = timedelta(hours=14)


def judge_count(now: Figures, past: Past, at: datetime) -> tuple[float, int, bool] | None:
    """(records that were expected, runs that say so, whether it lasts), where there are far fewer."""
    read = now.read
    normal = past.normal("count", at)
    if len(normal) < ENOUGH_RUNS:
        return None
    points = _points(normal)
    if len(points) < ENOUGH_RUNS:
        return None
    before, fall = _fall(points, at, read)
    if before < LEAST_BEFORE or fall <= 0:
        return None
    lasts = past.is_broken("count", at)
    least = HEALED if lasts else _least_fall(_points(past.lived("count", at)), normal, before)
    return (before, len(points), lasts) if fall > least else None


def expected_count(past: Past, at: datetime) -> tuple[float, float] | None:
    """(about so many records, at least so many) for a run at that moment; None where too little is known."""
    normal = past.normal("count", at)
    points = _points(normal)
    if len(points) < ENOUGH_RUNS:
        return None
    candidates = _candidates(points, at)
    about, lowest = candidates[0], min(candidates)
    return about, lowest * (1 - min(0.99, _least_fall(points, normal, lowest)))


def _points(runs: Sequence[PastFigures]) -> list[tuple[datetime, float]]:
    return [(one.at, float(one.figures.read)) for one in runs if one.figures.read]


def _fall(points: Sequence[tuple[datetime, float]], at: datetime, read: float) -> tuple[float, float]:
    """(what the past explains best, the share of it that is missing)."""
    lowest = min(_candidates(points, at))
    return lowest, (lowest - read) / lowest if lowest else 0.0


def _candidates(points: Sequence[tuple[datetime, float]], at: datetime) -> list[float]:
    """What a run at that moment may be expected to read: as the last one, as a week ago, as in the last weeks."""
    values = [value for _, value in points]
    found = [values[-1], median(values[-30:])]
    for weeks in (1, 2, 3):
        moment = at - weeks * _A_WEEK
        near = [value for when, value in points if abs(when - moment) <= _AROUND]
        if near:
            found.append(median(near))
    return found


def _least_fall(lived: Sequence[tuple[datetime, float]], normal: Sequence[PastFigures], before: float) -> float:
    """The share that must be missing for a fall to say something."""
    return max(LEAST_FALL, 1.8 * _wobble(lived), _chance(normal, before))


def _wobble(points: Sequence[tuple[datetime, float]]) -> float:
    """The deepest fall below what was explained, in the past; of many runs the deepest is not counted."""
    falls = sorted(
        max(0.0, _fall(points[:place], points[place][0], points[place][1])[1])
        for place in range(max(4, len(points) - 40), len(points))
    )
    return falls[-2] if len(falls) >= 20 else falls[-1] if falls else 0.0


def _chance(normal: Sequence[PastFigures], before: float) -> float:
    """Postings go every day; so many of them may by chance."""
    values = [one.figures.read for one in normal[-30:]]
    usually = fmean(abs(a - b) for a, b in pairwise(values)) if len(values) > 1 else 0.0
    return (usually + 4 * math.sqrt(usually + 1) + 1) / before
