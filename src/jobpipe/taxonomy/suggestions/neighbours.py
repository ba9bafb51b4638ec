"""Evidence with numpy: the nearest known labels, and what a kernel ridge regression makes of them.

The similarity of two labels is 0.8 (2 s² + s m + 2 m³), with s the cosine of their n-grams and m that of their
meanings, once what all meanings have in common is taken away; without meanings it is s² + s/2. Where few labels are
known, so that a decision counts at once, and where too many are, the regression is a small one for each label, over the
hundred nearest; otherwise one over all known labels, learned once and kept. What is decided later corrects it among the
labels that are nearest to the decided one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from jobpipe.taxonomy.suggestions.evidence import NEAREST, Evidence, Known, by_code, gather
from jobpipe.taxonomy.suggestions.glossary import subjects_of
from jobpipe.taxonomy.suggestions.meaning import Encoder
from jobpipe.taxonomy.suggestions.products import Floats, Integers, Products, Rows, Vocabulary
from jobpipe.taxonomy.suggestions.regression import Learned, corrected, learn, targets
from jobpipe.taxonomy.suggestions.wording import Wording

_RIDGE = 0.3
# How far a meaning is moved towards what the glossary says; both have the length 1.
_SUBJECTS = 0.5
# One regression over all takes n³/3 steps and 2 n² bytes for n labels.
_FEWEST, _MOST = 1_000, 12_000
_WHOLE_RIDGE = 0.1
# A changed label corrects the regression among so many that are nearest to it, for so many changes at a time.
_CORRECTED = 60
_CHANGES = 20


class NeighbourEvidence:
    def __init__(self, known: Known, encoder: Encoder | None, *, learned_from: int | None = None) -> None:
        """Vocabulary and mean are of the first `learned_from` labels, otherwise of all."""
        self._known = known
        self._encoder = encoder
        self.has_meaning = encoder is not None
        first = known.wordings[:learned_from]
        self.learned_from = len(first)
        self._vocabulary = Vocabulary.of(first)
        self._vocabulary.grow(known.wordings[len(first) :])
        self._rows = self._vocabulary.rows(known.wordings)
        self._products = Products(self._rows, len(self._vocabulary.grams))
        # Of labels that came later: a few, so that these products are soon made anew.
        self._later = Products(self._rows.taken(_places(0)), len(self._vocabulary.grams))
        self._meanings: Floats | None = None
        if encoder is not None:
            vectors = encoder.encode([one.text for one in known.wordings])
            # A few labels say little of what all have in common.
            self._mean = vectors[: len(first)].mean(axis=0) * (len(first) / (len(first) + 10.0))
            self._meanings = self._with_subjects(_centred(vectors, self._mean), known.wordings)
        self._scale = 1.5 if encoder is None else 4.0
        self._learned: Learned | None = None

    @property
    def can_learn(self) -> bool:
        return _FEWEST <= len(self._known.wordings) <= _MOST

    @property
    def coefficients(self) -> Floats | None:
        """Of the regression over all labels, where there is one: one row a label, one column a code."""
        return None if self._learned is None else self._learned.coefficients

    def learn(self, left_out: Sequence[int]) -> None:
        """One regression over all labels; what `left_out` is asked for later is made at the same time."""
        self._learned = learn(self._kernel_rows(), self._known.codes, np.array(left_out, np.int64))

    def recall(self, coefficients: Floats, changed: Sequence[int]) -> None:
        """What `learn` made, kept since: a row for each known label; these have changed since then."""
        self._learned = Learned(coefficients, {})
        self._correct(changed)

    def notice(self, labels: Sequence[int]) -> None:
        added = self._known.wordings[len(self._rows) :]
        if added:
            self._vocabulary.grow(added)
            self._rows = self._rows.with_more(self._vocabulary.rows(added))
            later = np.arange(self._products.size, len(self._rows))
            self._later = Products(self._rows.taken(later), len(self._vocabulary.grams))
            if self._meanings is not None:
                self._meanings = np.concatenate([self._meanings, self._meanings_of(added)])
        if self._learned is not None:
            width = 1 + max(max(codes, default=-1) for codes in self._known.codes)
            before = self._learned.coefficients
            grown = np.zeros((len(self._rows), max(width, before.shape[1])), np.float32)
            grown[: before.shape[0], : before.shape[1]] = before
            self._learned = Learned(grown, {})
            self._correct(labels)

    def _correct(self, changed: Sequence[int]) -> None:
        for start in range(0, len(changed), _CHANGES):
            self._correct_some(np.array(changed[start : start + _CHANGES], np.int64))

    def _correct_some(self, changed: Integers) -> None:
        """Labels that are not known any more count as nothing."""
        assert self._learned is not None
        coefficients = self._learned.coefficients
        is_known = np.array([bool(codes) for codes in self._known.codes])
        coefficients[changed[~is_known[changed]]] = 0
        near: set[int] = set(changed.tolist())
        for alike in self._alike(changed):
            for row in alike:
                near.update(_nearest(row, _CORRECTED).tolist())
        labels = np.array(sorted(label for label in near if is_known[label]), np.int64)
        if not len(labels):
            return
        rows: Floats = np.concatenate(list(self._alike(labels)))
        rows[np.arange(len(labels)), labels] = self._scale * (1 + _WHOLE_RIDGE)
        right = targets([self._known.codes[label] for label in labels.tolist()], coefficients.shape[1])
        residual: Floats = right - rows @ coefficients
        coefficients[labels] += corrected(rows[:, labels], residual)

    def _alike(self, labels: Integers) -> Iterator[Floats]:
        """Known labels to all known ones, some rows at a time."""
        for begin, end, spelling in self._blocks(self._rows.taken(labels)):
            meanings = self._meanings
            yield _kernel(spelling, None if meanings is None else meanings[labels[begin:end]] @ meanings.T)

    def _blocks(self, rows: Rows) -> Iterator[tuple[int, int, Floats]]:
        if not self._later.size:
            yield from self._products.blocks(rows)
            return
        for (begin, end, first), (_, _, later) in zip(
            self._products.blocks(rows), self._later.blocks(rows), strict=True
        ):
            yield begin, end, np.hstack([first, later])

    def _kernel_rows(self) -> Iterator[Floats]:
        begin = 0
        for alike in self._alike(np.arange(len(self._rows))):
            end = begin + len(alike)
            alike[np.arange(end - begin), np.arange(begin, end)] = self._scale * (1 + _WHOLE_RIDGE)
            yield alike
            begin = end

    def of(self, wordings: Sequence[Wording]) -> Iterator[Evidence]:
        meanings = None if self._encoder is None else self._meanings_of(wordings)
        yield from self._found(self._vocabulary.rows(wordings), meanings, None)

    def _meanings_of(self, wordings: Sequence[Wording]) -> Floats:
        assert self._encoder is not None
        vectors = self._encoder.encode([one.text for one in wordings])
        return self._with_subjects(_centred(vectors, self._mean), wordings)

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

    def _found(self, rows: Rows, meanings: Floats | None, without: Integers | None) -> Iterator[Evidence]:
        for begin, end, spelling in self._blocks(rows):
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

    def _speaks(self, alike: Floats, without: Integers | None) -> list[list[float]] | None:
        """What the regression over all labels gives each code; None where there is none."""
        if self._learned is None:
            return None
        if without is not None:
            return [self._learned.left_out[label].tolist() for label in without.tolist()]
        made: list[list[float]] = (alike @ self._learned.coefficients).tolist()
        return made

    def _of_nearest(self, alike: Floats, nearest: Integers) -> dict[int, float]:
        if not len(nearest):
            return {}
        among = self._among(nearest)
        among[np.diag_indices(len(nearest))] += _RIDGE * self._scale
        votes = np.linalg.solve(among, alike[nearest])
        return by_code(self._known, dict(zip(nearest.tolist(), votes.tolist(), strict=True)))

    def _among(self, labels: Integers) -> Floats:
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


def _nearest(alike: Floats, most: int = NEAREST) -> Integers:
    found = np.flatnonzero(np.isfinite(alike))
    return found if len(found) <= most else np.argpartition(-alike, most)[:most]


def _places(size: int) -> Integers:
    return np.arange(size, dtype=np.int64)


def _kernel(spelling: Floats, meaning: Floats | None) -> Floats:
    if meaning is None:
        alike: Floats = spelling * (spelling + np.float32(0.5))
        return alike
    both: Floats = 0.8 * (spelling * (2 * spelling + meaning) + 2 * meaning * meaning * meaning)
    return both


def _centred(vectors: Floats, mean: Floats | np.float32) -> Floats:
    made: Floats = vectors - mean
    made /= np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-6)
    return made
