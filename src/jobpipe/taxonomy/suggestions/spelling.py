"""How alike labels are spelled: the cosine of their n-grams, weighted by TF-IDF; without numpy."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from jobpipe.taxonomy.suggestions.wording import Wording, grams_of


class SpellingIndex:
    """From a wording to the known ones that share n-grams with it."""

    def __init__(self, known: Sequence[Wording]) -> None:
        grams = [grams_of(one.words) for one in known]
        seen: dict[str, int] = defaultdict(int)
        for one in grams:
            for gram in one:
                seen[gram] += 1
        self.weights = gram_weights(seen, len(known))
        self.unseen = math.log(len(known) + 1) + 1
        self._postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        self._size = 0
        for one in grams:
            self._add(one)

    def __len__(self) -> int:
        return self._size

    def add(self, wording: Wording) -> None:
        """One more; n-grams keep the weights that they have."""
        self._add(grams_of(wording.words))

    def _add(self, grams: dict[str, int]) -> None:
        for gram, weight in self._vector(grams)[0].items():
            self._postings[gram].append((self._size, weight))
        self._size += 1

    def similar(self, wording: Wording) -> tuple[dict[int, float], float]:
        """The cosine by the number of the known label; and how much of the wording is known at all, from 0 to 1."""
        vector, familiar = self._vector(grams_of(wording.words, self.weights))
        found: dict[int, float] = defaultdict(float)
        for gram, weight in vector.items():
            for number, other in self._postings.get(gram, ()):
                found[number] += weight * other
        return found, familiar

    def _vector(self, grams: dict[str, int]) -> tuple[dict[str, float], float]:
        vector = {gram: (1 + math.log(count)) * self.weights.get(gram, self.unseen) for gram, count in grams.items()}
        whole = sum(weight * weight for weight in vector.values()) or 1.0
        known = sum(weight * weight for gram, weight in vector.items() if gram in self.weights)
        return {gram: weight / math.sqrt(whole) for gram, weight in vector.items()}, known / whole


def gram_weights(seen: dict[str, int], known: int) -> dict[str, float]:
    """The inverse document frequency of each n-gram; `seen` says in how many labels it is."""
    return {gram: math.log((known + 1) / (count + 1)) + 1 for gram, count in seen.items()}
