"""One kernel ridge regression over all known labels: what speaks for each code, learned once.

Solved by a Cholesky factorisation in blocks of rows, of which only the lower half is held: 2 n² bytes for n labels
(100 MB for 7,000). What a known label would get without itself comes from the same factor (Rasmussen and Williams,
Gaussian Processes for Machine Learning, 5.4.2).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from jobpipe.taxonomy.suggestions.products import Floats, Integers


class Factor:
    """L of `L Lᵀ = K`."""

    def __init__(self, blocks: Iterable[Floats]) -> None:
        """`blocks`: the rows of K one after the other, each with at least the columns up to its own end."""
        self._rows: list[Floats] = []
        self._inverses: list[Floats] = []
        self._starts: list[int] = []
        start = 0
        for block in blocks:
            end = start + len(block)
            row = np.array(block[:, :end], np.float32)
            for before, other, inverse in zip(self._starts, self._rows, self._inverses, strict=True):
                after = before + len(other)
                row[:, before:after] -= row[:, :before] @ other[:, :before].T
                row[:, before:after] = row[:, before:after] @ inverse.T
            own = row[:, start:] - row[:, :start] @ row[:, :start].T
            row[:, start:] = np.linalg.cholesky(own)
            self._inverses.append(np.linalg.inv(row[:, start:]).astype(np.float32))
            self._rows.append(row)
            self._starts.append(start)
            start = end
        self.size = start

    def solved(self, given: Floats) -> Floats:
        """X of `K X = given`."""
        made = self._forward(given)
        for start, row, inverse in reversed(list(zip(self._starts, self._rows, self._inverses, strict=True))):
            own = made[start : start + len(row)]
            own[:] = inverse.T @ own
            made[:start] -= row[:, :start].T @ own
        return made

    def inverse_diagonal(self, places: Integers) -> Floats:
        """Of the inverse of K, these places of its diagonal."""
        units = np.zeros((self.size, len(places)), np.float32)
        units[places, np.arange(len(places))] = 1
        made: Floats = np.square(self._forward(units)).sum(axis=0)
        return made

    def _forward(self, given: Floats) -> Floats:
        made = np.array(given, np.float32)
        for start, row, inverse in zip(self._starts, self._rows, self._inverses, strict=True):
            own = made[start : start + len(row)]
            own -= row[:, :start] @ made[:start]
            own[:] = inverse @ own
        return made


class Learned(NamedTuple):
    # One row a label, one column a code.
    coefficients: Floats
    # For some labels, what each code would get if the label were not known.
    left_out: dict[int, Floats]


def learn(blocks: Iterable[Floats], codes: Sequence[tuple[int, ...]], left_out: Integers) -> Learned:
    """`codes` of each label; `blocks` of the kernel, the ridge on its diagonal included."""
    right = targets(codes)
    factor = Factor(blocks)
    coefficients = factor.solved(right)
    diagonal = factor.inverse_diagonal(left_out)
    without = right[left_out] - coefficients[left_out] / diagonal[:, None]
    return Learned(coefficients, dict(zip(left_out.tolist(), without, strict=True)))


def corrected(among: Floats, residual: Floats) -> Floats:
    """By how much the coefficients of some labels move, so that nothing is left of what they do not explain yet.

    `among` is the kernel of these labels with each other, the ridge included; `residual` their targets less what all
    coefficients give them. With all labels it is the regression itself, with a changed one and those nearest to it a
    step of block coordinate descent, which suffices where what is far is hardly alike.
    """
    moved: Floats = np.linalg.solve(among, residual).astype(np.float32)
    return moved


def targets(codes: Sequence[tuple[int, ...]], width: int | None = None) -> Floats:
    """A label of several codes says each of them in part; `width` codes, otherwise as many as are named."""
    if width is None:
        width = 1 + max((code for some in codes for code in some), default=-1)
    made = np.zeros((len(codes), width), np.float32)
    for label, some in enumerate(codes):
        made[label, list(some)] = 1 / max(len(some), 1)
    return made
