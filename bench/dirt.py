"""What goes wrong with texts on their way into a feed. The markup of the feed stays sound."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable
from html.entities import codepoint2name

# The share of texts that something has happened to.
SHARE = 0.03
_LATIN_TO_WINDOWS = {
    byte: bytes((byte,)).decode("cp1252") for byte in range(0x80, 0xA0) if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
_TAG = re.compile(r"(<[^>]*>)")
_INVISIBLE = ("\u200b", "\u00ad", "\u00a0", "\u200d", "\ufeff", "\u2060")


def read_wrongly(text: str) -> str:
    """UTF-8 taken for Windows-1252, with Latin-1 for the five bytes that it does not have."""
    return text.encode().decode("latin-1").translate(_LATIN_TO_WINDOWS)


def read_wrongly_twice(text: str) -> str:
    return read_wrongly(read_wrongly(text))


def escape_again(text: str) -> str:
    """Letters beyond ASCII as references, escaped once too often: &amp;eacute;"""
    named = (codepoint2name.get(ord(letter)) for letter in text)
    return "".join(
        letter if letter.isascii() or name is None else f"&amp;{name};"
        for letter, name in zip(text, named, strict=True)
    )


def keep_control_characters(text: str) -> str:
    """Windows-1252 taken for Latin-1: quotes and dashes become the controls U+0080 to U+009F."""
    text = text.replace("'", "’").replace(" - ", " – ")
    return "".join(letter.encode("cp1252").decode("latin-1") if letter in "’–—“”…œ€" else letter for letter in text)


def decompose(text: str) -> str:
    """Accents as characters of their own, as some systems name files."""
    return unicodedata.normalize("NFD", text)


def lose_bytes(text: str) -> str:
    """Read wrongly, and then what could not be kept replaced by U+FFFD."""
    return "".join("\ufffd" if "\x80" <= letter <= "\xa0" else letter for letter in read_wrongly(text))


def scatter_invisible(dice: random.Random, text: str) -> str:
    """Zero-width characters, soft hyphens and hard spaces behind words, not in tags."""
    pieces = _TAG.split(text)
    for place in range(0, len(pieces), 2):
        words = pieces[place].split(" ")
        for number in range(0, len(words), 9):
            if words[number].strip():
                words[number] += dice.choice(_INVISIBLE)
        pieces[place] = " ".join(words)
    return "".join(pieces)


def mix_encodings(text: str) -> str:
    """Two texts glued together, the second one read wrongly."""
    half = text.find(" ", len(text) // 2)
    return text[:half] + read_wrongly(text[half:])


KINDS: dict[str, Callable[[random.Random, str], str]] = {
    "read wrongly": lambda dice, text: read_wrongly(text),
    "read wrongly twice": lambda dice, text: read_wrongly_twice(text),
    "escaped twice": lambda dice, text: escape_again(text),
    "control characters": lambda dice, text: keep_control_characters(text),
    "decomposed": lambda dice, text: decompose(text),
    "bytes lost": lambda dice, text: lose_bytes(text),
    "invisible": scatter_invisible,
    "two encodings": lambda dice, text: mix_encodings(text),
}


def spoil(dice: random.Random, text: str) -> str:
    """The text with one kind of dirt, drawn."""
    return KINDS[dice.choice(_NAMES)](dice, text)


_NAMES = tuple(KINDS)
