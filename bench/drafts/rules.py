"""What a right definition gives for a field of a record, as an expectation says it.

A rule is an expression, or says with `from` where it is and what is made of it: `pattern` (its first group), `split`,
`strip` (a pattern that is taken out), `template`, `table` (a value may be a list of what is accepted, null included),
`date` (formats of strptime; `ms`).  `is` gives a value that stands nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from bench.drafts.records import Find, Record

# In dates: as strptime knows them.
_MONTHS = {
    "januari": 1, "februari": 2, "mars": 3, "april": 4, "maj": 5, "juni": 6, "juli": 7, "augusti": 8, "september": 9,
    "oktober": 10, "november": 11, "december": 12,
}  # fmt: skip
_MONTH = re.compile("|".join(_MONTHS), re.IGNORECASE)
_ZONE_NAMES = {" EST": " -0500", " BST": " +0100", " GMT": " +0000", " UTC": " +0000"}


def values(rule: Any, record: Record, find: Find) -> list[Any]:
    """What it gives; [] = the record does not have it."""
    if not isinstance(rule, Mapping):
        rule = {"from": rule}
    if "is" in rule:
        return [rule["is"]]
    found = [one for path in _listed(rule["from"]) for one in find(record, path)]
    for step in ("pattern", "split", "strip", "template", "table", "date"):
        if step in rule:
            found = list(_STEPS[step](found, rule[step]))
    if rule.get("join"):
        found = ["\n".join(found)] if found else []
    return [one for one in found if not isinstance(one, str) or one.strip()]


def _listed(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given]


def _pattern(found: Iterable[str], pattern: str) -> Iterable[str]:
    return (match[1] for one in found for match in [re.search(pattern, one, re.DOTALL)] if match)


def _table(found: Iterable[str], table: Mapping[str, Any]) -> Iterable[Any]:
    """What the table does not name is not there."""
    return (table[one.strip()] for one in found if one.strip() in table)


def _date(found: Iterable[str], formats: Any) -> Iterable[datetime]:
    moments = (_moment(one.strip(), _listed(formats)) for one in found if one.strip())
    return (one for one in moments if one is not None)


def _moment(text: str, formats: list[str]) -> datetime | None:
    """None = it is no date, as sources have them too: 13.99.2022."""
    if "ms" in formats:
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    for name, offset in _ZONE_NAMES.items():
        text = text.replace(name, offset)
    if "iso" in formats:
        return datetime.fromisoformat(text)
    text = _MONTH.sub(lambda month: str(_MONTHS[month[0].lower()]), text) if "%B" not in "".join(formats) else text
    for form in formats:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None


_STEPS: dict[str, Any] = {
    "pattern": _pattern,
    "split": lambda found, by: (part.strip() for one in found for part in re.split(by, one)),
    "strip": lambda found, pattern: (re.sub(pattern, "", one) for one in found),
    "template": lambda found, form: (form.format(one) for one in found),
    "table": _table,
    "date": _date,
}
