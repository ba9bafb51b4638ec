"""Plain values as sources give them: when one is nothing, and how one is shown to a person."""

from __future__ import annotations

from typing import Any


def is_empty(value: Any) -> bool:
    """None, blank text, and what holds nothing."""
    if value is None:
        return True
    if isinstance(value, str):
        return not value or value.isspace()
    return isinstance(value, (list, tuple, dict)) and not value


def shown(value: Any) -> str:
    """The value for a sentence, cut to what a line can hold."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"
