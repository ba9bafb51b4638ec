"""A draft is tried on the records that it was made from: what fails there is not taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

from jobpipe.definition.models import Definition
from jobpipe.drafting.draft import Choice, Question
from jobpipe.errors import JobpipeError
from jobpipe.sources.record import RawRecord
from jobpipe.transform.compile import compile_definition
from jobpipe.transform.outcome import Item
from jobpipe.transform.problems import DefinitionProblems

# Of the records a field may fail in this share.
_TOLERATED = 0.02
_MOST_RECORDS = 100


@dataclass(slots=True)
class Proof:
    # For each field the share of the records in which its rule fails, and how.
    failing: dict[str, tuple[float, str]]
    # The share of the records in which it gives something.
    giving: dict[str, float]


def prove(choices: Sequence[Choice], records: Sequence[RawRecord]) -> Proof:
    """Of the rules of `choices`, over the first records."""
    proof = Proof({}, {})
    kept = list(choices)
    while kept:
        # Without a title nothing is tried: an open question would hide what else is wrong.
        posting = {"title": {"value": "?"}, **{one.field: one.rule for one in kept}}
        try:
            definition = Definition.model_validate({"import": "draft", "source": {"feed": "draft"}, "posting": posting})
            transformer = compile_definition(definition, hooks_source=None, tables={})
            if records:
                transformer.prepare(records[0].context.kind)
        except DefinitionProblems as error:
            wrong = {str(problem.path[1]) for problem in error.problems if len(problem.path) > 1}
            for one in kept:
                if one.field in wrong:
                    proof.failing[one.field] = (1.0, str(error))
            kept = [one for one in kept if one.field not in wrong] if wrong else []
            continue
        _count(proof, transformer, [one.field for one in kept], records)
        return proof
    return proof


def _count(proof: Proof, transformer: Any, fields: list[str], records: Sequence[RawRecord]) -> None:
    failed: Counter[str] = Counter()
    given: Counter[str] = Counter()
    messages: dict[str, str] = {}
    looked_at = 0
    for number, record in enumerate(records[:_MOST_RECORDS]):
        try:
            traces = transformer.explain(Item(number, record.raw, 0, day="2026-01-01"), record.context)
        except JobpipeError:
            continue
        looked_at += 1
        for trace in traces:
            if trace.error:
                failed[trace.field] += 1
                messages.setdefault(trace.field, trace.error)
            elif trace.value is not None:
                given[trace.field] += 1
    for field in fields:
        if looked_at and failed[field] > _TOLERATED * looked_at:
            proof.failing[field] = (failed[field] / looked_at, messages[field])
        proof.giving[field] = given[field] / looked_at if looked_at else 0.0


def proven(
    choices: Sequence[Choice], records: Sequence[RawRecord], tested: Set[str] = frozenset()
) -> tuple[list[Choice], list[Question]]:
    """The choices, those that fail made unsure, with a question for each.

    `tested`: fields whose rules are known to be right, though nothing may come of them here.
    """
    proof = prove([one for one in choices if one.is_enough], records)
    made: list[Choice] = []
    questions: list[Question] = []
    for one in choices:
        if one.field in proof.failing:
            share, message = proof.failing[one.field]
            reason = f"{one.reason}; but it fails in {share:.0%} of the records: {message}"
            made.append(replace(one, confidence=min(one.confidence, 0.5), reason=reason))
            options = ((", ".join(one.paths), one.rule),)
            questions.append(Question(about=one.field, text=f"`{one.field}` fails: {message}", options=options))
        elif one.is_enough and records and one.field not in tested and proof.giving.get(one.field, 0.0) == 0.0:
            made.append(replace(one, confidence=min(one.confidence, 0.5), reason=f"{one.reason}; nothing came of it"))
        else:
            made.append(one)
    return made, questions
