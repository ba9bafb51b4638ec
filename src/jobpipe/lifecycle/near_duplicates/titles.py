"""What a title says: the job, its level, its numbers; who is addressed (m/w/d, H/F, ·in) does not count."""

from __future__ import annotations

import re
from typing import NamedTuple

from jobpipe.lifecycle.near_duplicates.title_words import CONTRACTS, ENDINGS, LEVELS, NEUTRAL, ROMAN
from jobpipe.lifecycle.near_duplicates.words import words_of

_GENDER = r"(?:[mwfhdxkvgn]|div|divers)"
_ADDRESSED = re.compile(
    rf"[(\[]\s*(?:{_GENDER}|[aiu*])(?:\s*[/|,.*:\- ]\s*(?:{_GENDER}|[aiu*]))+\s*[)\]]"
    rf"|(?<![\w/]){_GENDER}(?:\s*[/|]\s*{_GENDER})+(?![\w/])"
    r"|[(\[]\s*(?:all genders|any gender|gn\*?|alle geschlechter|tous genres)\s*[)\]]",
    re.IGNORECASE,
)
_INFLECTED = re.compile(
    r"(?<=\w{3})(?:[:*_·•∙]|/-?|\()(?:in|innen|e|es|ère|ere|ne|se|euse|rice|trice|ive|le|te|r)\)?(?!\w)", re.IGNORECASE
)
_HOURS = re.compile(
    r"(\d{1,3})(?:\s*(?:-|–|—|bis|à|to|/)\s*(\d{1,3}))?\s*(?:%|(?:h|std|heures?|hours?|stunden|uren|prozent)\b)", re.I
)
# A number of fewer digits is a level or a count, one of more a reference, a year or a postal code.
_LONG = 3


class Title(NamedTuple):
    # Without level, numbers, gender and small words, as sets of words are compared.
    core: frozenset[str]
    levels: frozenset[str]
    # Of one or two digits, or Roman.
    numbers: frozenset[int]
    long_numbers: frozenset[str]
    # Percent or hours of work.
    hours: frozenset[str]
    # A contract of the schema, or `working_student`; "" = the title names none.
    contract: str


def title_of(title: str) -> Title:
    text = _INFLECTED.sub(" ", _ADDRESSED.sub(" ", title))
    hours = frozenset(part for found in _HOURS.findall(text) for part in found if part)
    words = words_of(_HOURS.sub(" ", text))
    levels = frozenset(LEVELS[word] for word in words if word in LEVELS)
    contracts = sorted({CONTRACTS[word] for word in words if word in CONTRACTS})
    digits = [word for word in words if word.isdecimal()]
    numbers = {int(word) for word in digits if len(word) < _LONG} | _roman(words)
    said = LEVELS.keys() | CONTRACTS.keys() | NEUTRAL | set(digits)
    core = frozenset(word for word in words if word not in said and not (word in ROMAN and numbers))
    return Title(
        core,
        levels,
        frozenset(numbers),
        frozenset(word for word in digits if len(word) >= _LONG),
        hours,
        contracts[0] if contracts else "",
    )


def _roman(words: list[str]) -> set[int]:
    """`I` and `V` alone are numbers only at the end."""
    return {ROMAN[word] for place, word in enumerate(words) if word in ROMAN and (len(word) > 1 or _ends(words, place))}


def _ends(words: list[str], place: int) -> bool:
    return 0 < place == len(words) - 1


def is_form_of(word: str, other: str) -> bool:
    """Two forms of one word: vendeur and vendeuse, nurse and nurses."""
    if word == other:
        return True
    shared = 0
    for one, two in zip(word, other, strict=False):
        if one != two:
            break
        shared += 1
    return shared >= 4 and word[shared:] in ENDINGS and other[shared:] in ENDINGS


def unmatched(words: frozenset[str], others: frozenset[str]) -> frozenset[str]:
    """The words that have no form among the others."""
    rest = words - others
    return frozenset(word for word in rest if not any(is_form_of(word, other) for other in others)) if rest else rest
