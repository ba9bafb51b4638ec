"""Data of persons that may not be kept: known by keyed digests of their words, never by the words themselves.

A datum (an address, a name, a text) is the sequence of its words, without case, accents and what stands between them,
so that it is found however it is written: `Jean&#160;Dupont`, `jean.dupont@acme.example`, `JEAN  DUPONT`.
"""

from __future__ import annotations

import hashlib
import html
import itertools
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from jobpipe.errors import UsageError

MASK = "[erased]"
MOST_WORDS = 50
# Letters and digits that a datum has at least: a shorter one would mask half of all texts.
FEWEST_CHARACTERS = 5
# Between two of its words.
_MOST_BETWEEN = 6
_WORD = re.compile(r"[^\W_]+")
# What stands for another character in XML, HTML and JSON.
_ESCAPE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});|\\u[0-9a-fA-F]{4}|\\[nrt/\"]")


class Datum(NamedTuple):
    digest: str
    words: int


def words_of(text: str) -> list[str]:
    return [_plain(found[0]) for found in _WORD.finditer(html.unescape(text))]


def datum_of(text: str, key: bytes) -> Datum:
    """Raises UsageError for what is too short, or too long, to be told from other texts."""
    words = words_of(text)
    if sum(map(len, words)) < FEWEST_CHARACTERS:
        raise UsageError(
            f"fewer than {FEWEST_CHARACTERS} letters: that would mask what is nobody's", hint="name more of it"
        )
    if len(words) > MOST_WORDS:
        raise UsageError(f"more than {MOST_WORDS} words", hint="a part of it that nothing else says will do")
    return Datum(_digest(words, key), len(words))


class Suppressor:
    def __init__(self, data: Sequence[Datum], key: bytes) -> None:
        self._key = key
        self._by_words: dict[int, set[str]] = {}
        for datum in data:
            self._by_words.setdefault(datum.words, set()).add(datum.digest)

    def mask(self, text: str) -> tuple[str, int]:
        """The text without what may not be kept, and how often that was there."""
        decoded, places = _decoded(text)
        spans = self._spans(decoded)
        if not spans:
            return text, 0
        pieces, end = [], 0
        for first, last in spans:
            pieces += [text[end : places[first]], MASK]
            end = places[last]
        return "".join([*pieces, text[end:]]), len(spans)

    def mask_bytes(self, raw: bytes, encoding: str) -> tuple[bytes, int]:
        """Bytes that are no text in this encoding are read as Latin-1."""
        try:
            text, used = raw.decode(encoding), encoding
        except (UnicodeDecodeError, LookupError):
            text, used = raw.decode("latin-1"), "latin-1"
        masked, count = self.mask(text)
        return (masked.encode(used), count) if count else (raw, 0)

    def mask_document(self, value: Any) -> tuple[Any, int]:
        """All texts of a JSON document but for its names."""
        if isinstance(value, str):
            return self.mask(value)
        if isinstance(value, Mapping):
            masked = {name: self.mask_document(item) for name, item in value.items()}
            return {name: one for name, (one, _) in masked.items()}, sum(count for _, count in masked.values())
        if isinstance(value, (list, tuple)):
            items = [self.mask_document(item) for item in value]
            return [one for one, _ in items], sum(count for _, count in items)
        return value, 0

    def _spans(self, text: str) -> list[tuple[int, int]]:
        found = list(_WORD.finditer(text))
        if not found:
            return []
        words = [_plain(one[0]) for one in found]
        near = [b.start() - a.end() <= _MOST_BETWEEN for a, b in itertools.pairwise(found)]
        spans: list[tuple[int, int]] = []
        place = 0
        while place < len(found):
            length = self._length_at(words, near, place)
            if length:
                spans.append((found[place].start(), found[place + length - 1].end()))
            place += length or 1
        return spans

    def _length_at(self, words: list[str], near: list[bool], place: int) -> int:
        """Of the longest datum that begins at this word; 0 = none does."""
        for length in sorted(self._by_words, reverse=True):
            end = place + length
            is_there = end <= len(words) and all(near[place : end - 1])
            if is_there and _digest(words[place:end], self._key) in self._by_words[length]:
                return length
        return 0


def _digest(words: Sequence[str], key: bytes) -> str:
    return hashlib.blake2b(" ".join(words).encode(), key=key, digest_size=16).hexdigest()


def _plain(word: str) -> str:
    if word.isascii():
        return word.lower()
    parts = unicodedata.normalize("NFKD", word.casefold())
    return "".join(char for char in parts if not unicodedata.combining(char))


def _decoded(text: str) -> tuple[str, Sequence[int]]:
    """With its escapes resolved, and for each place there (and its end) the place in the text."""
    if "&" not in text and "\\" not in text:
        return text, range(len(text) + 1)
    pieces: list[str] = []
    places: list[int] = []
    end = 0
    for found in _ESCAPE.finditer(text):
        meant = _meant(found[0])
        if len(meant) != 1:
            continue
        pieces += [text[end : found.start()], meant]
        places += [*range(end, found.start()), found.start()]
        end = found.end()
    pieces.append(text[end:])
    places += range(end, len(text) + 1)
    return "".join(pieces), places


def _meant(escape: str) -> str:
    if escape.startswith("\\u"):
        return chr(int(escape[2:], 16))
    return " " if escape.startswith("\\") else html.unescape(escape)
