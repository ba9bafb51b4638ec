"""Values beside each other: as words for people, with what differs between two texts marked."""

from __future__ import annotations

import difflib
import re
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

# Characters of a text; beyond, it is cut. Words of a longer one would take long to compare.
MOST = 1_200
# Characters that are shown before and after what differs.
BESIDE = 60
_PIECES = re.compile(r"\s+|[^\s<>]+|<[^<>]*>|.")


def in_words(value: Any) -> str:
    """Of lists and objects their parts, named; "" = nothing."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return ", ".join(f"{name}: {in_words(part)}" for name, part in value.items() if part is not None)
    if isinstance(value, (list, tuple)):
        return "; ".join(map(in_words, value))
    return str(value)


def removed(before: Any, after: Any) -> SafeString:
    """What was, with what is there no more marked."""
    return _marked(before, after, "del")


def added(after: Any, before: Any) -> SafeString:
    """What is, with what was not there marked."""
    return _marked(after, before, "ins")


def _marked(shown: Any, other: Any, mark: str) -> SafeString:
    """Each text whole where it is short or has little in common with the other, else what differs of it."""
    text, against = _cut(in_words(shown)), _cut(in_words(other))
    if not text or text == against:
        return format_html("{}", text)
    mine, theirs = _PIECES.findall(text), _PIECES.findall(against)
    matcher = difflib.SequenceMatcher(None, mine, theirs, autojunk=False)
    if matcher.ratio() < 0.4:
        return format_html(f"<{mark}>{{}}</{mark}>", text)
    pieces = (
        format_html(f"<{mark}>{{}}</{mark}>", "".join(mine[start:end]))
        if what != "equal"
        else _folded("".join(mine[start:end]), is_first=start == 0, is_last=end == len(mine))
        for what, start, end, _, _ in matcher.get_opcodes()
        if end > start
    )
    return format_html_join("", "{}", ((piece,) for piece in pieces))


def _folded(text: str, *, is_first: bool, is_last: bool) -> str:
    """Of what is the same, what stands beside what differs."""
    if len(text) <= 3 * BESIDE:
        return text
    # Whole words, where there are any.
    before = "" if is_first else text[:BESIDE].rpartition(" ")[0] or text[:BESIDE]
    after = "" if is_last else text[-BESIDE:].partition(" ")[2] or text[-BESIDE:]
    return f"{before} … {after}".strip(" ")


def _cut(text: str) -> str:
    return text if len(text) <= MOST else f"{text[:MOST]}…"
