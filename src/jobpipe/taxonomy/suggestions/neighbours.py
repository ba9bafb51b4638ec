"""Evidence with numpy: the nearest known labels, and what a kernel ridge regression makes of them.

The similarity of two labels is s² + 2 m³ + s m, with s the cosine of their n-grams and m that of their meanings, once
what all meanings have in common is taken away; without meanings it is s² + s/2. Where few labels are known, so that a
decision counts at once, and where too many are, the regression is a small one for each label, over the hundred nearest;
otherwise one over all known labels, learned once and kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jobpipe.taxonomy.suggestions.evidence import NEAREST, Evidence, Known, by_code, gather
from jobpipe.taxonomy.suggestions.glossary import subjects_of
from jobpipe.taxonomy.suggestions.kept_weights import keep_coefficients, kept_coefficients
from jobpipe.taxonomy.suggestions.meaning import Encoder
from jobpipe.taxonomy.suggestions.products import Floats, Products, Rows, Vocabulary
from jobpipe.taxonomy.suggestions.regression import Learned, learn
from jobpipe.taxonomy.suggestions.wording import Wording

_RIDGE = 0.3
# How far a meaning is moved towards what the glossary says; both have the length 1.
_SUBJECTS = 0.5
# One regression over all takes n³/3 steps and 2 n² bytes for n labels.
_FEWEST, _MOST = 1_000, 12_000
_WHOLE_RIDGE = 0.1


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
            self._meanings = self._with_subjects(_centred(vectors, self._mean), known.wordings)
        self._scale = 1.5 if encoder is None else 4.0
        self._learned: Learned | None = None

    @property
    def can_learn(self) -> bool:
        return _FEWEST <= len(self._known.wordings) <= _MOST

    def recall(self, folder: Path | None) -> bool:
        """Whether what `learn` made of the same labels was kept there."""
        coefficients = kept_coefficients(folder, self._kind, self._known)
        if coefficients is not None:
            self._learned = Learned(coefficients, {})
        return coefficients is not None

    def learn(self, folder: Path | None, left_out: Sequence[int]) -> None:
        """One regression over all labels; what `left_out` is asked for later is made at the same time."""
        self._learned = learn(self._kernel_rows(), self._known.codes, np.array(left_out, np.int64))
        keep_coefficients(folder, self._kind, self._known, self._learned.coefficients)

    @property
    def _kind(self) -> str:
        return "spelling" if self._encoder is None else "meaning"

    def _kernel_rows(self) -> Iterator[Floats]:
        for begin, end, spelling in self._products.blocks(self._rows):
            meanings = self._meanings
            alike = _kernel(spelling, None if meanings is None else meanings[begin:end] @ meanings.T)
            alike[np.arange(end - begin), np.arange(begin, end)] = self._scale * (1 + _WHOLE_RIDGE)
            yield alike

    def of(self, wordings: Sequence[Wording]) -> Iterator[Evidence]:
        meanings = None
        if self._encoder is not None:
            vectors = self._encoder.encode([one.text for one in wordings])
            meanings = self._with_subjects(_centred(vectors, self._mean), wordings)
        yield from self._found(self._vocabulary.rows(wordings), meanings, None)

    def _with_subjects(self, meanings: Floats, wordings: Sequence[Wording]) -> Floats:
        """The meanings moved towards what the glossary says that their words stand for."""
        assert self._encoder is not None
        subjects = [subjects_of(one.words) for one in wordings]
        names = list(dict.fromkeys(name for some in subjects for name in some))
        vectors = _centred(self._encoder.encode(names), self._mean)
        places = {name: place for place, name in enumerate(names)}
        for row, some in enumerate(subjects):
            if some:
                subject = vectors[[places[name] for name in some]].mean(axis=0)
                meanings[row] += _SUBJECTS * subject / max(float(np.linalg.norm(subject)), 1e-6)
        return _centred(meanings, np.float32(0))

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
            speaks = self._speaks(alike, None if without is None else without[begin:end])
            for row in range(end - begin):
                nearest = _nearest(alike[row])
                labels = nearest.tolist()
                spelled = dict(zip(labels, spelling[row, nearest].tolist(), strict=True))
                meant = {} if meaning is None else dict(zip(labels, meaning[row, nearest].tolist(), strict=True))
                learned = self._of_nearest(alike[row], nearest) if speaks is None else dict(enumerate(speaks[row]))
                yield Evidence(gather(self._known, spelled, meant, learned), float(rows.familiar[begin + row]))

    def _speaks(self, alike: Floats, without: NDArray[np.int64] | None) -> list[list[float]] | None:
        """What the regression over all labels gives each code; None where there is none."""
        if self._learned is None:
            return None
        if without is not None:
            return [self._learned.left_out[label].tolist() for label in without.tolist()]
        made: list[list[float]] = (alike @ self._learned.coefficients).tolist()
        return made

    def _of_nearest(self, alike: Floats, nearest: NDArray[np.int64]) -> dict[int, float]:
        if not len(nearest):
            return {}
        among = self._among(nearest)
        among[np.diag_indices(len(nearest))] += _RIDGE * self._scale
        votes = np.linalg.solve(among, alike[nearest])
        return by_code(self._known, dict(zip(nearest.tolist(), votes.tolist(), strict=True)))

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


def _nearest(alike: Floats) -> NDArray[np.int64]:
    found = np.flatnonzero(np.isfinite(alike))
    return found if len(found) <= NEAREST else np.argpartition(-alike, NEAREST)[:NEAREST]


def _kernel(spelling: Floats, meaning: Floats | None) -> Floats:
    if meaning is None:
        alike: Floats = spelling * (spelling + np.float32(0.5))
        return alike
    both: Floats = spelling * (spelling + meaning) + 2 * meaning * meaning * meaning
    return both


def _centred(vectors: Floats, mean: Floats | np.float32) -> Floats:
    made: Floats = vectors - mean
    made /= np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-6)
    return made
