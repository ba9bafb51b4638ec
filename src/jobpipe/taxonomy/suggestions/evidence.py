"""What speaks for each code, found among the known labels that are nearest: in spelling, and in meaning if there is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from jobpipe.taxonomy.suggestions.families import with_families
from jobpipe.taxonomy.suggestions.spelling import SpellingIndex
from jobpipe.taxonomy.suggestions.wording import Wording

# How many of the nearest labels are looked at.
NEAREST = 100
# What the share in the nearest labels counts beside the regression, in which candidates are looked at first.
_CROWD = 0.3


class Candidate(NamedTuple):
    code: int
    # The nearest of its labels.
    label: int
    # What a regression over the known labels gives it; about 1 where all that are near say the same.
    learned: float
    # Its share in the nearest labels, near ones counting more.
    share: float
    # The greatest cosines of one of its labels.
    spelling: float
    meaning: float
    # How many of its labels are among the nearest.
    labels: int


class Evidence(NamedTuple):
    # The strongest first; none where nothing known is alike at all.
    candidates: list[Candidate]
    # How much of the label is spelled with what is known, from 0 to 1.
    familiar: float


class Known(NamedTuple):
    """The labels to compare with, each wording once."""

    wordings: list[Wording]
    # The numbers of the codes that each wording leads to; none = it was known once.
    codes: list[tuple[int, ...]]
    # Of each code's number; empty where codes are in no families.
    families: dict[int, str]


class EvidenceSource(Protocol):
    has_meaning: bool

    def of(self, wordings: Sequence[Wording]) -> Iterator[Evidence]: ...

    def notice(self, labels: Sequence[int]) -> None:
        """These known labels are new (then they are the last ones), or have other codes than before."""
        ...


class SpellingEvidence:
    """Spelling alone, without numpy."""

    has_meaning = False

    def __init__(self, known: Known) -> None:
        self._known = known
        self._index = SpellingIndex(known.wordings)

    def of(self, wordings: Sequence[Wording]) -> Iterator[Evidence]:
        for wording in wordings:
            similar, familiar = self._index.similar(wording)
            nearest = dict(sorted(similar.items(), key=lambda one: (-one[1], one[0]))[:NEAREST])
            yield Evidence(gather(self._known, nearest, {}, by_code(self._known, _votes(nearest))), familiar)

    def notice(self, labels: Sequence[int]) -> None:
        for label in labels:
            if label >= len(self._index):
                self._index.add(self._known.wordings[label])


def _votes(nearest: Mapping[int, float]) -> dict[int, float]:
    """What stands for a regression without numpy: the nearest counts most, a crowd of others a little."""
    return {label: spelling**4 for label, spelling in nearest.items()}


def by_code(known: Known, votes: Mapping[int, float]) -> dict[int, float]:
    """What the labels say, by code; a label of several says each of them in part."""
    found: dict[int, float] = defaultdict(float)
    for label, vote in votes.items():
        for code in known.codes[label]:
            found[code] += vote / len(known.codes[label])
    return found


def gather(
    known: Known, spelling: Mapping[int, float], meaning: Mapping[int, float], learned: Mapping[int, float]
) -> list[Candidate]:
    """The codes of the nearest labels: `spelling` has these all, `meaning` is by label too, `learned` by code."""
    alike = {label: spelling[label] ** 2 + 2 * max(0.0, meaning.get(label, 0.0)) ** 3 for label in spelling}
    whole = sum(value * value for value in alike.values()) or 1.0
    learned = with_families(learned, known.families)
    labels: dict[int, list[int]] = defaultdict(list)
    for label in spelling:
        for code in known.codes[label]:
            labels[code].append(label)
    found = []
    for code, some in labels.items():
        best = max(some, key=lambda label: (alike[label], -label))
        found.append(
            Candidate(
                code,
                best,
                learned[code],
                sum(alike[label] ** 2 for label in some) / whole,
                max(spelling[label] for label in some),
                max((meaning[label] for label in some if label in meaning), default=0.0),
                len(some),
            )
        )
    return sorted(found, key=lambda one: (-(one.learned + _CROWD * one.share), one.code))
