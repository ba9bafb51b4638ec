"""A rejected record as lines for a terminal, with their numbers in the source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from jobpipe.runs.quarantine import Rejected

MAX_LINES = 200
MAX_WIDTH = 2_000
_LINE = re.compile(r"line (\d+) of the record")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class RawLine(NamedTuple):
    # In the source; 0 = not known.
    number: int
    text: str
    # What is wrong is here, as far as the message says.
    is_marked: bool


def lines_of(record: Rejected) -> Iterator[RawLine]:
    """Whatever is in it writes no control sequence to a terminal."""
    lines = record.raw.decode("utf-8", "replace").splitlines()
    said = _LINE.search(record.message)
    marked = int(said[1]) if said else 1
    for place, text in enumerate(lines[:MAX_LINES], 1):
        shown = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text[:MAX_WIDTH])
        yield RawLine(record.line + place - 1 if record.line else 0, shown, place == marked)
    if len(lines) > MAX_LINES:
        yield RawLine(0, f"… and {len(lines) - MAX_LINES:,} lines more", False)
