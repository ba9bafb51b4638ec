"""The words that may stand at a place of a definition, from its schema: what an editor offers.

The place is found by indentation, so that a text which is not valid yet has its words too.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jobpipe.runs.definition_schema import whole_schema

# A key, perhaps the first of an item of a list.
_KEY = re.compile(r"""^(\s*(?:-\s+)?)["']?([^\s"'#:][^"'#:]*)["']?\s*:(?:\s|$)""")
# What is being written at the end of the text before the caret.
_WORD = re.compile(r"[\w.@-]*$")
MOST = 60
# Of a schema that names itself.
_DEPTH = 12

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Word:
    word: str
    # What it means; "" = it does not say.
    about: str
    # A key, which a value follows.
    is_key: bool


@dataclass(frozen=True, slots=True)
class Offer:
    # Where the caret stands: posting, salary.
    path: tuple[str, ...]
    words: list[Word]


@functools.cache
def _schema() -> Schema:
    return whole_schema()


def words_at(text: str, line: int, column: int) -> Offer:
    """`line` and `column` count from 1; beyond the text its end is meant."""
    lines = text.split("\n")
    line = min(max(line, 1), len(lines))
    before = lines[line - 1][: max(column - 1, 0)]
    typed = _WORD.search(before)
    prefix = typed[0] if typed else ""
    key = _KEY.match(before)
    path, there = _place(lines, line, before)
    if key is not None:
        offered = list(_values(_at((*path, key[2].strip()))))
    else:
        offered = [word for word in _keys(_at(path)) if word.word not in there]
        offered += [word for word in _values(_at(path)) if before.lstrip().startswith("-")]
    chosen = [word for word in offered if word.word.startswith(prefix)] if prefix else offered
    whole = (*path, key[2].strip()) if key is not None else path
    return Offer(whole, list(dict.fromkeys(chosen))[:MOST])


def _place(lines: list[str], line: int, before: str) -> tuple[tuple[str, ...], set[str]]:
    """The keys above the caret, the outermost first, and those that stand beside it."""
    here = _indent(before)
    path: list[str] = []
    below = here
    for text in reversed(lines[: line - 1]):
        found = _KEY.match(text)
        if found is not None and len(found[1]) < below:
            path.insert(0, found[2].strip())
            below = len(found[1])
        if not below:
            break
    return tuple(path), _beside(lines, line, here)


def _beside(lines: list[str], line: int, indent: int) -> set[str]:
    found: set[str] = set()
    for part in (reversed(lines[: line - 1]), lines[line:]):
        for text in part:
            if not text.strip() or text.lstrip().startswith("#"):
                continue
            key = _KEY.match(text)
            if _indent(text) < indent:
                break
            if key is not None and len(key[1]) == indent:
                found.add(key[2].strip())
    return found


def _indent(text: str) -> int:
    """Of the key, behind the dash of an item of a list."""
    return len(text) - len(text.lstrip(" -")) if text.lstrip().startswith("- ") else len(text) - len(text.lstrip())


# In the schema --------------------------------------------------------------------------------------


def _at(path: tuple[str, ...]) -> list[Schema]:
    found = list(_forms(_schema(), _DEPTH))
    for step in path:
        found = [form for one in found for below in _below(one, step) for form in _forms(below, _DEPTH)]
    return found


def _below(schema: Schema, key: str) -> Iterator[Schema]:
    if key in schema.get("properties", {}):
        yield schema["properties"][key]
        return
    for pattern, one in schema.get("patternProperties", {}).items():
        if re.search(pattern, key):
            yield one
    if isinstance(schema.get("additionalProperties"), dict):
        yield schema["additionalProperties"]


def _forms(schema: Any, depth: int) -> Iterator[Schema]:
    """The schema itself and whatever it may be instead; of a list what may be in it."""
    if not isinstance(schema, dict) or not depth:
        return
    yield schema
    if (name := schema.get("$ref", "")).startswith("#/$defs/"):
        yield from _forms(_schema()["$defs"].get(name.removeprefix("#/$defs/")), depth - 1)
    inner = [*schema.get("anyOf", []), *schema.get("oneOf", []), *schema.get("allOf", []), schema.get("items")]
    for one in inner:
        yield from _forms(one, depth - 1)


def _keys(forms: list[Schema]) -> Iterator[Word]:
    for form in forms:
        for name, one in form.get("properties", {}).items():
            yield Word(name, _about(one), is_key=True)


def _values(forms: list[Schema]) -> Iterator[Word]:
    for form in forms:
        described = form.get("enumDescriptions", [])
        for place, value in enumerate(form.get("enum", [])):
            about = described[place] if place < len(described) else ""
            yield Word(_written(value), about, is_key=False)
        if "const" in form:
            yield Word(_written(form["const"]), _about(form), is_key=False)
        if form.get("type") == "boolean":
            yield from (Word(word, "", is_key=False) for word in ("true", "false"))


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _about(schema: Any) -> str:
    """Its first sentence."""
    if not isinstance(schema, dict):
        return ""
    about = str(schema.get("description", "")) or next((_about(one) for one in _referred(schema)), "")
    return about.split(". ")[0].rstrip(".")


def _referred(schema: Schema) -> Iterator[Schema]:
    if (name := schema.get("$ref", "")).startswith("#/$defs/"):
        yield _schema()["$defs"].get(name.removeprefix("#/$defs/"), {})
