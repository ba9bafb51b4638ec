"""A wrapper that looks like a record: where the records are a list within it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jobpipe.drafting.columns import Column
from jobpipe.drafting.names import strength_of
from jobpipe.drafting.sampling import Sample

# So many items, in the few records that there are, of which some parts are titles and references.
_LEAST_ITEMS, _MOST_RECORDS = 2, 2
_DEEPEST = 4


def record_within(found: Sample, columns: list[Column]) -> str:
    """The path of the records, as `source.record` has it; "" = the records are what they should be."""
    if len(found.values) > _MOST_RECORDS:
        return ""
    groups: dict[str, list[Column]] = {}
    for column in columns:
        if column.group and not column.steps and max(map(len, column.rows), default=0) >= _LEAST_ITEMS:
            groups.setdefault(column.group, []).append(column)
    own = [column for column in columns if not column.group]
    if _tells(own, "title") or not groups:
        return ""
    best = next(
        (group for group, inside in groups.items() if _tells(inside, "title") and _tells(inside, "reference")), ""
    )
    if not best:
        return ""
    if found.kind == "xml":
        return best.rpartition("/")[2]
    above = _path_of(found.values[0], found.whole, "", 0)
    if above is None:
        return ""
    return f"{above}.{best}" if above else best


def _tells(columns: list[Column], role: str) -> bool:
    return any(strength_of(column.names, role) >= 0.8 and column.texts for column in columns)


def _path_of(wanted: Any, value: Any, path: str, depth: int) -> str | None:
    """Of the list that has an object; None = it is not there."""
    if depth > _DEEPEST:
        return None
    if isinstance(value, list):
        if any(one == wanted for one in value):
            return f"{path}[*]"
        return next(_found(wanted, [(f"{path}[*]", one) for one in value[:5]], depth), None)
    if isinstance(value, dict):
        if value == wanted:
            return path
        return next(_found(wanted, [(f"{path}.{k}" if path else k, one) for k, one in value.items()], depth), None)
    return None


def _found(wanted: Any, inside: list[tuple[str, Any]], depth: int) -> Iterator[str]:
    for path, one in inside:
        if isinstance(one, (dict, list)) and (way := _path_of(wanted, one, path, depth + 1)) is not None:
            yield way
