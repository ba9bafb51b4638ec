"""What a spreadsheet would run: a cell that begins like a formula (https://owasp.org/www-community/attacks/CSV_Injection)."""

from __future__ import annotations

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def without_formula(text: str) -> str:
    """With an apostrophe before what a spreadsheet would take for a formula."""
    return "'" + text if text.startswith(_FORMULA) else text
