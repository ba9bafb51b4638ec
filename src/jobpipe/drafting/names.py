"""What the names of a record's parts mean: the glossary of this field in twelve languages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib import resources
from typing import Any

from jobpipe.definition.yaml import read_yaml
from jobpipe.transform.steps.date_words import fold

_PIECE = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
# As ä, ö and ü are written where they cannot be; their dots go as accents do.
_UMLAUT = re.compile(r"([aou])e")
# How much a term counts by the list that it is in.
_STRENGTHS = {"sure": 1.0, "likely": 0.8, "maybe": 0.5}
# A term within a longer name counts for less.
_AMONG_OTHERS, _AT_THE_END = 0.78, 0.65
# A bound of an amount by two words.
_BOUND = 0.95
# A name that has a word which begins as words of the role do.
_BY_STEM = 0.68
# A glued name ends with a term only where that is long enough to mean something.
_LEAST_ENDING = 5
# Roles whose values may be codes: of the others an `id` beside a label is none.
_OF_CODES = frozenset(
    """
    reference company.id locations.country locations.region salary.currency salary.period contract working_time
    language category remote
    """.split()  # noqa: SIM905
)


def pieces(name: str) -> tuple[str, ...]:
    """The words of a name in small letters, however they are written together: datePublication, date_publication."""
    plain = name.removeprefix("@").rpartition(":")[2].replace("º", "o").replace("°", "o").replace("#", " number ")
    # Accents go first, so that a word stays one.
    return tuple(_UMLAUT.sub(r"\1", one.lower()) for one in _PIECE.findall(_unaccented(plain)))


def key_of(name: str) -> str:
    """A name written together in small letters, as the glossary has its terms: jobTitle, job_title are jobtitle."""
    return "".join(pieces(name))


def _unaccented(text: str) -> str:
    return "".join(fold(one).upper() if one.isupper() and not one.isascii() else _folded(one) for one in text)


def _folded(character: str) -> str:
    return character if character.isascii() else fold(character)


@cache
def _said_in(file: str) -> dict[str, Any]:
    """What a file of words beside this one has."""
    return dict(read_yaml((resources.files("jobpipe.drafting") / file).read_text(encoding="utf-8")).value)


@cache
def _words(kind: str) -> frozenset[str]:
    """`generic`, `alone` or `changing`: name_words.yaml says what they are."""
    return frozenset(key_of(word) for word in str(_said_in("name_words.yaml")[kind]).split())


@cache
def _stems() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """For each role the beginnings of words that speak of it, and those beside which they do not."""
    return {
        role: (tuple(said["stems"].split()), tuple(said["unless"].split()))
        for role, said in _said_in("glossary_stems.yaml").items()
    }


@cache
def glossary() -> dict[str, dict[str, float]]:
    """For each role the terms (without blanks) with their strength."""
    made: dict[str, dict[str, float]] = {}
    for role, lists in _said_in("glossary.yaml").items():
        terms = made[role] = {}
        for word, strength in _STRENGTHS.items():
            for term in str(lists.get(word, "")).split():
                terms.setdefault(key_of(term), strength)
    return made


@lru_cache(maxsize=65536)
def strength_of(names: tuple[str, ...], role: str) -> float:
    """How strongly the names on the way to a value, outermost first, say that it is of a role: from 0 to 1."""
    terms = glossary().get(role, {})
    leaf = pieces(names[-1]) if names else ()
    parent = pieces(names[-2]) if len(names) > 1 else ()
    grand = pieces(names[-3]) if len(names) > 2 else ()
    best = _strength(leaf, terms)
    if parent:
        best = max(best, _exact(parent + leaf, terms), _exact(grand + parent + leaf, terms) if grand else 0.0)
        if not leaf or "".join(leaf) in _words("generic"):
            share = 0.5 if _is_code(leaf) and role not in _OF_CODES else 1.0
            best = max(best, share * 0.95 * _strength(parent, terms), share * 0.9 * _exact(grand + parent, terms))
            if "".join(parent) in _words("generic") and grand:
                best = max(best, 0.85 * _strength(grand, terms))
    best = max(best, _strength_of_bound(leaf, role))
    return max(best, _strength_of_stems(leaf, role)) if best < _BY_STEM else best


def _strength_of_bound(words: tuple[str, ...], role: str) -> float:
    """salaris-max, brutto-loon-van: a word for salaries beside one for a bound, which alone says less."""
    if role not in ("salary.min", "salary.max"):
        return 0.0
    bounds, salaries = glossary()[role], glossary()["salary.text"]
    others = [word for word in words if word not in bounds]
    if len(words) < 2 or len(others) != len(words) - 1:
        return 0.0
    is_salary = "".join(others) in salaries or any(word in salaries for word in others)
    return _BOUND if is_salary else 0.0


def _strength_of_stems(words: tuple[str, ...], role: str) -> float:
    stems, unless = _stems().get(role, ((), ()))
    if any(word.startswith(unless) for word in words):
        return 0.0
    return _BY_STEM if any(word.startswith(stems) for word in words) else 0.0


def _is_code(leaf: tuple[str, ...]) -> bool:
    return "".join(leaf) in ("id", "code", "key")


def group_of(role: str) -> str:
    """Roles of one group stand together in a record: locations, company, salary; others are alone."""
    return role.partition(".")[0]


@lru_cache(maxsize=65536)
def surroundings_of(names: tuple[str, ...]) -> frozenset[str]:
    """The groups that the names around a value speak of, and `contact`, `media` and the like."""
    found = set()
    for name in names[:-1]:
        key = key_of(name)
        if speaks_of_a_person(name):
            found.add("contact")
        for role, terms in glossary().items():
            if max(terms.get(key, 0.0), terms.get(key.removesuffix("s"), 0.0)) >= 1.0:
                found.add(group_of(role))
    return frozenset(found)


def speaks_of_a_person(name: str) -> bool:
    """Of one who is to be asked: contact_url, recruiterPage."""
    return not _words("persons").isdisjoint(pieces(name))


def surroundings_way(names: tuple[str, ...]) -> tuple[str, ...]:
    """What a value stands in: in address.city.name it is the address."""
    is_label = len(names) > 1 and key_of(names[-1]) in _words("generic")
    return names[: -2 if is_label else -1]


def _exact(words: Sequence[str], terms: dict[str, float]) -> float:
    return max(terms.get("".join(words), 0.0), 0.9 * terms.get("".join(_without_connectives(words)), 0.0))


def _without_connectives(words: Sequence[str]) -> list[str]:
    """url-de-l-offre is an urloffre."""
    return [word for word in words if word not in _words("connectives")]


def _strength(words: tuple[str, ...], terms: dict[str, float]) -> float:
    if len(words) > 1 and words[0] in _words("prefixes"):
        # job_salary_from is a salary_from.
        return max(_strength_as_written(words, terms), 0.97 * _strength(words[1:], terms))
    plain = tuple(_without_connectives(words))
    return max(_strength_as_written(words, terms), 0.9 * _strength_as_written(plain, terms) if plain != words else 0.0)


def _strength_as_written(words: tuple[str, ...], terms: dict[str, float]) -> float:
    if not words:
        return 0.0
    key = "".join(words)
    if key in terms:
        return terms[key]
    best = 0.0
    for start in range(len(words)):
        for end in range(start + 1, len(words) + 1):
            found = terms.get("".join(words[start:end]), 0.0)
            if found and end - start < len(words) and "".join(words[start:end]) not in _words("alone"):
                rest = [*words[:start], *words[end:]]
                changed = 0.5 if _words("changing").intersection(rest) else 1.0
                best = max(best, changed * found * _AMONG_OTHERS ** min(len(rest), 3))
    if best == 0.0:
        for term, strength in terms.items():
            if (
                len(term) >= _LEAST_ENDING
                and term not in _words("alone")
                and key.endswith(term)
                and len(key) - len(term) < 14
            ):
                best = max(best, strength * _AT_THE_END)
    return best
