"""Postings that a script holds: arrays of objects, in JavaScript or JSON, before any of it is run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jobpipe.drafting.pages.view import View
from jobpipe.sources.formats.html.javascript import JavaScriptError, value_after

# What stands before an array of objects: a variable, a property, a key of JSON.
_ARRAY = re.compile(r"""((?:[\w$.]+(?:\[['"][\w$ -]+['"]\])*|"[\w$ -]+"|'[\w$ -]+'))\s*[=:]\s*\[\s*\{""")
_MOST_SCRIPT = 5_000_000
_MOST_ARRAYS = 200
_LEAST_FIELDS = 3


@dataclass(frozen=True, slots=True)
class ScriptArray:
    # As `items` has it, without its prefix.
    mark: str
    records: tuple[dict[str, Any], ...]


def arrays_of(view: View) -> Iterator[ScriptArray]:
    """Of all scripts but JobPosting data; each mark where it is first."""
    seen: set[str] = set()
    for script in view.root.iter("script"):
        text = script.text_content()
        if len(text) > _MOST_SCRIPT or (script.get("type") or "").endswith("ld+json"):
            continue
        for found in _ARRAY.finditer(text):
            mark = found[1]
            if mark in seen or len(seen) >= _MOST_ARRAYS:
                continue
            seen.add(mark)
            records = _records_after(text, mark)
            if records:
                yield ScriptArray(mark, records)


def _records_after(text: str, mark: str) -> tuple[dict[str, Any], ...]:
    try:
        value = value_after(text, mark)
    except (JavaScriptError, RecursionError):
        return ()
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        return ()
    return tuple(one for one in value if len(one) >= _LEAST_FIELDS)
