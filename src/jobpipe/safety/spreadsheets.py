"""What a spreadsheet would run: a cell that begins like a formula (https://owasp.org/www-community/attacks/CSV_Injection)."""

from __future__ import annotations

import re

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


# Behind what another spreadsheet than the writer had in mind parts cells at: a semicolon in half of Europe, or a tab.
_IN_ANOTHER_CELL = re.compile(r"([;\t\r\n]\s*[\"']?)(?=[=+\-@])")


def without_formula(text: str) -> str:
    """With an apostrophe before what a spreadsheet would take for a formula."""
    return "'" + text if text.startswith(_FORMULA) else text


def without_formulas(text: str) -> str:
    """For a file that people open and nothing reads back: also where their spreadsheet parts its cells elsewhere."""
    return _IN_ANOTHER_CELL.sub(r"\1'", without_formula(text))
