"""From evidence to a confidence that means what it says: a conditional logit over the candidates and "none of them".

The weights are those that made what was right most likely: of labels of other taxonomies (the defaults, found by
`python -m bench.suggestions --weights`), and of the known labels themselves, each left out in turn, where there are
enough of them; the fewer there are, the less the weights leave the defaults.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from jobpipe.taxonomy.suggestions.evidence import Candidate, Evidence

# Candidates that are weighed against each other.
CONSIDERED = 12
# How many examples the defaults count as.
_TRUST = 3.0


class Example(NamedTuple):
    evidence: Evidence
    # What is right.
    codes: tuple[int, ...]
    # How close the label's letters are to those of each candidate's nearest one, from 0 to 1.
    letters: list[float]


def confidences(evidence: Evidence, letters: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Of the first candidates, in their order; together at most 1."""
    logits = [sum(a * b for a, b in zip(weights, one, strict=True)) for one in features(evidence, letters)]
    most = max(logits)
    odds = [math.exp(logit - most) for logit in logits]
    whole = sum(odds)
    return [one / whole for one in odds[1:]]


def features(evidence: Evidence, letters: Sequence[float]) -> list[list[float]]:
    """One row for "none of them", then one a candidate."""
    considered = evidence.candidates[: len(letters)]
    familiar = evidence.familiar
    best = max((one.spelling for one in considered), default=0.0)
    near = max((one.meaning for one in considered), default=0.0)
    rows = [_of(one, like, familiar) + [0.0] * 4 for one, like in zip(considered, letters, strict=True)]
    return [[0.0] * 13 + [1.0, familiar, best, near], *rows]


def _of(one: Candidate, letters: float, familiar: float) -> list[float]:
    meaning = max(0.0, one.meaning)
    learned = min(2.0, max(-0.5, one.learned))
    return [
        learned,
        one.share,
        one.spelling,
        meaning,
        letters,
        familiar * learned,
        familiar * one.share,
        familiar * one.spelling,
        familiar * meaning,
        meaning**3,
        one.spelling**3,
        math.log(one.share + 0.01),
        math.log(max(learned, 0.0) + 0.02),
    ]


WEIGHTS = 17


def fit(examples: Sequence[Example], prior: Sequence[float], *, trust: float = _TRUST) -> list[float]:
    """The weights under which what is right is most likely. Needs numpy."""
    import numpy as np

    rows = np.zeros((len(examples), CONSIDERED + 1, WEIGHTS))
    right = np.zeros((len(examples), CONSIDERED + 1))
    absent = np.zeros((len(examples), CONSIDERED + 1))
    for number, one in enumerate(examples):
        made = features(one.evidence, one.letters)
        rows[number, : len(made)] = made
        absent[number, len(made) :] = -np.inf
        hits = [
            place
            for place, found in enumerate(one.evidence.candidates[: len(one.letters)], 1)
            if found.code in one.codes
        ]
        right[number, hits or [0]] = 1
    start = np.array(prior, float)
    weights = start.copy()
    hold = trust / max(len(examples), 1)

    def loss(weights: Any) -> tuple[float, Any, Any]:
        logits = rows @ weights + absent
        logits -= logits.max(axis=1, keepdims=True)
        odds = np.exp(logits)
        chance = odds / odds.sum(axis=1, keepdims=True)
        hit = (chance * right).sum(axis=1, keepdims=True) + 1e-12
        given = chance * right / hit
        gap = weights - start
        value = -np.log(hit).mean() + hold * (gap @ gap) / 2
        gradient = ((chance - given)[:, :, None] * rows).mean(axis=0).sum(axis=0) + hold * gap
        mean = (chance[:, :, None] * rows).sum(axis=1)
        curve = np.einsum("ek,eki,ekj->ij", chance, rows, rows) - mean.T @ mean
        return float(value), gradient, curve / len(rows) + (hold + 1e-6) * np.eye(WEIGHTS)

    value, gradient, curve = loss(weights)
    for _ in range(50):
        move = np.linalg.solve(curve, gradient)
        step = 1.0
        while step > 1e-4:
            tried = loss(weights - step * move)
            if tried[0] < value:
                break
            step /= 2
        else:
            break
        gain = value - tried[0]
        weights = weights - step * move
        value, gradient, curve = tried
        if gain < 1e-7:
            break
    return [float(one) for one in weights]
