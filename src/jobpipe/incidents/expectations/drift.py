"""A field that fewer postings have from week to week: no single run shows it, four weeks do.

Compared are the runs of four to six weeks ago, those of the weeks between, and the last ones.  A source that loses a
field by and by is halfway there in the middle; one that breaks at once, or has a campaign for some days, is not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from statistics import median

from jobpipe.incidents.expectations.breaks import BATCH, HEALED, LEAST_OF_FIELD, LEAST_OTHERS, Break
from jobpipe.incidents.expectations.figures import Figures
from jobpipe.incidents.expectations.past import Past, PastFigures

# Before its measure, which is a field's.
DRIFT = "drift:"
# How long ago, from and to, in days.
LONG_AGO, BETWEEN, LATELY = (28, 43), (11, 21), (0, 6)
# Runs in each of these.
LEAST_RUNS = 4
# The least harm, as a share of all postings.
LEAST_DRIFTED = 0.15
# Of the way that must have been gone in the middle, and may have.
HALFWAY = (0.2, 0.8)
# Deviations of what chance makes where all postings are others by now.
CERTAIN = 4


def judge_drift(now: Figures, past: Past, at: datetime) -> Iterator[Break]:
    if not now.counted:
        return
    weeks_ago = _within(past.runs, at, LONG_AGO)
    if len(weeks_ago) < LEAST_RUNS:
        return
    for name in sorted({name for one in weeks_ago for name in one.figures.present}):
        found = _judge_field(name, now, past, at)
        if found is not None:
            yield found


def _judge_field(name: str, now: Figures, past: Past, at: datetime) -> Break | None:
    measure = DRIFT + name
    normal = past.normal(measure, at)
    windows = [_within(normal, at, LONG_AGO), _within(past.runs, at, BETWEEN), _within(past.runs, at, LATELY)]
    if any(len(window) < LEAST_RUNS for window in windows):
        return None
    before, between, lately = (median(one.figures.share(name) for one in window) for window in windows)
    share = now.share(name)
    lasts = past.is_broken(measure, at)
    harm = before - max(lately, share)
    if harm <= HEALED:
        return None
    if not lasts and not (_is_certain(before, harm, now) and _is_gradual(name, (before, between, lately), past, at)):
        return None
    return Break(
        measure=measure,
        before=before,
        now=share,
        postings=round((before - share) * now.live),
        runs=len(windows[0]),
        lasts=lasts,
    )


def _is_certain(before: float, harm: float, now: Figures) -> bool:
    hands = max(1.0, now.live / BATCH)
    chance = CERTAIN * math.sqrt(max(before * (1 - before), 0.05) / hands)
    return harm >= max(LEAST_DRIFTED, LEAST_OF_FIELD * before, chance) and harm * now.live >= LEAST_OTHERS


def _is_gradual(name: str, shares: tuple[float, float, float], past: Past, at: datetime) -> bool:
    """What broke at once within these weeks was told then."""
    before, between, lately = shares
    least, most = HALFWAY
    if not least <= (before - between) / (before - lately) <= most:
        return False
    return not any(f"field:{name}" in one.broken for one in _within(past.runs, at, (0, LONG_AGO[1])))


def _within(runs: Sequence[PastFigures], at: datetime, days: tuple[int, int]) -> list[PastFigures]:
    first, last = days
    return [one for one in runs if timedelta(days=first) <= at - one.at < timedelta(days=last) and one.figures.counted]
