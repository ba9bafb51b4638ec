"""Asks what a draft is not sure of: a number takes an answer that is offered, a text is a path, Enter leaves it out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from jobpipe.drafting.draft import Choice, Draft, Question

_ANSWERED = "as you said"


def answered(draft: Draft, given: TextIO, out: TextIO) -> Draft:
    """The draft with the answers; what nobody answers stays open."""
    for question in draft.questions:
        rule = _asked(question, given, out)
        if rule is not None:
            draft = _with_answer(draft, question, rule)
    return draft


def _asked(question: Question, given: TextIO, out: TextIO) -> Any:
    """None = no answer."""
    out.write(f"\n{question.about}: {question.text}\n")
    for number, (label, _) in enumerate(question.options, start=1):
        out.write(f"  {number}  {label}\n")
    out.write("a number, or a path; Enter: leave it open > ")
    out.flush()
    line = given.readline().strip()
    if line.isdecimal() and 1 <= int(line) <= len(question.options):
        return question.options[int(line) - 1][1]
    return line or None


def _with_answer(draft: Draft, question: Question, rule: Any) -> Draft:
    questions = tuple(one for one in draft.questions if one is not question)
    place, _, word = question.about.partition(".")
    if place == "source":
        block = {name: value for name, value in draft.source.block.items() if not (word == "api" and name == "feed")}
        source = replace(draft.source, block={**block, word: rule}, kind="api" if word == "api" else draft.source.kind)
        return replace(draft, source=source, questions=questions)
    return replace(draft, choices=_with_choice(draft.choices, question.about, rule), questions=questions)


def _with_choice(choices: tuple[Choice, ...], field: str, rule: Any) -> tuple[Choice, ...]:
    from jobpipe.drafting.draft import Choice
    from jobpipe.drafting.fields import ORDER

    paths = (rule,) if isinstance(rule, str) else ()
    before = next((one for one in choices if one.field == field), None)
    made = (
        replace(before, rule=rule, paths=paths or before.paths, confidence=1.0, reason=_ANSWERED)
        if before is not None
        else Choice(field=field, rule=rule, paths=paths, confidence=1.0, reason=_ANSWERED)
    )
    others = [one for one in choices if one.field != field]
    return tuple(sorted((*others, made), key=lambda one: ORDER.index(one.field)))
