"""The JobPosting nodes among what a page says of itself, each with what it refers to put in place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

_TYPE = re.compile(r"(?:https?://(?:www\.)?schema\.org/|schema:)?JobPosting/?", re.IGNORECASE)
# Nodes of one posting: references may make many of few.
_MOST_NODES = 20_000
_DEEPEST = 100


def is_posting(node: Any) -> bool:
    """A node that says more of a JobPosting than where it is."""
    if not isinstance(node, dict):
        return False
    types = node.get("@type")
    names = types if isinstance(types, list) else [types]
    return any(isinstance(name, str) and _TYPE.fullmatch(name.strip()) for name in names) and bool(
        node.keys() - {"@type", "@id", "@context"}
    )


def postings_in(values: Iterable[Any]) -> list[dict[str, Any]]:
    """In the order of the page; what stands in a posting is a part of it and no posting of its own."""
    found: list[dict[str, Any]] = []
    by_id: dict[str, dict[str, Any]] = {}
    seen: set[str] = set()
    for node, is_inside in _nodes(values):
        identity = node.get("@id")
        if isinstance(identity, str) and len(node) > len(by_id.get(identity, {"@id": ""})):
            by_id[identity] = node
        if not is_inside and is_posting(node):
            found.append(node)
    made = []
    for node in found:
        identity = node.get("@id")
        if isinstance(identity, str):
            if identity in seen:
                continue
            seen.add(identity)
            node = by_id.get(identity, node) if is_posting(by_id.get(identity)) else node
        made.append(_Resolving(by_id).resolve(node))
    return made


def _nodes(values: Iterable[Any]) -> Iterator[tuple[dict[str, Any], bool]]:
    """Every object, and whether it lies within a posting; without recursion."""
    waiting: list[tuple[Any, bool]] = [(value, False) for value in reversed(list(values))]
    while waiting:
        value, is_inside = waiting.pop()
        if isinstance(value, dict):
            yield value, is_inside
            below = is_inside or is_posting(value)
            waiting.extend((one, below) for one in reversed(list(value.values())))
        elif isinstance(value, list):
            waiting.extend((one, is_inside) for one in reversed(value))


class _Resolving:
    def __init__(self, by_id: dict[str, dict[str, Any]]) -> None:
        self._by_id = by_id
        self._left = _MOST_NODES
        self._open: list[str] = []

    def resolve(self, node: dict[str, Any]) -> dict[str, Any]:
        identity = node.get("@id")
        self._open = [identity] if isinstance(identity, str) else []
        return {str(name): self._value(value, 1) for name, value in node.items() if name != "@context"}

    def _value(self, value: Any, depth: int) -> Any:
        self._left -= 1
        if self._left < 0 or depth > _DEEPEST:
            return None
        if isinstance(value, list):
            return [self._value(one, depth + 1) for one in value]
        if not isinstance(value, dict):
            return value
        identity = value.get("@id")
        if not isinstance(identity, str) or value.keys() - {"@id", "@type"} or identity in self._open:
            return {str(name): self._value(one, depth + 1) for name, one in value.items()}
        meant = self._by_id.get(identity, value)
        self._open.append(identity)
        made = {str(name): self._value(one, depth + 1) for name, one in meant.items()}
        self._open.pop()
        return made
