"""Feed-level values: what a document says once, outside its records, for all of them.

A path is of the feed when it begins with `feed:` (every format) or with one slash (`/source/publisher`,
XML).  The splitter collects the values while it cuts, and puts them into each record's context.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jobpipe.definition.models import Definition, FieldRule
from jobpipe.sources.formats.reading import Values

_PREFIX = "feed:"


def feed_path(path: str) -> str | None:
    """The path as the splitter knows it; None = it is a path into the record."""
    path = path.strip()
    if path.startswith(_PREFIX):
        return path.removeprefix(_PREFIX).strip()
    return path if path.startswith("/") and not path.startswith("//") else None


def values_of_feed(path: str) -> Values:
    """Reads the values that the splitter put into the context of a node."""

    def read(node: Any) -> list[Any]:
        for known, values in node.context.feed:
            if known == path:
                return list(values)
        return []

    return read


def feed_paths(definition: Definition) -> tuple[str, ...]:
    """The feed-level paths that a definition uses, sorted: for the settings of the splitter."""
    used: set[str] = set()
    for rule in definition.posting.values():
        used.update(path for path in _paths_of(rule) if path)
    return tuple(sorted(used))


def _paths_of(rule: FieldRule) -> Iterator[str]:
    for path in rule.from_:
        yield feed_path(path) or ""
    for part in rule.parts.values():
        yield from _paths_of(part)
