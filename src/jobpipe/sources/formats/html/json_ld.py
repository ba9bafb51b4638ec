"""Reads JSON-LD as sites write it: raw line breaks, last commas, comments, escapes of HTML, wrapped in anything."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

from lxml.html import HtmlElement

# What may stand around the JSON: comments of HTML, CDATA sections, both perhaps commented out themselves.
_BEFORE = re.compile(r"(?:\s|\ufeff|<!--|//|/\*|\*/|<!\[CDATA\[)+(?=[\[{&\"])")
_AFTER = ("-->", "//", "/*", "*/", "]]>", ";")
# A string, or what is no JSON; what is never closed runs to the end, so that the search is linear.
_EXTRA = re.compile(
    r"(\"(?:[^\"\\]|\\.)*(?:\"|\Z))|/\*.*?(?:\*/|\Z)|//[^\n]*|<!--|-->|,(?=(?:\s|/\*.*?\*/|//[^\n]*)*[}\]])", re.DOTALL
)
_WRONG_ESCAPE = re.compile(r"\\(?:([\"\\/bfnrt]|u[0-9a-fA-F]{4})|(.|\Z))", re.DOTALL)
_MOST_SCRIPTS = 1000
_SHOWN = 40


class JsonLdError(ValueError):
    """The message shows the spot."""


def scripts_of(root: HtmlElement) -> Iterator[str]:
    """The text of each JSON-LD script that has any."""
    for script in root.iter("script"):
        if (script.get("type") or "").partition(";")[0].strip().lower() == "application/ld+json":
            text = script.text_content()
            if text.strip():
                yield text


def read_json_ld(text: str) -> list[Any]:
    """The values in one script; several may follow each other. Raises JsonLdError."""
    bare = _unwrapped(text)
    first: json.JSONDecodeError | RecursionError | None = None
    for candidate in _candidates(bare):
        try:
            return _values(candidate)
        except (json.JSONDecodeError, RecursionError) as error:
            first = first or error
    if isinstance(first, json.JSONDecodeError):
        around = " ".join(bare[max(0, first.pos - _SHOWN) : first.pos].split())
        after = " ".join(bare[first.pos : first.pos + _SHOWN].split())
        raise JsonLdError(f"{first.msg} at line {first.lineno}, column {first.colno}: …{around} ▸ {after}…")
    raise JsonLdError("it is nested too deeply")


def _unwrapped(text: str) -> str:
    found = _BEFORE.match(text)
    begin, end = found.end() if found else 0, len(text)
    # A pattern that has to end where the text ends would be tried at each of its characters.
    while end > begin:
        last = 1 if text[end - 1].isspace() else next((len(one) for one in _AFTER if text.endswith(one, begin, end)), 0)
        if not last:
            break
        end -= last
    return text[begin:end]


def _candidates(bare: str) -> Iterator[str]:
    yield bare
    cleaned = _clean(bare)
    yield cleaned
    if "&quot;" in bare or "&#34;" in bare or "&#x22;" in bare:
        yield _clean(html.unescape(bare))


def _clean(text: str) -> str:
    return _EXTRA.sub(lambda found: _mend(found[1]) if found[1] else "", text)


def _mend(string: str) -> str:
    """Of a string: a backslash that begins no escape stands for itself."""
    return _WRONG_ESCAPE.sub(lambda found: found[0] if found[1] else "\\\\" + found[2], string)


def _values(text: str) -> list[Any]:
    decoder = json.JSONDecoder(strict=False, parse_constant=lambda name: None)
    found: list[Any] = []
    position = 0
    text = text.strip().rstrip(";").rstrip()
    while position < len(text):
        value, position = decoder.raw_decode(text, position)
        found.append(value)
        while position < len(text) and text[position] in " \t\r\n,;":
            position += 1
        if len(found) > _MOST_SCRIPTS:
            break
    return found
