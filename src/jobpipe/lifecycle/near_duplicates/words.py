"""Words as they are compared: without case, accents and punctuation."""

from __future__ import annotations

import html
import re
import unicodedata

# A longer text says in its beginning what it is.
MAX_TEXT = 20_000
SHINGLE = 3

_TAG = re.compile(r"<[^<>]*>")
_WORD = re.compile(r"\w+")
# What is left of accents when letters are taken apart.
_MARKS = re.compile("[\u0300-\u036f]+")
# Letters that Unicode does not take apart.
_PLAIN = (("œ", "oe"), ("æ", "ae"), ("ø", "o"), ("ł", "l"), ("đ", "d"), ("ð", "d"), ("ı", "i"))


def folded(text: str) -> str:
    if text.isascii():
        return text.lower().replace("_", " ")
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", text).casefold()).replace("_", " ")
    for letter, written in _PLAIN:
        plain = plain.replace(letter, written)
    return plain


def words_of(text: str) -> list[str]:
    return _WORD.findall(folded(text))


def plain_text(text: str | None, markup: str | None) -> str:
    """The text of a description; of its markup where it is given in no other way."""
    found = text or html.unescape(_TAG.sub(" ", markup or ""))
    return found[:MAX_TEXT]


def word_set(text: str) -> frozenset[str]:
    """The words of a list that is written as a text."""
    return frozenset(text.split())


def shingles_of(words: list[str]) -> frozenset[str]:
    """Every three words that follow each other; of a shorter text the whole."""
    if len(words) <= SHINGLE:
        return frozenset((" ".join(words),)) if words else frozenset()
    return frozenset(map(" ".join, zip(words, words[1:], words[2:], strict=False)))
