"""What words of a page mean: the same glossary as for the parts of a record, and what icons stand for."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib import resources

from jobpipe.definition.yaml import read_yaml
from jobpipe.drafting.names import glossary, key_of, pieces, strength_of

_LEAST = 0.5
# Labels that are a sentence's beginning are none.
_MOST_WORDS = 6
# What a class is made of besides what it means: job-detail-location, vacancy__ref.
_COMMON = frozenset(
    """
    job jobs vacancy vacature offer offre oferta annonce stelle stellen posting position post career careers detail
    details info single item list listing header head top meta summary page view field value val text content block
    section box card main data label wrapper wrap inner tag name js is the of
    """.split()  # noqa: SIM905
)
_SPLIT = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z])")
# The drawing, as it is called in the usual collections -> what it stands for.
_ICONS = {
    "location": "location", "map": "location", "marker": "location", "pin": "location", "geo": "location",
    "place": "location", "position": "location", "standort": "location", "pound": "salary", "euro": "salary",
    "dollar": "salary", "money": "salary", "gbp": "salary", "eur": "salary", "coins": "salary", "wallet": "salary",
    "salary": "salary", "clock": "workinghours", "time": "workinghours", "hourglass": "workinghours",
    "calendar": "date", "building": "company", "company": "company", "briefcase": "contract",
    "contract": "contract", "doc": "contract", "handshake": "contract", "suitcase": "contract",
}  # fmt: skip


# A name of each role that the glossary knows without doubt.
_CANONICAL = {
    "reference": "reference", "company.name": "company", "locations.text": "location", "locations.city": "city",
    "locations.region": "region", "locations.country": "country", "contract": "contract",
    "working_time": "workinghours", "salary.text": "salary", "posted_at": "dateposted",
    "valid_through": "validthrough", "remote": "remote", "positions": "positions", "experience": "experience",
    "education": "education", "category": "category", "description": "description",
}  # fmt: skip


@cache
def _labels() -> dict[str, str]:
    """Label -> the name by which the glossary knows its role."""
    text = (resources.files("jobpipe.drafting.pages") / "labels.yaml").read_text(encoding="utf-8")
    content = read_yaml(text).value
    return {key_of(label): _CANONICAL[role] for role, labels in content.items() for label in labels.split()}


@lru_cache(maxsize=4096)
def glossary_name(label: str) -> str:
    """What the glossary calls it: itself, or the name of the role that pages mean by it."""
    return _labels().get(key_of(label), label)


@cache
def _terms() -> frozenset[str]:
    return frozenset(term for terms in glossary().values() for term in terms) | frozenset(_labels())


def _may_mean_something(words: tuple[str, ...]) -> bool:
    """Quickly: whether some of its words, or its end, are in the glossary at all."""
    joined = ("".join(words[start:end]) for start in range(len(words)) for end in range(start + 1, len(words) + 1))
    if any(one in _terms() for one in joined):
        return True
    key = "".join(words)
    return any(key[start:] in _terms() for start in range(1, max(1, len(key) - 4)))


@lru_cache(maxsize=4096)
def means_something(label: str) -> bool:
    """Whether it is known, as a whole or nearly so."""
    words = pieces(label)
    if not 0 < len(words) <= _MOST_WORDS or not _may_mean_something(words):
        return False
    name = glossary_name(label)
    return any(strength_of((name,), role) >= _LEAST for role in glossary())


@lru_cache(maxsize=4096)
def role_of(label: str) -> str:
    """The role that it says most strongly; "" = none."""
    name = glossary_name(label)
    best = max(glossary(), key=lambda role: strength_of((name,), role))
    return best if strength_of((name,), best) > 0 else ""


@lru_cache(maxsize=4096)
def strength_for(label: str, *roles: str) -> float:
    return max(strength_of((glossary_name(label),), role) for role in roles)


@lru_cache(maxsize=4096)
def meaning_of(name: str) -> str:
    """What a class or an id says, without the words that all of them have; "" = nothing."""
    words = [word for word in _SPLIT.split(name) if word]
    if len(words) > 5:
        return ""
    bare = [word for word in words if word.lower() not in _COMMON]
    meant = "_".join(bare)
    if bare and means_something(meant):
        return meant
    whole = "_".join(words)
    return whole if bare and means_something(whole) else ""


def says_itself(name: str, text: str) -> bool:
    """A class that repeats the value, as `full-time` does: another row has another one."""
    return key_of(name) == key_of(text)


def icon_word(words: list[str]) -> str:
    """What an icon with these words in its class stands for; "" = nothing that is known."""
    return next((_ICONS[word] for word in words if word in _ICONS), "")
