"""What was decided for the very same label: by whom, how often, and whether they agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from jobpipe.taxonomy.labels import normalise_label
from jobpipe.taxonomy.suggestions.suggestion import KnownLabel

# How much a decision counts: for the client itself, for all, for another client; and that nothing of it holds.
_OWN, _ALL, _OTHER, _DOUBT = 6.0, 3.0, 2.0, 0.12
_NAME = 3.0


class Remembered(NamedTuple):
    code: str
    label: str
    confidence: float
    reason: str


class Memory:
    def __init__(self, known: Iterable[KnownLabel], client: str = "") -> None:
        self._client = client
        self._known: dict[str, list[KnownLabel]] = defaultdict(list)
        for one in dict.fromkeys(known):
            self.add(one)

    def add(self, one: KnownLabel) -> None:
        self._known[normalise_label(one.label)].append(one)

    def of(self, label: str) -> list[Remembered]:
        """The surest first; their confidences add up to less than 1."""
        found = self._known.get(normalise_label(label), ())
        weights = {one: self._weight(one) for one in found}
        whole = sum(weights.values()) + _DOUBT
        by_code: dict[str, list[KnownLabel]] = defaultdict(list)
        for one in found:
            by_code[one.code].append(one)
        made = [
            Remembered(code, some[0].label, sum(weights[one] for one in some) / whole, self._reason(some))
            for code, some in by_code.items()
        ]
        return sorted(made, key=lambda one: (-one.confidence, one.code))

    def _weight(self, one: KnownLabel) -> float:
        if not one.is_decision:
            return _NAME
        if not one.client:
            return _ALL
        return _OWN if one.client == self._client else _OTHER

    def _reason(self, some: list[KnownLabel]) -> str:
        decided = [one for one in some if one.is_decision]
        if not decided:
            return "its own name"
        clients = dict.fromkeys(one.client for one in decided if one.client)
        if self._client in clients:
            others = len(clients) - 1
            more = f" and {others} other client{'s' * (others > 1)}" if others else ""
            return f"decided for {self._client}{more}"
        if not clients:
            return "decided for all"
        named = next(iter(clients)) if len(clients) == 1 else f"{len(clients)} clients"
        return f"decided for {named}"
