"""Objects as rows of a table: values as cells, names in several languages as columns, what is nested as below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jobpipe.errors import LimitExceededError, Place
from jobpipe.taxonomy.loading.column_names import LANGUAGES
from jobpipe.taxonomy.loading.table import Row, Table

MAX_ROWS = 1_000_000
_CHILDREN = frozenset(
    ["children", "narrower", "items", "nodes", "subcategories", "categories", "enfants", "kinder", "sub", "members"]
)


def objects_table(objects: Iterable[tuple[int, Mapping[str, Any]]], shown: str, children: str) -> Table:
    """(line, object) in their order; `children` names what is below an object, "" = by its usual names.

    Raises LimitExceededError where there are too many.
    """
    table = Table(shown, [])
    columns: dict[str, None] = {}
    for line, one in objects:
        # The objects still to come and the row that each is below; no recursion, however deep it goes.
        waiting: list[tuple[Mapping[str, Any], int]] = [(one, -1)]
        while waiting:
            found, above = waiting.pop()
            if len(table.rows) >= MAX_ROWS:
                raise LimitExceededError(f"more than {MAX_ROWS:,} objects", place=Place(source=shown))
            cells = dict(_cells(found))
            number = len(table.rows)
            table.rows.append(Row(line, cells, number + 1))
            if above >= 0:
                table.below[number] = above
            columns.update(dict.fromkeys(cells))
            waiting += [(child, number) for child in reversed(list(_children(found, children)))]
    table.columns = list(columns)
    return table


def _children(one: Mapping[str, Any], named: str) -> Iterator[Mapping[str, Any]]:
    for name, value in one.items():
        if (name == named) if named else (str(name).casefold() in _CHILDREN):
            yield from (child for child in _listed(value) if isinstance(child, Mapping))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _cells(one: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in one.items():
        if isinstance(value, Mapping):
            # {"fr": …, "en": …}: a label in several languages.
            for language, text in value.items():
                if str(language)[:2].casefold() in LANGUAGES and (cell := _cell(text)):
                    yield f"{name}_{str(language)[:2].casefold()}", cell
        elif cell := _cell(value):
            yield str(name), cell


def _cell(value: Any) -> str:
    """Several texts are one cell with several lines."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, (int, float)):
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    if isinstance(value, list):
        return "\n".join(cell for one in value if not isinstance(one, (list, dict)) and (cell := _cell(one)))
    return ""
