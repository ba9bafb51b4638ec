"""What a suggestion is, and what suggestions are made from."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Suggestion(NamedTuple):
    code: str
    # What the code is known by, or the label that was once mapped to it.
    label: str
    # From 0 to 1: of 100 suggestions with 0.8, about 80 are right.
    confidence: float
    reason: str
    taxonomy: str = ""


class KnownLabel(NamedTuple):
    """A name of a category, or a label that somebody decided."""

    label: str
    code: str
    taxonomy: str = ""
    # Whether a person (or a developer's file) mapped it; otherwise it is a name of the category itself.
    is_decision: bool = False
    # Whose labels it was decided for; "" = everybody's.
    client: str = ""


class Suggester(Protocol):
    def suggest(self, label: str, *, limit: int) -> list[Suggestion]:
        """The best first, each code once."""
        ...

    def learn(self, known: KnownLabel) -> None:
        """It was decided just now, and counts from now on."""
        ...
