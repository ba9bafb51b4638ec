"""What a definition says of pages of postings: rules, selectors, and what is open."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from jobpipe.drafting.draft import Choice, Question
from jobpipe.drafting.pages.meanings import role_of
from jobpipe.drafting.pages.spots import Spot

# Roles that are looked for by other means than a label: a page has one title and one body.
_APART = frozenset(
    {"title", "description", "description.more", "url", "apply_url", "company.logo", "company.url"}
    | {"contact", "media", "meta", "questions", ""}
)
# A date by which the work begins dates no posting.
_JOB_START = re.compile(
    r"\b(?:start|begin|beginn|eintritt\w*|arbeitsbeginn|besetzbar|d[ée]but|prise de|inici\w*|incorporaci\w*|inizio"
    r"|decorrenza|tiltr\w+|tillträd\w*|aloitus\w*|rozpocz\w*|nástup\w*|availab\w*|ingangsdatum|startdatum)\b",
    re.IGNORECASE,
)
# Longer texts beside a label are parts of the description.
_LONGEST = 120


@dataclass(slots=True)
class Posted:
    choices: list[Choice]
    questions: list[Question]
    # Name -> selector, of those that the choices read.
    fields: dict[str, str]
    notices: list[str] = field(default_factory=list)


def is_fact(spot: Spot) -> bool:
    """A value of the posting that is called by a name."""
    if role_of(spot.name) in _APART or len(spot.value) > _LONGEST:
        return False
    return not _JOB_START.search(spot.name)


def own_choice(name: str, rule: Any, path: str, sure: float, reason: str, samples: Sequence[str]) -> Choice:
    return Choice(field=name, rule=rule, paths=(path,), confidence=sure, reason=reason, samples=tuple(samples[:3]))


def posted_of(choices: list[Choice], questions: Sequence[Question], fields: dict[str, str]) -> Posted:
    """Without the questions about what is sure enough; `fields`: all selectors that were tried."""
    settled = {one.field for one in choices if one.is_enough}
    return Posted(choices, [one for one in questions if one.about not in settled], _used(choices, fields))


def _used(choices: Sequence[Choice], fields: dict[str, str]) -> dict[str, str]:
    """Of those that are asked for too, so that a person has only to take a comment away."""
    read = {path for one in choices for path in one.paths}
    return {name: chosen for name, chosen in fields.items() if name in read and name != "@url"}
