"""Dotted fields of a posting: `title`, `company.name`, `locations.city` (of all), `locations.0.city`, `extra.team`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from jobpipe.errors import DefinitionError
from jobpipe.posting import FIELD_NAMES, NESTED, JobPosting
from jobpipe.transform.problems import nearest

# Those whose items have no parts.
_LISTS = frozenset({"skills", "experience", "education", "industry"})
_INDEX = re.compile(r"\[(\d+)\]")
Getter = Callable[[JobPosting], Any]


def getter_of(path: str) -> Getter:
    """A function that gives what stands there, None for nothing. Raises DefinitionError for a path of no posting."""
    field, *parts = _INDEX.sub(r".\1", path).split(".")
    if field not in FIELD_NAMES:
        raise DefinitionError(f"`{path}`: a posting has no field {field!r}", hint=nearest(field, FIELD_NAMES))
    _check_parts(path, field, parts)
    if not parts:
        return lambda posting: getattr(posting, field)
    if len(parts) == 1 and field in ("company", "salary"):
        part = parts[0]
        return lambda posting: getattr(getattr(posting, field), part, None)
    return lambda posting: _within(getattr(posting, field), parts)


def _check_parts(path: str, field: str, parts: list[str]) -> None:
    names = [part for part in parts if not part.isdigit()]
    if field == "extra" or not parts:
        return
    if field not in NESTED and (names or field not in _LISTS):
        raise DefinitionError(f"`{path}`: {field} has no parts")
    known = NESTED[field][0].__struct_fields__ if field in NESTED else ()
    if len(names) > 1 or (names and names[0] not in known):
        hint = nearest(names[0], known) or f"its parts: {', '.join(known)}"
        raise DefinitionError(f"`{path}`: {field} has no part {'.'.join(names)!r}", hint=hint)


def _within(value: Any, parts: list[str]) -> Any:
    for place, part in enumerate(parts):
        if value is None:
            return None
        if isinstance(value, list):
            if not part.isdigit():
                found = (_within(item, parts[place:]) for item in value)
                return [item for item in found if item is not None] or None
            value = value[int(part)] if int(part) < len(value) else None
        elif isinstance(value, Mapping):
            value = value.get(part)
        else:
            value = getattr(value, part, None) if isinstance(value, msgspec.Struct) else None
    return value


def is_absent(value: object) -> bool:
    """None, and what is empty."""
    return value is None or value == "" or value == [] or value == {}


def getters_of(fields: Mapping[str, str]) -> dict[str, Getter]:
    """Name there -> what stands in its field. Raises DefinitionError."""
    return {name: getter_of(path) for name, path in fields.items()}


def required(fields: Iterable[str]) -> Callable[[JobPosting], list[str]]:
    """A function that gives those of the fields that a posting lacks. Raises DefinitionError."""
    getters = [(field, getter_of(field)) for field in fields]
    return lambda posting: [field for field, get in getters if is_absent(get(posting))]
