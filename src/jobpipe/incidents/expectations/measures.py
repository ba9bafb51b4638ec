"""What is compared of figures, each measure by its name: shares of postings, and distributions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from jobpipe.incidents.expectations.figures import NOTHING, Figures

_SAME = ("description", "title", "posted_at")


@dataclass(frozen=True, slots=True)
class Share:
    """A share of postings that is bad when it falls (`worse` = -1) or when it rises (1)."""

    name: str
    worse: int
    # Of the postings that were counted.
    value: float
    # The share of postings that were there before and have become worse in this run, less those that became better.
    moved: float

    def harm(self, usual: float) -> float:
        return (self.value - usual) * self.worse


@dataclass(frozen=True, slots=True)
class Mix:
    """How postings are distributed over values."""

    name: str
    # Value -> share; they add up to 1.
    value: Mapping[str, float]
    # The share of postings that were there before and have another value now.
    moved: float
    # The share of postings that have a value at all.
    said: float = 1.0

    def harm(self, usual: Mapping[str, float]) -> float:
        """The share of all postings that would have to change to make one of the other."""
        names = {*self.value, *usual}
        return self.said * sum(abs(self.value.get(name, 0.0) - usual.get(name, 0.0)) for name in names) / 2


Measure = Share | Mix


def measures_of(figures: Figures, fields: frozenset[str] = frozenset()) -> dict[str, Measure]:
    """By name; `fields`: those that earlier runs had, which are measured too where no posting has them any more."""
    if not figures.counted:
        return {}
    found: list[Measure] = [*_shares(figures, fields), *_mixes(figures)]
    return {one.name: one for one in found}


def _shares(figures: Figures, fields: frozenset[str]) -> list[Share]:
    of, scale = figures.counted, _scale(figures)
    lost, gained = figures.pairs.lost, figures.pairs.gained
    found = [
        Share(
            f"field:{name}",
            -1,
            figures.present.get(name, 0) / of,
            (lost.get(name, 0) - gained.get(name, 0)) * scale,
        )
        for name in sorted(fields | figures.present.keys() | lost.keys())
    ]
    found += [
        Share(f"flaw:{name}", 1, number / of, figures.pairs.flawed.get(name, 0) * scale)
        for name, number in figures.flaws.items()
    ]
    found += [
        Share(f"same:{name}", 1, figures.most.get(name, 0) / of, figures.pairs.moved.get(f"same {name}", 0) * scale)
        for name in _SAME
    ]
    found += [
        Share(
            f"unmapped:{table}",
            1,
            min(1.0, number / max(figures.live, 1)),
            figures.pairs.changed / max(figures.live, 1),
        )
        for table, number in figures.unmapped.items()
    ]
    return found


def _mixes(figures: Figures) -> list[Mix]:
    scale = _scale(figures)
    found = []
    for name, counted in figures.values.items():
        # Who says nothing is a matter of the field's share.
        said = {value: number for value, number in counted.items() if value != NOTHING}
        if total := sum(said.values()):
            moved = figures.pairs.moved.get(name, 0) * scale
            shares = {value: number / total for value, number in said.items()}
            found.append(Mix(f"values:{name}", shares, moved, total / figures.counted))
    for name, steps in figures.lengths.items():
        if total := sum(steps.values()):
            moved = figures.pairs.moved.get(f"length of {name}", 0) * scale
            found.append(Mix(f"length:{name}", _by_octave(steps, total), moved, total / figures.counted))
    return found


def _by_octave(steps: Mapping[int, int], total: int) -> dict[str, float]:
    """Lengths within two thirds of each other are alike: a triangle, so that no border matters."""
    shares: dict[str, float] = {}
    for step, number in steps.items():
        place = step / 6
        low = math.floor(place)
        for bin_, part in ((low, 1 - (place - low)), (low + 1, place - low)):
            if part:
                shares[str(bin_)] = shares.get(str(bin_), 0.0) + part * number / total
    return shares


def _scale(figures: Figures) -> float:
    """What one pair that was looked at stands for, as a share of the live postings."""
    pairs = figures.pairs
    if not pairs.looked_at or not figures.live:
        return 0.0
    return max(1.0, pairs.changed / pairs.looked_at) / figures.live
