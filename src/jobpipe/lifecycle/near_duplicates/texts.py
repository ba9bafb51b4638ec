"""Two descriptions beside each other: how much they share, and whether what they do not share tells them apart."""

from __future__ import annotations

import re
from typing import NamedTuple

from jobpipe.lifecycle.near_duplicates.profile import Profile
from jobpipe.lifecycle.near_duplicates.words import folded

# Fewer words are no description.
MIN_WORDS = 20
# So few other words on both sides of the same text are no rewording: a name was put in.
_PUT_IN = 4
_CAPITALISED = re.compile(r"(?<![.!?:;•\n])[ \t](\w*[A-ZÀ-ÖØ-Þ]\w*)")


class Texts(NamedTuple):
    """`shared` and `within` are shares of shingles, 0 to 1."""

    # At least one source has no description that deserves the name.
    missing: bool = False
    # Of all that either has (Jaccard).
    shared: float = 0.0
    # Of what the shorter one has.
    within: float = 0.0
    # Words that each has and the other has not name different things.
    told_apart: bool = False


def compare_texts(one: Profile, other: Profile) -> Texts:
    if len(one.words) < MIN_WORDS or len(other.words) < MIN_WORDS:
        return Texts(missing=True)
    common = len(one.shingles & other.shingles)
    smaller, larger = sorted((len(one.shingles), len(other.shingles)))
    return Texts(
        shared=common / (smaller + larger - common), within=common / smaller, told_apart=_are_told_apart(one, other)
    )


def _are_told_apart(one: Profile, other: Profile) -> bool:
    """Only where each says what the other does not: what one leaves out is no contradiction."""
    mine, yours = set(one.words), set(other.words)
    known = one.places & other.places | one.title.core & other.title.core | one.company | other.company
    only_mine, only_yours = mine - yours - known, yours - mine - known
    if not only_mine or not only_yours:
        return False
    if min(len(only_mine), len(only_yours)) <= _PUT_IN and max(len(only_mine), len(only_yours)) <= 2 * _PUT_IN:
        return True
    return all(
        any(word.isdecimal() for word in only) or _names(profile) & only
        for only, profile in ((only_mine, one), (only_yours, other))
    )


def _names(profile: Profile) -> set[str]:
    """Words that are written with a capital amid a sentence."""
    return {folded(word) for word in _CAPITALISED.findall(profile.text)}
