"""Decisions in a few words, for terminals and pages."""

from __future__ import annotations

from typing import Any

# Characters.
_MAX_CELL = 60


def shown(content: dict[str, Any] | None) -> str:
    """One line of what an entry says."""
    if content is None:
        return "-"
    if "rule" in content:
        return str(content["rule"]) + ("" if content.get("enabled", True) else " (disabled)")
    parts = []
    if given := content.get("exclude"):
        parts.append("excluded" + _until(given))
    if given := content.get("override"):
        values = ", ".join(f"{name}={value}" for name, value in given["values"].items())
        parts.append(cut(values) + _until(given))
    return "; ".join(parts)


def _until(given: dict[str, Any]) -> str:
    until = f" until {given['until']}" if given.get("until") else ""
    return until + (f" ({given['reason']})" if given.get("reason") else "")


def cut(text: str) -> str:
    return text if len(text) <= _MAX_CELL else f"{text[: _MAX_CELL - 1]}…"
