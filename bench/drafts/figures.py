"""What is counted: of each sample which fields are right, and sums over samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.drafts.equality import CORE, DRAFTED, Verdict, judge
from bench.drafts.expectations import Expectation
from bench.drafts.making import Made
from bench.drafts.records import Find, Record

# A field is right where this share of its records is.
ENOUGH = 0.95


@dataclass(frozen=True)
class FieldFigures:
    verdicts: Counter[Verdict]
    # The source has it, beyond doubt.
    is_there: bool
    # A record that went wrong, from 1, and what it was; for looking into it.
    example: str = ""

    @property
    def is_set(self) -> bool:
        return bool(self.verdicts[Verdict.RIGHT] + self.verdicts[Verdict.WRONG])

    @property
    def is_right(self) -> bool:
        """On nearly all records that have it, or were given it."""
        of_interest = self.verdicts.total() - self.verdicts[Verdict.NOTHING]
        return self.verdicts[Verdict.RIGHT] >= ENOUGH * of_interest

    @property
    def is_set_right(self) -> bool:
        return self.verdicts[Verdict.RIGHT] >= ENOUGH * (self.verdicts[Verdict.RIGHT] + self.verdicts[Verdict.WRONG])


@dataclass(frozen=True)
class SampleFigures:
    sample: str
    kind: str
    # Of the file, and how many the definition found.
    records: int
    found: int
    fields: Mapping[str, FieldFigures]
    asked: Sequence[str] = ()
    trouble: str = ""
    seconds: float = 0.0

    @property
    def needs_no_edit(self) -> bool:
        """Every core field that is there is right, and none that is not there is set."""
        core = [self.fields[name] for name in CORE if name in self.fields]
        return self.found == self.records and all(one.is_right for one in core if one.is_there or one.is_set)

    @property
    def wrong(self) -> list[str]:
        return [name for name, one in self.fields.items() if one.is_set and not one.is_set_right]

    @property
    def missing(self) -> list[str]:
        return [
            name for name, one in self.fields.items() if one.is_there and not one.is_right and name not in self.wrong
        ]


@dataclass
class Sums:
    samples: int = 0
    without_edit: int = 0
    there: int = 0
    right: int = 0
    given: int = 0
    given_right: int = 0
    # The same by value instead of by field.
    values: int = 0
    values_right: int = 0
    asked: int = 0
    by_field: dict[str, tuple[int, int]] = field(default_factory=dict)


def judged(expectation: Expectation, records: Sequence[Record], find: Find, made: Made) -> SampleFigures:
    fields = {name: _field(name, expectation, records, find, made) for name in DRAFTED}
    return SampleFigures(
        sample=expectation.sample,
        kind=expectation.kind,
        records=len(records),
        found=len(made.postings),
        fields=fields,
        asked=made.asked,
        trouble=made.trouble,
        seconds=made.seconds,
    )


def _field(name: str, expectation: Expectation, records: Sequence[Record], find: Find, made: Made) -> FieldFigures:
    rules = list(expectation.fields.get(name, ()))
    verdicts: Counter[Verdict] = Counter()
    example = ""
    is_there = False
    for place, record in enumerate(records):
        if place in made.unreadable:
            continue
        posting = (made.postings[place] if place < len(made.postings) else None) or {}
        verdict = judge(name, rules, posting, record, find)
        verdicts[verdict] += 1
        is_there |= _is_there(name, rules, record, find)
        if verdict in (Verdict.WRONG, Verdict.MISSING) and (not example or verdict is Verdict.WRONG):
            example = f"record {place + 1}: {verdict.value}: {str(DRAFTED[name](posting))[:160]!r}"
    return FieldFigures(verdicts, is_there, example)


def _is_there(name: str, rules: Sequence[Any], record: Record, find: Find) -> bool:
    """A draft that leaves it out misses it."""
    return judge(name, list(rules), {}, record, find) is Verdict.MISSING


def sums(samples: Iterable[SampleFigures]) -> Sums:
    made = Sums()
    for one in samples:
        made.samples += 1
        made.without_edit += one.needs_no_edit
        made.asked += len(one.asked)
        for name, figures in one.fields.items():
            there, right = made.by_field.get(name, (0, 0))
            is_right = figures.is_there and figures.is_right
            made.by_field[name] = there + figures.is_there, right + is_right
            made.there += figures.is_there
            made.right += is_right
            made.given += figures.is_set
            made.given_right += figures.is_set and figures.is_set_right
            made.values += figures.verdicts[Verdict.RIGHT] + figures.verdicts[Verdict.WRONG]
            made.values_right += figures.verdicts[Verdict.RIGHT]
    return made
