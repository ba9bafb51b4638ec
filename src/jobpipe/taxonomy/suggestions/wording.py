"""What a label is compared by: a job title in its plain form, the two genders of a doublet one after the other."""

from __future__ import annotations

import html
import re
from collections.abc import Container
from functools import lru_cache
from itertools import pairwise, takewhile
from typing import NamedTuple

from jobpipe.taxonomy.job_titles import plain_title
from jobpipe.taxonomy.labels import normalise_label, tidy_label
from jobpipe.taxonomy.suggestions.glossary import english_of, in_full, subjects_of

# Endings of inclusive writing: Vendeur(se), chargé·e·s, Mitarbeiter*in, Verkäufer/-in, employé.e.
_ENDING = (
    r"(?:ne|le|e|s|es|se|euse|euses|rice|trice|ice|ère|ière|ienne|enne|onne|fe|ve|te|a|as|o|in|innen|n|r|en|"
    r"ne\(s\)|er|re|esse|sse|eure)"
)
_INCLUSIVE = re.compile(
    rf"(?<=[^\W\d_]{{2}})(?:\(-?{_ENDING}\)|[·•*_:][-·•]?{_ENDING}(?:[·•.]s)?\b|\.{_ENDING}(?:\.s)?(?=\s|$|,)"
    rf"|/-?{_ENDING}\b|-{_ENDING}-s\b)",
    re.IGNORECASE,
)
# MitarbeiterIn, EntwicklerInnen.
_INNER = re.compile(r"(?<=[a-zäöüß]{3})In(?:nen)?\b")
# What says how much of it, or for how long, and nothing of what is done.
_TERMS = re.compile(
    r"\b(?:cdi|cdd|temps\s+(?:plein|partiel)|full[ -]?time|part[ -]?time|vollzeit|teilzeit|voltijds?|deeltijds?"
    r"|d[ée]butante?s?\s+accept[ée]e?s?|urgent|m/w/d|h/f)\b",
    re.IGNORECASE,
)
# A subject counts as an n-gram that occurs so often: the same in another language is spelled otherwise.
_SUBJECT = 4
_SEPARATOR = re.compile(r"\s*/\s*")


class Wording(NamedTuple):
    # In small letters, with accents; what its meaning is taken from.
    text: str
    # Normalised words of all its forms; what its spelling is taken from.
    words: tuple[str, ...]


@lru_cache(maxsize=50_000)
def wording_of(label: str) -> Wording:
    """Never empty where the label is not."""
    plain = html.unescape(tidy_label(label))
    made = plain_title(plain)
    made = _TERMS.sub(" ", made).strip(" -–,;/|") or made
    made = _INNER.sub("", made)
    made = " ".join(_INCLUSIVE.sub("", made).split()) or plain
    forms = genders(made)
    words = " ".join(dict.fromkeys(normalise_label(form) for form in forms)).split()
    words = words or normalise_label(plain).split()
    return Wording(in_full(forms[0].lower(), tuple(words)), tuple(words))


def genders(title: str) -> list[str]:
    """`Acheteur / Acheteuse média` -> both titles in full; a title that is no doublet alone."""
    halves = _SEPARATOR.split(title)
    if len(halves) != 2:
        return [title]
    left, right = halves[0].split(), halves[1].split()
    for count in range(min(len(left), len(right)), 0, -1):
        if all(_is_twin(one, other) for one, other in zip(left[-count:], right[:count], strict=True)):
            rest = right[count:]
            return [" ".join([*left, *rest]), " ".join([*left[:-count], *right])]
    return [title]


def _is_twin(one: str, other: str) -> bool:
    """Whether two words are one in two genders: vendeur and vendeuse, Koch and Köchin."""
    one, other = normalise_label(one), normalise_label(other)
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    return one == other or (shared >= 2 and shared >= min(len(one), len(other)) - 3 and max(len(one), len(other)) > 3)


def grams_of(words: tuple[str, ...], known: Container[str] = ()) -> dict[str, int]:
    """How often each part of 2 to 5 characters of a word occurs, blanks at its ends included; words and pairs too.

    Of a word that is not among the `known` n-grams, what it is in English counts as well, where that is known.
    """
    found: dict[str, int] = {}
    for word in words:
        _count_parts(word, found)
    for one, other in pairwise(words):
        found[f"={one} {other}"] = 1
    if known:
        strange = tuple(word for word in words if f"={word}" not in known)
        for word in dict.fromkeys(word for meaning in english_of(strange) for word in meaning.split()):
            if f"={word}" in known and word not in words:
                _count_parts(word, found)
    for subject in subjects_of(words):
        found[f"@{subject}"] = _SUBJECT
    return found


def _count_parts(word: str, found: dict[str, int]) -> None:
    padded = f" {word} "
    for size in (2, 3, 4, 5):
        for start in range(max(1, len(padded) - size + 1)):
            gram = padded[start : start + size]
            found[gram] = found.get(gram, 0) + 1
    found[f"={word}"] = found.get(f"={word}", 0) + 1
