"""Names of places as they are looked up: what two ways of writing one place have in common."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jobpipe.taxonomy.labels import normalise_label

_WORDS = {"st": "saint", "ste": "sainte", "skt": "sankt", "sankt": "saint", "sint": "saint"}
# Abbreviations of German names, as far as they have one meaning.
_LONG = (
    (re.compile(r"\ba m$"), "am main"),
    (re.compile(r"\ba d\b"), "an der"),
    (re.compile(r"\bi d\b"), "in der"),
    (re.compile(r"\bo d\b"), "ob der"),
    (re.compile(r"\bi br$"), "im breisgau"),
    (re.compile(r"\bb\b"), "bei"),
)
# What may be left out, the nearest first: a district's number, an abbreviated river, what stands in brackets.
_NUMBER = re.compile(r" \d{1,2}(?: ?(?:er?|e|eme|st|nd|rd|th))?(?: arr\w*)?$")
_AFTER = re.compile(r" (?:a|i|o|u|v|ob|cedex)(?: [a-z0-9]{1,2})*$")
_BEFORE = re.compile(r"^(?:greater|city of|ville de|stadt|gemeente|commune de|comune di|mairie de|metropole de) ")
_IN_BRACKETS = re.compile(r"\s*[(\[/,].*$")


def place_key(name: str) -> str:
    """The name without case, accents and punctuation, saints written out: St. Gallen -> saint gallen."""
    words = normalise_label(name).split()
    return " ".join(_WORDS.get(word, word) for word in words)


def spellings(name: str) -> Iterator[str]:
    """The keys under which a place may be found, the surest first."""
    seen: set[str] = set()
    for text in (name, _IN_BRACKETS.sub("", name)):
        key = place_key(text)
        longer = key
        for pattern, said in _LONG:
            longer = pattern.sub(said, longer)
        shorter = _BEFORE.sub("", _AFTER.sub("", _NUMBER.sub("", key)))
        for one in (key, longer, shorter):
            if one and one not in seen:
                seen.add(one)
                yield one
