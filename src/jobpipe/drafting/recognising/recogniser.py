"""What a recogniser is: it weighs the values of a column for one role; names and surroundings are weighed for all."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from jobpipe.drafting.columns import Column
from jobpipe.drafting.names import group_of, key_of, strength_of, surroundings_of

# Of the logarithm of the odds, what a name is worth: from one that says nothing to one that says it all.
_NAMELESS = -3.0
# Of a role that is not looked for without one.
NEVER = -math.inf
_NAME_FROM, _NAME_TO = -1.2, 4.6
# A name of which something else says what it means.
_HINTED = 0.5
# Where no names help, values must do: what a record of a job has is in one of its columns.
_WITHOUT_NAMES = 1.4
# Groups whose parts are theirs and not the job's.
_OTHERS = frozenset(
    "company locations salary category contract skills education experience industry language working_time".split()  # noqa: SIM905
)
_FOREIGN = -2.5
# How to apply stands beside whom to ask.
_AT_HOME = frozenset({("media", "company.logo"), ("contact", "apply_url")})
_APART = {"contact": -4.0, "media": -3.0, "meta": -3.0, "questions": -6.0}


class Weight(NamedTuple):
    """Of the values, in logarithms of odds, with the reason in words."""

    value: float
    reason: str = ""


@dataclass(frozen=True)
class Survey:
    """What is known of all columns together."""

    columns: list[Column]
    records: int
    # ISO 639-1; "" = not known.
    language: str = ""

    @cached_property
    def is_nameless(self) -> bool:
        """No name says what is a title: a table without a header, or names that are numbers."""
        return all(strength_of(one.names, "title") < 0.5 for one in self.columns if not one.steps)

    @property
    def is_small(self) -> bool:
        """Too few records for statistics."""
        return self.records < 4


class Hint(NamedTuple):
    """What is known of a column and a role besides: the odds that are added, and why."""

    odds: float
    reason: str


# For a role and a column; None = nothing is known.
Told = Callable[[str, Column], Hint | None]
# None = the column cannot be it.
Weigh = Callable[[Column, Survey], Weight | None]


@dataclass(frozen=True, slots=True)
class Recogniser:
    # A field of the posting, or a part of one: company.name.
    role: str
    weigh: Weigh
    # Roles that may read the same column.
    shares_with: frozenset[str] = field(default=frozenset())
    # Without a name that says so.
    nameless: float = _NAMELESS
    # Several values in one record are as they should be.
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """A column weighed for a role."""

    role: str
    column: Column
    # The logarithm of the odds that it is right.
    odds: float
    reason: str

    @property
    def confidence(self) -> float:
        return 1 / (1 + math.exp(-self.odds))


def weigh(recogniser: Recogniser, column: Column, survey: Survey, hint: Hint | None = None) -> Finding | None:
    """None = the column cannot be it."""
    strength = strength_of(column.names, recogniser.role)
    if hint is not None and hint.odds > 0:
        strength = max(strength, _HINTED)
    if strength == 0.0 and recogniser.nameless == NEVER:
        return None
    if not column.texts or column.origin == "whole":
        return None
    if column.origin == "split" and recogniser.role != "company.name":
        return None
    weight = recogniser.weigh(column, survey)
    if weight is None:
        return None
    nameless = recogniser.nameless + (_WITHOUT_NAMES if survey.is_nameless else 0.0)
    odds = (_NAME_FROM + _NAME_TO * strength if strength else nameless) + weight.value
    if hint is None or hint.odds < 0:
        odds += _of_surroundings(column, recogniser.role)
    if not recogniser.is_list and column.repeats:
        odds -= 1.5
    if column.origin in ("line", "split"):
        odds -= 0.8
    if hint is not None:
        odds += hint.odds - (_NAME_TO * (strength - _HINTED) if hint.odds > 0 else 0.0)
    reasons = [hint.reason if hint is not None else _named(column, strength), weight.reason]
    return Finding(recogniser.role, column, odds, "; ".join(one for one in reasons if one))


def _named(column: Column, strength: float) -> str:
    name = column.names[-1]
    if strength >= 0.95:
        return f"it is called {name}"
    return f"{name} may mean it" if strength else "its values look like it"


def _of_surroundings(column: Column, role: str) -> float:
    around = surroundings_of(column.names)
    own = group_of(role)
    weight = 0.0
    for group in around:
        if group == own or (group, role) in _AT_HOME:
            continue
        if group in _APART:
            weight += _APART[group]
        elif group in _OTHERS:
            weight += _FOREIGN
    if own == "company" and "contact" in around and key_of(column.names[-1]) in ("company", "companyname"):
        weight += 2.5
    return max(weight, -6.0)
