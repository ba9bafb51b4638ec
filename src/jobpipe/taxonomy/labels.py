"""Labels: a source's words, and what makes two ways of writing them the same."""

from __future__ import annotations

import html
import re
import unicodedata

# A longer text is no label; it is looked up, and kept, as far as here.
MAX_LABEL = 300

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# Letters that Unicode does not take apart into a plain one and its accent.
_PLAIN = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i"})
# What tells C from C++ and C# apart.
_MEANT = frozenset("+#")
_ROUNDS = 4


def tidy_label(text: str) -> str:
    """The label as the source wrote it, with single blanks; what a decision is shown and stored with."""
    return " ".join(text.split())[:MAX_LABEL].rstrip()


def normalise_label(text: str) -> str:
    """Without regard to case, accents, blanks, punctuation and HTML entities; `+` and `#` count.

    To normalise twice changes nothing. A label of punctuation alone is left as it is.
    """
    label = tidy_label(text)
    for _ in range(_ROUNDS):
        again = _once(label)
        if again == label:
            break
        label = again
    return label


def _once(label: str) -> str:
    plain = _ENTITY.sub(lambda found: html.unescape(found[0]), label)
    plain = unicodedata.normalize("NFKD", plain).casefold().translate(_PLAIN)
    letters = [
        one if one.isalnum() or one in _MEANT else " "
        for one in unicodedata.normalize("NFKD", plain)
        if not unicodedata.combining(one)
    ]
    kept = " ".join("".join(letters).split())[:MAX_LABEL].rstrip()
    return kept or " ".join(plain.split())[:MAX_LABEL].rstrip()
