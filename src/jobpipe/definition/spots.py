"""Where a path of the definition's normal form stands in the text that a person wrote, in whichever short form.

The normal form is the models': `title: [intitule, clean]` is there ("posting", "title", "from", 0) and
("posting", "title", "then", 0, "name"); `company.name: x` is ("posting", "company", "parts", "name", "from", 0).
"""

from __future__ import annotations

from typing import Any

from jobpipe.definition.models import RULE_WORDS
from jobpipe.definition.yaml import Document, Path, Spot

_STEPS = ("then", "each")


def spot_of(document: Document, path: Path, *, of_key: bool = False) -> Spot:
    """The value there, or its key where the value spans lines or is what is missing in it; the nearest spot above
    where the text does not have it."""
    raw, names_key = _raw_path(document.value, path)
    wants_key = of_key or names_key or isinstance(value_at(document.value, raw), (dict, list, type(None)))
    if wants_key and raw in document.keys:
        return document.keys[raw]
    return document.values.get(raw) or document.keys.get(raw) or Spot(1, 1)


def within(spot: Spot, document: Document, text: str, path: Path, span: tuple[int, int]) -> Spot:
    """The characters of the text there that are meant (start, end), where it stands in one line as it is read.

    `spot`: of the whole; (0, 0) = the whole.
    """
    value, lines = value_at(document.value, path), text.split("\n")
    start, end = span
    if not end or not isinstance(value, str) or spot.line > len(lines):
        return spot
    line = lines[spot.line - 1]
    # Plain, or in quotes.
    for first in (spot.column - 1, spot.column):
        if line[first : first + len(value)] == value:
            return Spot(spot.line, first + start + 1, max(1, end - start))
    return spot


def value_at(value: Any, path: Path) -> Any:
    """What stands at a path of the text; None where nothing does."""
    for step in path:
        if not _has(value, step):
            return None
        value = value[step]
    return value


def _has(value: Any, step: str | int) -> bool:
    if isinstance(value, dict):
        return step in value
    return isinstance(value, list) and isinstance(step, int) and step < len(value)


# Each of these gives the longest part of the path that is in the text, and whether its key is what is meant.


def _raw_path(root: Any, path: Path) -> tuple[Path, bool]:
    rules = root.get("posting") if isinstance(root, dict) else None
    if len(path) < 2 or path[0] != "posting" or not isinstance(rules, dict):
        return _plain(root, path), False
    field, rest = str(path[1]), path[2:]
    if len(rest) >= 2 and rest[0] == "parts" and f"{field}.{rest[1]}" in rules:
        dotted = f"{field}.{rest[1]}"
        return _in_rule(rules[dotted], ("posting", dotted), rest[2:])
    if field in rules:
        return _in_rule(rules[field], ("posting", field), rest)
    dotted = next((name for name in rules if str(name).startswith(f"{field}.")), "")
    return (("posting", dotted) if dotted else ("posting",)), True


def _plain(value: Any, path: Path) -> Path:
    raw: Path = ()
    for step in path:
        if _has(value, step):
            value = value[step]
            raw = (*raw, step)
        elif step != 0:  # 0: one value where several are allowed
            break
    return raw


def _in_rule(rule: Any, raw: Path, rest: Path) -> tuple[Path, bool]:
    if not rest:
        return raw, True
    word, below = rest[0], rest[1:]
    if isinstance(rule, list):
        return _in_list(rule, raw, word, below)
    if not isinstance(rule, dict):
        return raw, False
    if word == "parts" and below and not rule.keys() & RULE_WORDS:
        return _in_part(rule, raw, below)
    if word not in rule:
        return raw, True
    if word == "parts":
        return _in_part(rule["parts"], (*raw, "parts"), below)
    if word in _STEPS and below:
        return _in_steps(rule[word], (*raw, word), below)
    return (*raw, word, *_plain(rule[word], below)), False


def _in_list(rule: list[Any], raw: Path, word: str | int, below: Path) -> tuple[Path, bool]:
    """A path followed by steps."""
    if word == "from" and rule:
        return (*raw, 0), False
    if word == "then" and below and isinstance(below[0], int) and below[0] + 1 < len(rule):
        place = below[0] + 1
        return _in_step(rule[place], (*raw, place), below[1:])
    return raw, False


def _in_part(parts: Any, raw: Path, rest: Path) -> tuple[Path, bool]:
    if not rest or not isinstance(parts, dict) or rest[0] not in parts:
        return raw, True
    return _in_rule(parts[rest[0]], (*raw, rest[0]), rest[1:])


def _in_steps(steps: Any, raw: Path, rest: Path) -> tuple[Path, bool]:
    place = rest[0]
    if not isinstance(steps, list):  # one where several are allowed
        return _in_step(steps, raw, rest[1:])
    if isinstance(place, int) and place < len(steps):
        return _in_step(steps[place], (*raw, place), rest[1:])
    return raw, False


def _in_step(step: Any, raw: Path, rest: Path) -> tuple[Path, bool]:
    if not isinstance(step, dict) or len(step) != 1:
        return raw, False
    ((name, given),) = step.items()
    here = (*raw, name)
    if not rest or rest[0] == "name":
        return here, True
    if rest[0] == "params" and len(rest) > 1 and isinstance(given, dict) and rest[1] in given:
        return (*here, *_plain(given, rest[1:])), True
    return here, isinstance(given, (dict, list))
