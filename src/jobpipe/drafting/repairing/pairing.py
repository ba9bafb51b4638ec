"""Which new record is which old one: by the values that both have and few others do, whatever their paths are."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from jobpipe.drafting.columns import text_of
from jobpipe.drafting.repairing.likeness import loose
from jobpipe.errors import RecordError
from jobpipe.sources.formats.readers import reader_for
from jobpipe.sources.record import RawRecord

# Texts that are shorter are in too many records.
_SHORTEST = 4
# What two records must share at least, in bits, and how much more than with the next best one.
_ENOUGH, _AHEAD = 6.0, 1.01
_DEEPEST = 12


class Pair(NamedTuple):
    """The places of one record among the old ones and among the new ones."""

    old: int
    new: int


class Past:
    """The records as they were, known by their texts."""

    def __init__(self, records: Sequence[RawRecord]) -> None:
        self.records = list(records)
        self._texts = [texts_of(record) for record in self.records]

    def __len__(self) -> int:
        return len(self.records)

    def pairs_with(self, new: Sequence[RawRecord]) -> list[Pair]:
        """Each record at most once, in the order of the new ones."""
        holding: defaultdict[str, list[int]] = defaultdict(list)
        for place, record in enumerate(new):
            for text in texts_of(record):
                holding[text].append(place)
        rarity = {text: math.log2(max(len(new), 2) / len(places)) + 0.5 for text, places in holding.items()}
        scores: list[tuple[float, int, int]] = []
        for place, texts in enumerate(self._texts):
            weights: Counter[int] = Counter()
            for text in texts:
                for other in holding.get(text, ()):
                    weights[other] += rarity[text] * min(4.0, len(text) / 6)  # type: ignore[assignment]
            best = weights.most_common(2)
            is_clear = best and best[0][1] >= _ENOUGH and (len(best) == 1 or best[0][1] >= _AHEAD * best[1][1])
            if is_clear:
                scores.append((best[0][1], place, best[0][0]))
        taken: dict[int, int] = {}
        for _, place, other in sorted(scores, reverse=True):
            taken.setdefault(other, place)
        return [Pair(place, other) for other, place in sorted(taken.items())]


def texts_of(record: RawRecord) -> frozenset[str]:
    """What is said in it, wherever and however it is written."""
    reader = reader_for(record.context.kind)
    try:
        value = reader.as_value(reader.read(record.raw, record.context).root)
    except RecordError:
        return frozenset()
    return frozenset(text for leaf in _leaves(value, 0) if len(text := loose(leaf)) >= _SHORTEST)


def _leaves(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, dict):
        for below in value.values() if depth < _DEEPEST else ():
            yield from _leaves(below, depth + 1)
    elif isinstance(value, list):
        for below in value if depth < _DEEPEST else ():
            yield from _leaves(below, depth + 1)
    elif text := text_of(value):
        yield text
