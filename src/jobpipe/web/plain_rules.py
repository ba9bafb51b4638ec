"""Rules that are chosen from lists, and said in words again: nobody has to know how one is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

from jobpipe.posting import Contract, Remote, WorkingTime
from jobpipe.web.words import Words

ACTS = ("drop", "keep")
# Characters of what one types.
_MOST = 200
# Of the fields that have few values: each of these is a choice.
_VALUES = {"contract": get_args(Contract), "working_time": get_args(WorkingTime), "remote": get_args(Remote)}
_MISSING = ("contract", "description", "locations", "apply_url")
# With words of whoever makes the rule. Capitals do not matter.
_WITH_WORDS = {
    "title": "posting.title and {} in posting.title|lower",
    "description": "posting.description and {} in posting.description|lower",
    "company": "posting.company and posting.company.name and {} in posting.company.name|lower",
    "city": "posting.locations and {} in posting.locations|map(attribute='city')|join(' ')|lower",
    "country": "posting.locations and {} in posting.locations|map(attribute='country')|list",
}
_TEXT = r"'((?:[^'\\]|\\.)*)'"


@dataclass(frozen=True, slots=True)
class Choice:
    name: str
    words: str
    is_chosen: bool


def groups_of(say: Words, chosen: str) -> list[tuple[str, list[Choice]]]:
    """What one may choose from, under headings."""
    made = [
        (say[f"rules_group_{field}"], [(f"{field}={one}", _said(say, field, one)) for one in values])
        for field, values in _VALUES.items()
    ]
    made.append((say["rules_with_words"], [(field, _said(say, field, "…")) for field in _WITH_WORDS]))
    made.append((say["rules_missing"], [(f"no_{field}", say[f"rules_if_no_{field}"]) for field in _MISSING]))
    return [(heading, [Choice(name, words, name == chosen) for name, words in some]) for heading, some in made]


def _said(say: Words, field: str, value: str) -> str:
    return say[f"rules_if_{field}"].format(value=say.value(value) if field in _VALUES else value)


def needs_words(about: str) -> bool:
    return about in _WITH_WORDS


def written(act: str, about: str, words: str) -> str:
    """The rule; "" where that is no choice of the lists."""
    condition = dict(_conditions()).get(about) if act in ACTS else None
    return f"{act} when {condition.replace('{}', _quoted(about, words))}" if condition else ""


def _conditions() -> Iterator[tuple[str, str]]:
    for field, values in _VALUES.items():
        yield from ((f"{field}={one}", f"posting.{field} == '{one}'") for one in values)
    yield from _WITH_WORDS.items()
    yield from ((f"no_{field}", f"not posting.{field}") for field in _MISSING)


def _quoted(about: str, words: str) -> str:
    text = " ".join(words.split())[:_MOST]
    text = text.upper() if about == "country" else text.lower()
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def in_words(say: Words, rule: str) -> str:
    """A sentence; "" of a rule that somebody wrote another way."""
    act, _, condition = rule.strip().partition(" when ")
    if "'" not in condition and "\\" not in condition:
        condition = condition.replace('"', "'")
    if act not in ACTS:
        return ""
    for about, template in _conditions():
        found = re.fullmatch(re.escape(template).replace(re.escape("{}"), _TEXT), condition.strip())
        if found is None:
            continue
        field, _, value = about.partition("=")
        if about.startswith("no_"):
            return say[f"rules_said_{act}"].format(which=say[f"rules_if_{about}"])
        value = value or re.sub(r"\\(.)", r"\1", found[1])
        return say[f"rules_said_{act}"].format(which=_said(say, field, value))
    return ""
