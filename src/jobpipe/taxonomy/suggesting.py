"""What a mapping table gives to suggest from: its labels, and its values where there are only so many."""

from __future__ import annotations

from collections.abc import Iterable

from jobpipe.taxonomy.suggestions.suggestion import KnownLabel, Suggester, Suggestion
from jobpipe.taxonomy.tables import MappingTable


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

    def learn(self, known: KnownLabel) -> None:
        self._known.learn(known)


def labels_of(table: MappingTable) -> Iterable[KnownLabel]:
    """What was decided in a table, in all its layers."""
    for layer in table.layers:
        for label, value in layer.labels.items():
            code = value.get("code") if isinstance(value, dict) else value
            taxonomy = value.get("taxonomy", "") if isinstance(value, dict) else ""
            if isinstance(code, str):
                yield KnownLabel(label, code, str(taxonomy or ""), True)
