"""When two values say the same, and how much it means that they do."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from jobpipe.drafting.columns import text_of

_BLANK = re.compile(r"\s+")
_TAG = re.compile(r"<[^<>]{0,2000}>")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
# Bits that a value is worth at most, and those of one character.
_MOST_BITS, _BITS = 40.0, 2.5


def plain(value: Any) -> str:
    """As text, any white space one blank."""
    return _BLANK.sub(" ", text_of(value)).strip()


def joined(values: Sequence[Any]) -> str:
    """Of several values one text, to be compared."""
    return "\x1f".join(text for value in values if (text := plain(value)))


@lru_cache(maxsize=65536)
def loose(text: str) -> str:
    """Letters and digits alone, without markup, of the beginning: the same for what was only written otherwise."""
    bare = _TAG.sub(" ", html.unescape(html.unescape(text[:1200])))
    return _letters(bare)[:160]


def is_same(one: Any, other: Any) -> bool:
    """Of values of postings. A day is the same with a time and without one."""
    if one == other:
        return True
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return math.isclose(one, other, rel_tol=1e-6)
    if isinstance(one, str) and isinstance(other, str):
        if _DAY.match(one) and _DAY.match(other):
            return _is_same_moment(one, other)
        return plain(one) == plain(other)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same(one[name], other[name]) for name in one)
    return False


def _is_same_moment(one: str, other: str) -> bool:
    if len(one) == 10 or len(other) == 10:
        return one[:10] == other[:10]
    return one[:16] == other[:16]


def information(values: Iterable[str]) -> float:
    """Bits that different texts are worth when each is found again: long ones and many say more."""
    return sum(min(_MOST_BITS, _BITS * len(value)) for value in set(values) if value)


def similarity(one: str, other: str) -> float:
    """Of two names, from 0 to 1."""
    import difflib

    a, b = _letters(one), _letters(other)
    if not a or not b:
        return 0.0
    if a == b:
        return 1.0
    return difflib.SequenceMatcher(None, a, b).ratio()


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())
