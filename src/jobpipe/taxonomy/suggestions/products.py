"""Sparse vectors of n-grams in numpy, and their products with all known ones: what scipy would be needed for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobpipe.taxonomy.suggestions.spelling import gram_weights
from jobpipe.taxonomy.suggestions.wording import Wording, grams_of

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
# N-grams that most labels have are multiplied as a dense matrix, the others by lists of the labels that have them.
_DENSE = 1_500
_BLOCK = 256


@dataclass(frozen=True, slots=True)
class Rows:
    """Vectors of the length 1 (n-grams that nothing known has counted in), one after the other."""

    # Where each one begins; one more than there are.
    starts: Integers
    columns: Integers
    values: Floats
    # How much of each is known n-grams, from 0 to 1.
    familiar: Floats

    def __len__(self) -> int:
        return len(self.starts) - 1

    def taken(self, numbers: Integers) -> Rows:
        sizes = np.diff(self.starts)[numbers]
        starts = np.concatenate([[0], np.cumsum(sizes)])
        places = np.repeat(self.starts[numbers] - starts[:-1], sizes) + np.arange(starts[-1])
        return Rows(starts, self.columns[places], self.values[places], self.familiar[numbers])

    def with_more(self, others: Rows) -> Rows:
        return Rows(
            np.concatenate([self.starts, self.starts[-1] + others.starts[1:]]),
            np.concatenate([self.columns, others.columns]),
            np.concatenate([self.values, others.values]),
            np.concatenate([self.familiar, others.familiar]),
        )


class Vocabulary:
    """The n-grams of the known labels, each with a column and a weight."""

    def __init__(self, grams: list[str], weights: Floats, unseen: float) -> None:
        self.grams = grams
        self.weights = weights
        self.unseen = unseen
        self._columns = {gram: column for column, gram in enumerate(grams)}

    @classmethod
    def of(cls, known: Sequence[Wording]) -> Vocabulary:
        seen: dict[str, int] = {}
        for one in known:
            for gram in grams_of(one.words):
                seen[gram] = seen.get(gram, 0) + 1
        weights = gram_weights(seen, len(known))
        return cls(list(weights), np.array(list(weights.values()), np.float32), math.log(len(known) + 1) + 1)

    def grow(self, wordings: Sequence[Wording]) -> None:
        """Their n-grams count as those that nothing has, so that vectors made before stay as they are."""
        new = [gram for one in wordings for gram in grams_of(one.words) if gram not in self._columns]
        for gram in dict.fromkeys(new):
            self._columns[gram] = len(self.grams)
            self.grams.append(gram)
        more = np.full(len(self.grams) - len(self.weights), self.unseen, np.float32)
        self.weights = np.concatenate([self.weights, more])

    def rows(self, wordings: Sequence[Wording]) -> Rows:
        starts = [0]
        columns: list[int] = []
        values: list[float] = []
        familiar: list[float] = []
        weights = self.weights.tolist()
        for wording in wordings:
            whole = known = 0.0
            begin = len(values)
            for gram, count in grams_of(wording.words, self._columns).items():
                column = self._columns.get(gram)
                weight = (1 + math.log(count)) * (self.unseen if column is None else weights[column])
                whole += weight * weight
                if column is not None:
                    known += weight * weight
                    columns.append(column)
                    values.append(weight)
            length = math.sqrt(whole) or 1.0
            values[begin:] = [value / length for value in values[begin:]]
            familiar.append(known / (whole or 1.0))
            starts.append(len(columns))
        return Rows(
            np.array(starts, np.int64),
            np.array(columns, np.int64),
            np.array(values, np.float32),
            np.array(familiar, np.float32),
        )


class Products:
    """The cosines of any vectors with the known ones."""

    def __init__(self, known: Rows, columns: int) -> None:
        self.size = len(known)
        owners = np.repeat(np.arange(self.size), np.diff(known.starts))
        frequent = np.argsort(-np.bincount(known.columns, minlength=columns), kind="stable")[:_DENSE]
        self._dense_column = np.full(columns, -1, np.int64)
        self._dense_column[frequent] = np.arange(len(frequent))
        where = self._dense_column[known.columns]
        is_dense = where >= 0
        self._dense = np.zeros((len(frequent), self.size), np.float32)
        self._dense[where[is_dense], owners[is_dense]] = known.values[is_dense]
        rest = np.flatnonzero(~is_dense)
        rest = rest[np.argsort(known.columns[rest], kind="stable")]
        self._lists = np.searchsorted(known.columns[rest], np.arange(columns + 1)).astype(np.int64)
        self._owners = owners[rest]
        self._values = known.values[rest]

    def blocks(self, rows: Rows) -> Iterator[tuple[int, int, Floats]]:
        """From, to, and one row of cosines with all known ones for each between."""
        for begin in range(0, len(rows), _BLOCK):
            end = min(begin + _BLOCK, len(rows))
            yield begin, end, self._block(rows, begin, end)

    def whole(self, rows: Rows) -> Floats:
        made = np.empty((len(rows), self.size), np.float32)
        for begin, end, block in self.blocks(rows):
            made[begin:end] = block
        return made

    def _block(self, rows: Rows, begin: int, end: int) -> Floats:
        size = end - begin
        columns = rows.columns[rows.starts[begin] : rows.starts[end]]
        values = rows.values[rows.starts[begin] : rows.starts[end]]
        row = np.repeat(np.arange(size), np.diff(rows.starts[begin : end + 1]))
        # The vocabulary may have grown since.
        is_here = columns < len(self._dense_column)
        columns, values, row = columns[is_here], values[is_here], row[is_here]
        where = self._dense_column[columns]
        is_dense = where >= 0
        dense = np.zeros((size, len(self._dense)), np.float32)
        dense[row[is_dense], where[is_dense]] = values[is_dense]
        made: Floats = dense @ self._dense
        columns, values, row = columns[~is_dense], values[~is_dense], row[~is_dense]
        lengths = self._lists[columns + 1] - self._lists[columns]
        total = int(lengths.sum())
        if total:
            ends = np.cumsum(lengths)
            places = np.repeat(self._lists[columns] - (ends - lengths), lengths) + np.arange(total)
            cells = np.repeat(row, lengths) * self.size + self._owners[places]
            sums = np.bincount(cells, np.repeat(values, lengths) * self._values[places], size * self.size)
            made += sums.reshape(size, self.size).astype(np.float32)
        return made
