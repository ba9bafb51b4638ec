"""Evidence with numpy: a small kernel ridge regression for each label, over the known labels nearest to it.

The similarity of two labels is s² + 2 m³ + s m, with s the cosine of their n-grams and m that of their meanings, once
what all meanings have in common is taken away; without meanings it is s² + s/2. Nothing is learned beforehand, so that
a decision counts at once, and what a known label would have got without itself is found by leaving it out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from jobpipe.taxonomy.suggestions.evidence import NEAREST, Evidence, Known, gather
from jobpipe.taxonomy.suggestions.meaning import Encoder
from jobpipe.taxonomy.suggestions.products import Floats, Products, Rows, Vocabulary
from jobpipe.taxonomy.suggestions.wording import Wording

_RIDGE = 0.3


class NeighbourEvidence:
    def __init__(self, known: Known, encoder: Encoder | None) -> None:
        self._known = known
        self._encoder = encoder
        self.has_meaning = encoder is not None
        self._vocabulary = Vocabulary.of(known.wordings)
        self._rows = self._vocabulary.rows(known.wordings)
        self._products = Products(self._rows, len(self._vocabulary.grams))
        self._meanings: Floats | None = None
        if encoder is not None:
            vectors = encoder.encode([one.text for one in known.wordings])
            # A few labels say little of what all have in common.
            self._mean = vectors.mean(axis=0) * (len(vectors) / (len(vectors) + 10.0))
            self._meanings = _centred(vectors, self._mean)
        self._scale = 1.5 if encoder is None else 4.0

    def of(self, wordings: Sequence[Wording]) -> Iterator[Evidence]:
        meanings = None
        if self._encoder is not None:
            meanings = _centred(self._encoder.encode([one.text for one in wordings]), self._mean)
        yield from self._found(self._vocabulary.rows(wordings), meanings, None)

    def left_out(self, labels: Sequence[int]) -> Iterator[Evidence]:
        """For known labels, each as if it were not known."""
        numbers = np.array(labels, np.int64)
        meanings = None if self._meanings is None else self._meanings[numbers]
        yield from self._found(self._rows.taken(numbers), meanings, numbers)

    def _found(self, rows: Rows, meanings: Floats | None, without: NDArray[np.int64] | None) -> Iterator[Evidence]:
        for begin, end, spelling in self._products.blocks(rows):
            meaning = None
            if meanings is not None and self._meanings is not None:
                meaning = meanings[begin:end] @ self._meanings.T
            alike = _kernel(spelling, meaning)
            if without is not None:
                alike[np.arange(end - begin), without[begin:end]] = -np.inf
            for row in range(end - begin):
                yield self._one(
                    alike[row],
                    spelling[row],
                    None if meaning is None else meaning[row],
                    float(rows.familiar[begin + row]),
                )

    def _one(self, alike: Floats, spelling: Floats, meaning: Floats | None, familiar: float) -> Evidence:
        nearest = np.flatnonzero(np.isfinite(alike))
        if len(nearest) > NEAREST:
            nearest = np.argpartition(-alike, NEAREST)[:NEAREST]
        if not len(nearest):
            return Evidence([], familiar)
        among = self._among(nearest)
        among[np.diag_indices(len(nearest))] += _RIDGE * self._scale
        learned = np.linalg.solve(among, alike[nearest])
        labels = nearest.tolist()
        return Evidence(
            gather(
                self._known,
                dict(zip(labels, spelling[nearest].tolist(), strict=True)),
                {} if meaning is None else dict(zip(labels, meaning[nearest].tolist(), strict=True)),
                dict(zip(labels, learned.tolist(), strict=True)),
            ),
            familiar,
        )

    def _among(self, labels: NDArray[np.int64]) -> Floats:
        """How alike they are to each other."""
        rows = self._rows.taken(labels)
        columns, places, counts = np.unique(rows.columns, return_inverse=True, return_counts=True)
        # An n-gram of one label alone is in no product of two.
        shared = np.cumsum(counts > 1) - 1
        is_shared = (counts > 1)[places]
        dense = np.zeros((len(labels), int(shared[-1]) + 1 if len(columns) else 0), np.float32)
        owners = np.repeat(np.arange(len(labels)), np.diff(rows.starts))
        dense[owners[is_shared], shared[places[is_shared]]] = rows.values[is_shared]
        spelling = dense @ dense.T
        spelling[np.diag_indices(len(labels))] = 1
        meanings = None if self._meanings is None else self._meanings[labels]
        return _kernel(spelling, None if meanings is None else meanings @ meanings.T)


def _kernel(spelling: Floats, meaning: Floats | None) -> Floats:
    if meaning is None:
        alike: Floats = spelling * (spelling + np.float32(0.5))
        return alike
    both: Floats = spelling * (spelling + meaning) + 2 * meaning * meaning * meaning
    return both


def _centred(vectors: Floats, mean: Floats) -> Floats:
    made: Floats = vectors - mean
    made /= np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-6)
    return made
