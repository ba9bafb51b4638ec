"""Suggestions for a label that has no mapping: what a person is offered to choose from, never applied by itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from jobpipe.taxonomy.labels import normalise_label
from jobpipe.taxonomy.tables import MappingTable


class Suggestion(NamedTuple):
    code: str
    # What the code is known by, or the label that was once mapped to it.
    label: str
    # From 0 to 1; how sure that is depends on who suggests.
    confidence: float
    reason: str
    taxonomy: str = ""


class Suggester(Protocol):
    def suggest(self, label: str, *, limit: int) -> list[Suggestion]:
        """The best first, each code once."""
        ...


class KnownLabel(NamedTuple):
    label: str
    code: str
    taxonomy: str = ""


class SimilarLabels:
    """Codes whose labels are written alike, by rapidfuzz."""

    def __init__(self, known: Iterable[KnownLabel]) -> None:
        self._known = list(dict.fromkeys(known))
        self._normalised = [normalise_label(one.label) for one in self._known]

    def suggest(self, label: str, *, limit: int) -> list[Suggestion]:
        from rapidfuzz import fuzz, process

        # Many labels may lead to one code.
        found = process.extract(
            normalise_label(label), self._normalised, scorer=fuzz.WRatio, limit=max(20, 8 * limit), score_cutoff=40
        )
        best: dict[tuple[str, str], Suggestion] = {}
        for _, score, place in found:
            one = self._known[place]
            suggestion = Suggestion(one.code, one.label, score / 100, f"like {one.label!r}", one.taxonomy)
            best.setdefault((one.code, one.taxonomy), suggestion)
        return list(best.values())[:limit]


class Choices:
    """All values of a table that has only so many: those of labels that are written alike first."""

    def __init__(self, known: Suggester, values: Iterable[str]) -> None:
        self._known = known
        self._values = tuple(values)

    def suggest(self, label: str, *, limit: int) -> list[Suggestion]:
        alike = [one for one in self._known.suggest(label, limit=limit) if one.code in self._values]
        named = {one.code for one in alike}
        others = [Suggestion(value, value, 0.0, "") for value in self._values if value not in named]
        return [*alike, *others][:limit]


def labels_of(table: MappingTable) -> Iterable[KnownLabel]:
    """What was decided in a table, in all its layers."""
    for layer in table.layers:
        for label, value in layer.labels.items():
            code = value.get("code") if isinstance(value, dict) else value
            taxonomy = value.get("taxonomy", "") if isinstance(value, dict) else ""
            if isinstance(code, str):
                yield KnownLabel(label, code, str(taxonomy or ""))
