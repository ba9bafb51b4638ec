"""Judging a run by its import's past: which figures break with what was usual.

No threshold is written by anybody.  What is usual of a measure is the middle of the last normal runs; how much it may
differ is what it differed from run to run before, at least as much as chance makes of so many postings.  A source that
breaks changes postings that were there already, nearly all at once, while a source that lives changes by postings that
come and go: so the change of the postings that were there before is the stronger witness, and the other one needs more.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from jobpipe.incidents.expectations.breaks import BATCH, HEALED, LEAST_OF_FIELD, LEAST_OTHERS, Break
from jobpipe.incidents.expectations.counts import judge_count
from jobpipe.incidents.expectations.drift import judge_drift
from jobpipe.incidents.expectations.figures import Figures
from jobpipe.incidents.expectations.measures import Measure, Mix, Share, measures_of
from jobpipe.incidents.expectations.past import OURS, Past, PastFigures

# Runs that say what is usual; runs that say how much it wobbles.
RECENT, REMEMBERED = 9, 45
# Below so many runs only what is gross is told; below the first, nothing.
FEW_RUNS, ENOUGH_RUNS = 3, 8
# Postings that must be worse, whatever their share.
LEAST_POSTINGS = 4
# The least harm, as a share of all postings: by postings that were there before, and by others.
LEAST_MOVED, LEAST_OTHER = 0.10, 0.25
# Of a mix, which moves more easily.
LEAST_MIX_MOVED, LEAST_MIX_OTHER = 0.15, 0.40
# What comes together is of one day: only postings that were there before say that dates are not told apart any more.
OF_ONE_DAY = "same:posted_at"
# The least harm where there are few runs.
GROSS = 0.40


@dataclass(frozen=True, kw_only=True, slots=True)
class Usual:
    """What is expected of a measure: a value and how far from it is no surprise."""

    value: float | Mapping[str, float]
    wobble: float
    runs: int


def judge(now: Figures, past: Past, at: datetime, *, own_change: bool = False) -> list[Break]:
    """The breaks of a run, by measure.

    `own_change`: its definition, or what labels mean, is another than in the last run: then values and lengths are
    expected to change.
    """
    known = frozenset(name for one in past.runs[-RECENT:] for name in one.figures.present)
    found = []
    for measure in measures_of(now, known).values():
        if own_change and measure.name.startswith(OURS):
            continue
        if (broken := _judge_measure(measure, now, past, at)) is not None:
            found.append(broken)
    if (fewer := judge_count(now, past, at)) is not None:
        before, runs, lasts = fewer
        found.append(
            Break(
                measure="count",
                before=before,
                now=now.read,
                postings=max(0, round(before) - now.read),
                runs=runs,
                lasts=lasts,
            )
        )
    # What broke at once is told as that.
    fallen = {one.measure.partition(":")[2] for one in found if one.measure.startswith("field:")}
    found += [one for one in judge_drift(now, past, at) if one.measure.partition(":")[2] not in fallen]
    return sorted(found, key=lambda one: one.measure)


def usual_of(name: str, measure: Measure | None, normal: Sequence[PastFigures]) -> Usual | None:
    """What is expected of a measure by these runs; None where none of them had it."""
    values = _values_of(name, normal[-REMEMBERED:])
    if not values:
        return None
    return Usual(value=_middle(values[-RECENT:]), wobble=_wobble(name, values), runs=len(normal))


def _judge_measure(measure: Measure, now: Figures, past: Past, at: datetime) -> Break | None:
    normal = past.normal(measure.name, at)
    if len(normal) < FEW_RUNS:
        return None
    recent = _values_of(measure.name, normal[-RECENT:])
    if not recent:
        return None
    usual = _middle(recent)
    harm = _harm(measure, usual)
    lasts = past.is_broken(measure.name, at)
    if harm <= HEALED or harm * now.live < LEAST_POSTINGS - 1:
        return None
    if not lasts and not _is_certain(measure, harm, usual, normal, past.lived(measure.name, at), now):
        return None
    return Break(
        measure=measure.name,
        before=usual if isinstance(usual, float) else 0.0,
        now=measure.value if isinstance(measure, Share) else harm,
        mix_before=usual if isinstance(usual, dict) else None,
        mix_now=measure.value if isinstance(measure, Mix) else None,
        postings=round(harm * now.live),
        runs=len(normal),
        lasts=lasts,
    )


def _harm(measure: Measure, usual: float | dict[str, float]) -> float:
    if isinstance(measure, Share):
        return measure.harm(usual) if isinstance(usual, float) else 0.0
    return 0.0 if isinstance(usual, float) else measure.harm(usual)


def _is_certain(
    measure: Measure,
    harm: float,
    usual: float | Mapping[str, float],
    normal: Sequence[PastFigures],
    lived: Sequence[PastFigures],
    now: Figures,
) -> bool:
    is_mix = isinstance(measure, Mix)
    if harm * now.live < LEAST_POSTINGS:
        return False
    if measure.name.startswith("field:") and isinstance(usual, float) and harm < LEAST_OF_FIELD * usual:
        return False
    if len(normal) < ENOUGH_RUNS and harm < GROSS:
        return False
    is_moved = measure.moved >= 0.5 * harm
    of_moved, of_others = (LEAST_MIX_MOVED, LEAST_MIX_OTHER) if is_mix else (LEAST_MOVED, LEAST_OTHER)
    if harm < (of_moved if is_moved else of_others):
        return False
    wobble = _wobble(measure.name, _values_of(measure.name, lived[-REMEMBERED:]))
    if is_moved:
        return harm > 1.5 * wobble
    # Where keys change with each run, what is new is what was there: how far it wobbles says all of chance.
    is_new_each_time = median(one.figures.turned_over for one in normal[-RECENT:]) > 0.8
    if measure.name == OF_ONE_DAY and not is_new_each_time:
        return False
    return (
        harm > 2.5 * wobble
        and harm * now.live >= LEAST_OTHERS
        and (is_new_each_time or harm > _chance(measure, usual, now))
    )


def _chance(measure: Measure, usual: float | Mapping[str, float], now: Figures) -> float:
    """What chance makes of a share when so many postings are new: five deviations of it."""
    new = max(1, now.account.get("new", 0), round(0.02 * now.live))
    hands = max(1.0, new / BATCH)
    if isinstance(usual, float):
        deviation = math.sqrt(max(usual * (1 - usual), 0.05) / hands)
    else:
        deviation = sum(math.sqrt(share * (1 - share) / hands) for share in usual.values()) / 2
    return 5 * deviation * min(1.0, new / max(now.live, 1)) + 1 / max(now.counted, 1)


def _values_of(name: str, runs: Sequence[PastFigures]) -> list[float | Mapping[str, float]]:
    found: list[float | Mapping[str, float]] = []
    for one in runs:
        if not one.figures.counted:
            continue
        measure = _measures(one).get(name)
        if measure is not None:
            found.append(measure.value)
        elif name.startswith(("field:", "flaw:", "same:", "unmapped:")):
            found.append(0.0)
    return found


def _measures(one: PastFigures) -> dict[str, Measure]:
    """Computed once a run: many measures ask for it."""
    if one.measures is None:
        one.measures = measures_of(one.figures)
    return one.measures


def _middle(values: Sequence[float | Mapping[str, float]]) -> float | dict[str, float]:
    """The median; of mixes the mean of the last five, for a mix of medians adds up to nothing."""
    if isinstance(values[-1], float):
        return float(median(value for value in values if isinstance(value, float)))
    mixes = [value for value in values[-5:] if not isinstance(value, float)]
    names = {name for mix in mixes for name in mix}
    return {name: sum(mix.get(name, 0.0) for mix in mixes) / len(mixes) for name in names}


def _wobble(name: str, values: Sequence[float | Mapping[str, float]]) -> float:
    """How far a run was from what was usual before it, at most; of many runs the farthest is not counted."""
    found = []
    for place in range(2, len(values)):
        before = _middle(values[max(0, place - RECENT) : place])
        value = values[place]
        if isinstance(value, float):
            assert isinstance(before, float)
            found.append(abs(value - before))
        else:
            assert not isinstance(before, float)
            found.append(Mix(name, value, 0.0).harm(before))
    found.sort()
    if not found:
        return 0.0
    return found[-2] if len(found) >= 20 else found[-1]
