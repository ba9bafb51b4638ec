"""What a draft of a definition consists of: choices with their confidence and reasons, and open questions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from jobpipe.sources.record import RawRecord

# A choice below this is left out of the definition, with a comment and a question.
ENOUGH = 0.7
# Above this nobody needs to be told why.
CERTAIN = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A column that could be what a field is made of."""

    path: str
    # From 0 to 1: how often such a choice is right.
    confidence: float
    # In words, for a person.
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """How one field of a posting is made, and why."""

    field: str
    # The rule as `posting` has it: a path, a list or a mapping.
    rule: Any
    # The paths that it reads, in their order; [] = a constant.
    paths: tuple[str, ...]
    confidence: float
    reason: str
    # Values as the records have them, shortened.
    samples: tuple[str, ...] = ()
    # What else it could have been, the likeliest first.
    runners_up: tuple[Candidate, ...] = ()

    @property
    def is_enough(self) -> bool:
        return self.confidence >= ENOUGH

    @property
    def steps(self) -> list[Any]:
        """What is done with the values, as the rule names it."""
        if isinstance(self.rule, list):
            return self.rule[1:]
        if isinstance(self.rule, dict):
            then = self.rule.get("then", [])
            return then if isinstance(then, list) else [then]
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What only a person can say."""

    # A field of the posting, or a word of the source: `source.holds`.
    about: str
    text: str
    # The answers that are offered, each with the rule (or the word) that it stands for.
    options: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceChoice:
    """Where and how the records are read."""

    # feed api connector site
    kind: str
    # The block `source` of the definition.
    block: dict[str, Any]
    # xml json csv xlsx html; "" = not looked at.
    format: str = ""
    encoding: str = ""
    # gzip zip … as the bytes say; "" = none.
    compression: str = ""
    # Where the records are, in words of the format.
    record: str = ""
    # Whose format it is: indeed, personio …; "" = none that is known.
    dialect: str = ""
    # Comments by word of the block: why it is there.
    reasons: dict[str, str] = field(default_factory=dict)
    # What it reads has rules of its own: a connector, pages that say what a posting is.
    brings_posting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    import_: str
    client: str
    source: SourceChoice
    # In the order in which a definition has them; those that are not enough too.
    choices: tuple[Choice, ...]
    questions: tuple[Question, ...] = ()
    # Whole lines of the definition besides: keep, key …
    more: dict[str, Any] = field(default_factory=dict)
    # What is odd about the source, in words.
    notices: tuple[str, ...] = ()
    # How many records were looked at.
    looked_at: int = 0
    # The parts that a record has, as a rule would name them.
    paths: tuple[str, ...] = ()
    # The first of them, as they were read; () = they were no records of a feed.
    records: tuple[RawRecord, ...] = ()

    @property
    def taken(self) -> tuple[Choice, ...]:
        """Those that the definition has."""
        return tuple(one for one in self.choices if one.is_enough)
