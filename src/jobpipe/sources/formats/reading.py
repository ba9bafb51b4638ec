"""A reader turns the bytes of one record into something that paths can be applied to.

One reader a kind of context (`xml`, `json`, `csv`): RSS is read as XML, NDJSON as JSON, XLSX as CSV.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from jobpipe.errors import JobpipeError
from jobpipe.sources.record import Context

# A root as a reader made it (an lxml element, a JSON value, a row): opaque to everybody else.
Node = Any
# The values at a path, in document order; [] when there are none. Text for XML and CSV, JSON values for JSON.
Values = Callable[[Node], list[Any]]
# The nodes at a path, for rules that start from each of them.
Nodes = Callable[[Node], list[Node]]


class PathError(JobpipeError):
    """A path that this kind of record cannot have, with what would be right."""

    code = "JP1006"


class Reading(NamedTuple):
    root: Node
    # Only a lenient parser could read it, and nothing was lost.
    repaired: bool


class Reader(Protocol):
    """Raises RecordError(reason="malformed") from `read`, PathError from the three that take a path."""

    def read(self, raw: bytes, context: Context) -> Reading: ...

    def values(self, path: str) -> Values: ...

    def nodes(self, path: str) -> Nodes: ...

    def as_value(self, root: Node) -> Any:
        """The whole record as plain dicts, lists and text: for expressions and for the preview."""
        ...


# Gives the bytes of a record that count for its digest (spans at the ignored paths left out).
DigestView = Callable[[bytes, Context], bytes]
