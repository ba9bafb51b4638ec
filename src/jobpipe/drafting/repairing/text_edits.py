"""Changing values in the text of a YAML file in place: comments, order and the way that it is written stay."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from jobpipe.definition.yaml import Path, read_yaml

# What YAML would read as something else, or not at all, without quotes.
_PLAIN = re.compile(r"[A-Za-zÀ-ÿ0-9_/.$][\w/.$@ À-ÿ()*+-]*(?:[\w/.)])?|[A-Za-zÀ-ÿ0-9_/.$]")
_INDENT = 2


class Removed:
    """Stands for a value that goes, with its key."""


REMOVED = Removed()


@dataclass(frozen=True, slots=True)
class TextEdit:
    # Of the value, as the text has it (`jobpipe.definition.yaml`): a key that is not there yet is added.
    path: Path
    value: Any


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - the name and shape are PyYAML's


def edited(text: str, edits: Iterable[TextEdit]) -> str:
    """Each edit sees the text that the ones before it left. Raises KeyError where a path leads through no mapping."""
    for edit in edits:
        text = _edited(text, edit.path, edit.value)
    return text


def _edited(text: str, path: Path, value: Any) -> str:
    root = yaml.compose(text, Loader=_Loader)
    node, at = root, 0
    while at < len(path):
        below = _child(node, path[at])
        if below is None:
            return _added(text, node, path[at:], value)
        parent, node = node, below
        at += 1
    if isinstance(value, Removed):
        return _removed(text, parent, path[-1])
    return _replaced(text, node, value)


def _child(node: Any, step: str | int) -> Any:
    if isinstance(node, yaml.MappingNode):
        return next((below for key, below in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step]
    return None


# Replacing -------------------------------------------------------------------------------------------


def _replaced(text: str, node: Any, value: Any) -> str:
    """Only what differs of it."""
    if isinstance(node, yaml.MappingNode) and isinstance(value, Mapping) and node.value:
        return _merged(text, node, value)
    if isinstance(node, yaml.SequenceNode) and isinstance(value, list) and len(value) == len(node.value):
        before = _value_of(node)
        for place in reversed(range(len(value))):
            if before[place] != value[place]:
                text = _replaced(text, node.value[place], value[place])
        return text
    if _value_of(node) == value:
        return text
    style = getattr(node, "style", None) if isinstance(node, yaml.ScalarNode) else None
    end = node.end_mark.index
    # A block ends where the next one begins: what is between belongs to nobody.
    written = text[node.start_mark.index : end]
    end -= len(written) - len(written.rstrip())
    begins = text[: node.start_mark.index]
    line = begins[begins.rfind("\n") + 1 :]
    made = flow(value, style)
    if not line.strip() and isinstance(node, (yaml.MappingNode, yaml.SequenceNode)):
        # A block below its key: it goes up beside it.
        begins = begins.rstrip() + " "
    return begins + made + text[end:]


def _merged(text: str, node: Any, value: Mapping[str, Any]) -> str:
    """From the last key to the first, so that places stay what they were."""
    known = {str(key.value) for key, _ in node.value}
    for key, below in reversed(node.value):
        name = str(key.value)
        if name not in value:
            continue
        text = _replaced(text, below, value[name])
    path_to_add = [name for name in value if name not in known]
    gone = [str(key.value) for key, _ in node.value if str(key.value) not in value]
    for name in gone:
        text = _removed(text, _again(text, node), name)
    for name in path_to_add:
        text = _added(text, _again(text, node), (name,), value[name])
    return text


def _again(text: str, node: Any) -> Any:
    """The node that begins where this one did, in a text that was changed behind its beginning."""
    start = node.start_mark.index
    stack = [yaml.compose(text, Loader=_Loader)]
    while stack:
        one = stack.pop()
        if isinstance(one, type(node)) and one.start_mark.index == start:
            return one
        if isinstance(one, yaml.MappingNode):
            stack += [below for _, below in one.value]
        elif isinstance(one, yaml.SequenceNode):
            stack += one.value
    raise KeyError(start)


def _value_of(node: Any) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): _value_of(below) for key, below in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_value_of(below) for below in node.value]
    if node.style:
        return str(node.value)
    return read_yaml(str(node.value)).value if str(node.value).strip() else None


# Adding and removing ---------------------------------------------------------------------------------


def _added(text: str, node: Any, path: Path, value: Any) -> str:
    if isinstance(value, Removed):
        return text
    if not isinstance(node, yaml.MappingNode):
        raise KeyError(path)
    for step in reversed(path[1:]):
        value = {step: value}
    entry = f"{flow(path[0], None)}: {flow(value, None)}"
    if node.flow_style:
        end = node.end_mark.index - 1
        before = text[:end].rstrip()
        return before + (", " if node.value else "") + entry + text[end:]
    key = node.value[-1][0] if node.value else None
    column = key.start_mark.column if key is not None else _INDENT
    end = node.value[-1][1].end_mark.index if node.value else node.end_mark.index
    kept = text[:end].rstrip()
    # What is said beside the last value stays beside it.
    rest = text[len(kept) :]
    line, newline, after = rest.partition("\n")
    return f"{kept}{line}\n{' ' * column}{entry}" + (newline + after if newline else "\n")


def _removed(text: str, node: Any, name: str | int) -> str:
    pairs = node.value
    place = next(number for number, (key, _) in enumerate(pairs) if key.value == str(name))
    key, below = pairs[place]
    if node.flow_style:
        if place + 1 < len(pairs):
            return text[: key.start_mark.index] + text[pairs[place + 1][0].start_mark.index :]
        before = text[: key.start_mark.index].rstrip()
        return before.removesuffix(",").rstrip() + text[below.end_mark.index :]
    start = text.rfind("\n", 0, key.start_mark.index) + 1
    written = text[: below.end_mark.index].rstrip()
    end = text.find("\n", len(written))
    return text[:start] + (text[end + 1 :] if end >= 0 else "")


# Writing ---------------------------------------------------------------------------------------------


def flow(value: Any, style: str | None = None) -> str:
    """In one line; a text in the quotes that it had, where it can be."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(name)}: {flow(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, (int, float)):
        return str(value)
    return _scalar(str(value), style)


def _scalar(text: str, style: str | None) -> str:
    if style is None and _PLAIN.fullmatch(text) and read_yaml(text).value == text:
        return text
    if style == '"' or any(not char.isprintable() for char in text) or ("'" in text and '"' not in text):
        return json.dumps(text, ensure_ascii=False)
    return "'" + text.replace("'", "''") + "'"
