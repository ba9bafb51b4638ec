"""Reads YAML as people mean it (YAML 1.2's core schema), and keeps where each key and value stands.

Only true, false, null and numbers are anything but text: `NO`, `01234`, `12:30` and dates stay what was written.
Keys that stand twice, anchors, aliases and tags are refused: they hide what a definition says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

Path = tuple[str | int, ...]
MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 40

_ALIAS_HINT = "write the value again, or put it in quotes where it is text"
# Those of what has none: text, mapping, list.
_TAGS = frozenset({"!", *(f"tag:yaml.org,2002:{kind}" for kind in ("str", "map", "seq"))})
_BOOLEANS = {"true": True, "false": False}
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Spot:
    """Counted from 1; the length is in characters, of its first line only."""

    line: int
    column: int
    length: int = 1


@dataclass(slots=True)
class Document:
    value: Any
    # Of each value, by its path.
    values: dict[Path, Spot] = field(default_factory=dict)
    # Of each key, by the path of its value.
    keys: dict[Path, Spot] = field(default_factory=dict)


class YamlProblem(Exception):
    """What is wrong with the text, and where."""

    def __init__(self, message: str, spot: Spot, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.spot = spot
        self.hint = hint


class _Loader(yaml.CSafeLoader):
    """Resolves nothing by itself: plain scalars are looked at here."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - the name and shape are PyYAML's


def read_yaml(text: str) -> Document:
    """Raises YamlProblem."""
    if len(text) > MAX_CHARACTERS:
        raise YamlProblem(f"{len(text):,} characters; the limit is {MAX_CHARACTERS:,}", Spot(1, 1))
    try:
        _refuse_what_hides(text)
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise _syntax_problem(error, text) from error
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        raise _reader_problem(error, text) from error
    document = Document(None)
    if node is not None:
        document.value = _build(node, (), document)
    return document


def _refuse_what_hides(text: str) -> None:
    """Anchors, aliases, and a depth that is no definition's: looked for in the events, which cost no stack."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise YamlProblem("anchors and aliases (& and *) are not read here", _spot(event), _ALIAS_HINT)
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
            if depth > MAX_DEPTH:
                raise YamlProblem(f"nested more than {MAX_DEPTH} deep", _spot(event))
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1


def _syntax_problem(error: yaml.MarkedYAMLError, text: str) -> YamlProblem:
    """What libyaml says, where a person looks for it: an open quote at its beginning, a tab as a tab."""
    mark = error.problem_mark or error.context_mark
    if error.context_mark and "quoted scalar" in (error.context or "") and "end of stream" in (error.problem or ""):
        mark = error.context_mark
        return YamlProblem("these quotes are never closed", Spot(mark.line + 1, mark.column + 1), "close them")
    if error.context_mark and "expected ','" in (error.problem or ""):
        mark = error.context_mark
        spot = Spot(mark.line + 1, mark.column + 1)
        return YamlProblem(
            "this bracket is not closed, or a comma is missing in it", spot, "put text that holds a bracket in quotes"
        )
    if mark is None:
        return YamlProblem(f"not YAML: {error.problem or error.context}", Spot(1, 1))
    spot = Spot(mark.line + 1, mark.column + 1)
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return YamlProblem("a tab cannot indent in YAML", Spot(mark.line + 1, line.index("\t") + 1), "use spaces")
    message = f"not YAML: {error.problem or error.context}"
    return YamlProblem(message, spot, _syntax_hint(message, line[mark.column : mark.column + 1]))


def _reader_problem(error: Exception, text: str) -> YamlProblem:
    """A character that YAML forbids, found again in the text: libyaml names no place for it."""
    found = _FORBIDDEN.search(text)
    if found is None:
        return YamlProblem(f"not YAML: {error}", Spot(1, 1))
    before = text[: found.start()]
    spot = Spot(before.count("\n") + 1, found.start() - before.rfind("\n"))
    return YamlProblem(f"the character U+{ord(found[0]):04X} cannot stand in YAML", spot, "take it out")


def _syntax_hint(message: str, character: str) -> str:
    if "mapping values are not allowed" in message:
        return "put text that holds `: ` in quotes, and check the indentation"
    if "cannot start any token" in message and character:
        return f"put text that begins with {character} in quotes"
    if "expected <block end>" in message or "could not find expected ':'" in message:
        return "check the indentation of this line and the one before; a key ends with `: `"
    if "did not find expected key" in message:
        return "a text in quotes ends with them: put quotes around all of it, double the ones inside"
    if "another document" in message:
        return "one definition a file: take the `---` out"
    return ""


def _spot(node: Any) -> Spot:
    start, end = node.start_mark, node.end_mark
    length = end.column - start.column if end.line == start.line else 1
    return Spot(start.line + 1, start.column + 1, max(1, length))


def _build(node: Any, path: Path, document: Document) -> Any:
    document.values[path] = _spot(node)
    if node.tag not in _TAGS:
        raise YamlProblem(f"the tag {node.tag} is not read here", _spot(node), "write the value without it")
    if isinstance(node, yaml.MappingNode):
        return _build_mapping(node, path, document)
    if isinstance(node, yaml.SequenceNode):
        return [_build(item, (*path, number), document) for number, item in enumerate(node.value)]
    return _scalar(node)


def _build_mapping(node: Any, path: Path, document: Document) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise YamlProblem("a key is a word, not a list or a mapping", _spot(key_node), "put it in quotes")
        key = str(key_node.value)
        if key in made:
            line = document.keys[(*path, key)].line
            raise YamlProblem(f"{key!r} stands twice: first in line {line}", _spot(key_node), "keep one of them")
        document.keys[(*path, key)] = _spot(key_node)
        made[key] = _build(value_node, (*path, key), document)
    return made


def _scalar(node: Any) -> Any:
    text = str(node.value)
    if node.style:
        return text
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text.lower() in _BOOLEANS and text in (text.lower(), text.upper(), text.capitalize()):
        return _BOOLEANS[text.lower()]
    if len(text) <= 40 and _INTEGER.fullmatch(text):
        return int(text)
    if len(text) <= 40 and _FLOAT.fullmatch(text):
        return float(text)
    return text
