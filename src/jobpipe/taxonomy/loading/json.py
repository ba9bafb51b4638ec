"""A JSON file as a table: a list of objects, an object of them by code, `code: label`, or an object a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from jobpipe.errors import DefinitionError, Place
from jobpipe.taxonomy.loading.column_names import LANGUAGES
from jobpipe.taxonomy.loading.file_bytes import text_of
from jobpipe.taxonomy.loading.objects import objects_table
from jobpipe.taxonomy.loading.table import Table

_HINT = 'such as [{"code": "A1", "label": "…"}], or {"A1": "…"}'


def read_json(data: bytes, shown: str, encoding: str, children: str) -> Table:
    """Raises DefinitionError where it is no JSON, or nothing in it looks like a taxonomy."""
    text, _ = text_of(data, shown, encoding)
    return objects_table(_objects(_parsed(text, shown), shown), shown, children)


def _parsed(text: str, shown: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
        if len(lines) > 1 and lines[0][1].lstrip().startswith("{") and lines[0][1].rstrip().endswith("}"):
            return _Lines([(number, _line(line, shown, number)) for number, line in lines])
        raise DefinitionError(f"not JSON: {error}", place=Place(source=shown)) from error


class _Lines(list[tuple[int, Any]]):
    """The values of a file with one a line."""


def _line(line: str, shown: str, number: int) -> Any:
    try:
        return msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError) as error:
        raise DefinitionError(f"not JSON: {error}", place=Place(source=shown, line=number)) from error


def _objects(value: Any, shown: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if isinstance(value, _Lines):
        yield from ((number, one) for number, one in value if isinstance(one, dict))
        return
    if isinstance(value, dict):
        if "@context" in value or "@graph" in value:
            hint = "get the same as RDF/XML or Turtle, which publishers offer too"
            raise DefinitionError("JSON-LD is not read", place=Place(source=shown), hint=hint)
        value = _of_object(value)
    if not isinstance(value, list) or not value:
        raise DefinitionError("no list of categories is in the file", place=Place(source=shown), hint=_HINT)
    for number, one in enumerate(value, 1):
        if isinstance(one, str):
            yield 0, {"label": one}
        elif isinstance(one, dict):
            yield 0, one
        else:
            raise DefinitionError("no category", place=Place(source=shown, ordinal=number), hint=_HINT)


def _of_object(value: dict[str, Any]) -> Any:
    """{"A1": "Sales"}, {"A1": {…}}, {"A1": {"fr": …}}, or a list somewhere behind a name."""
    lists = [one for one in value.values() if isinstance(one, list) and one and isinstance(one[0], dict)]
    if value and all(isinstance(one, str) for one in value.values()):
        return [{"code": code, "label": label} for code, label in value.items()]
    if value and all(isinstance(one, dict) for one in value.values()):
        return [_with_code(code, one) for code, one in value.items()]
    if lists:
        return max(lists, key=len)
    inner = [one for one in value.values() if isinstance(one, dict)]
    return _of_object(inner[0]) if len(inner) == 1 else [value]


def _with_code(code: str, one: dict[str, Any]) -> dict[str, Any]:
    if one and all(name.casefold() in LANGUAGES and isinstance(said, str) for name, said in one.items()):
        return {"code": code, "label": one}
    return one if "code" in one else {"code": code, **one}
