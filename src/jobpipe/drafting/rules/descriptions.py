"""`description`: one column, or several that make one body, without the plain twins of what is there as HTML."""

from __future__ import annotations

import re
from typing import Any

from jobpipe.drafting.columns import Column
from jobpipe.drafting.rules.reading import rule_of
from jobpipe.drafting.shapes import is_escaped_markup, is_markup
from jobpipe.transform.steps.markup import text_of_html

_LETTERS = re.compile(r"[^\W_]+")
# Of the words of the shorter text, those that the longer one has too: more, and they are one text.
_TWINS = 0.75
_MOST_PARTS = 4


def body_columns(main: Column, more: list[Column], alternatives: list[Column]) -> list[Column]:
    """In the order of the record; of twins the one with markup, of a short form and a long one the long one."""
    best = main
    for other in alternatives:
        if other.path != best.path and not other.steps and _is_twin(best, other) and _is_better(other, best):
            best = other
    chosen = [best]
    for column in more:
        if any(_is_within(column, one) for one in chosen):
            continue
        twin = next((one for one in chosen if _is_twin(one, column)), None)
        if twin is None and not column.steps:
            chosen.append(column)
        elif twin is not None and twin is not best and _is_better(column, twin):
            chosen[chosen.index(twin)] = column
    chosen = [best, *sorted(chosen[1:], key=lambda one: -one.filled * one.length)[: _MOST_PARTS - 1]]
    return sorted(chosen, key=lambda one: one.place)


def _is_within(part: Column, whole: Column) -> bool:
    """A named part of a list of which all parts are taken."""
    start = part.path.removeprefix("jmespath:").partition("[")[0]
    return part.origin == "part" and whole.path.replace("[*]", "").startswith(start)


def _is_better(one: Column, other: Column) -> bool:
    has_markup = [_markup(column) > 0.3 for column in (one, other)]
    if has_markup[0] != has_markup[1]:
        return has_markup[0] and one.length >= 0.8 * other.length
    return False


def _markup(column: Column) -> float:
    return column.share(is_markup) + column.share(is_escaped_markup)


def _is_twin(one: Column, other: Column) -> bool:
    pairs = [(a, b) for a, b in zip(one.firsts, other.firsts, strict=True) if a and b][:20]
    if not pairs:
        return False
    return sum(_same_words(a, b) for a, b in pairs) / len(pairs) >= _TWINS


def _same_words(one: str, other: str) -> bool:
    first, second = (set(_LETTERS.findall(text_of_html(text).lower())) for text in (one, other))
    shorter = first if len(first) <= len(second) else second
    return bool(shorter) and len(first & second) >= 0.85 * len(shorter)


def description_rule(columns: list[Column]) -> Any:
    markup = max(columns, key=lambda one: one.length)
    escaped = ("unescape",) if markup.share(is_escaped_markup) > 0.3 else ()
    has_markup = _markup(markup) > 0.2
    last = "sanitize_html" if has_markup else "text_to_html"
    if len(columns) == 1:
        column = columns[0]
        if column.repeats:
            return {"from": column.path, "join": "<p></p>" if has_markup else "\n\n", "then": last}
        return rule_of(column, *escaped, last)
    then = [*escaped, last]
    return {
        "from": [column.path for column in columns],
        "join": "<p></p>" if has_markup else "\n\n",
        "then": then if len(then) > 1 else last,
    }
