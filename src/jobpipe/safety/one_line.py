"""Text of others where one plain line is wanted: a subject, a title, a row of a list."""

from __future__ import annotations

import re

# Control characters, and those that turn the direction of what follows.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


def one_line(text: str, limit: int = 300) -> str:
    """Without control characters, cut after `limit` characters."""
    said = " ".join(_CONTROL.sub(" ", text).split())
    return said if len(said) <= limit else said[: limit - 1] + "…"
