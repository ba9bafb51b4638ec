"""Asks what a draft is not sure of: a number takes an answer that is offered, a text is a path, Enter leaves it out."""

from __future__ import annotations

import difflib
import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from jobpipe.drafting.draft import Choice, Draft, Question

_ANSWERED = "as you said"
# Of the parts of a record.
_MOST_SHOWN = 40
_COMPANY = "company"


def answered(draft: Draft, given: TextIO, out: TextIO) -> Draft:
    """The draft with the answers; what nobody answers stays open."""
    if draft.paths:
        parts = ", ".join(draft.paths[:_MOST_SHOWN]) + (" …" if len(draft.paths) > _MOST_SHOWN else "")
        out.write("\n" + textwrap.fill(f"A record has {parts}", 80, break_on_hyphens=False) + "\n")
    for question in draft.questions:
        rule = _asked(question, draft.paths, given, out)
        if rule is not None:
            draft = _with_answer(draft, question, rule)
    return draft


def _asked(question: Question, paths: tuple[str, ...], given: TextIO, out: TextIO) -> Any:
    """None = no answer."""
    out.write("\n" + textwrap.fill(f"{question.about}: {question.text}", 80) + "\n")
    for number, (label, _) in enumerate(question.options, start=1):
        out.write(f"  {number}  {label}\n")
    wanted = "a path, or its name" if question.about == _COMPANY else "a path"
    while True:
        out.write(f"{'a number, ' if question.options else ''}{wanted}; Enter: leave it open > ")
        out.flush()
        line = given.readline().strip()
        if not line:
            return None
        if line.isdecimal() and 1 <= int(line) <= len(question.options):
            return question.options[int(line) - 1][1]
        if question.about == _COMPANY and line not in paths:
            return {"value": line}
        if line in paths or not paths or question.about.startswith("source."):
            return line
        near = difflib.get_close_matches(line, paths, n=3, cutoff=0.4)
        out.write(f"a record has no {line!r}" + (f"; nearest: {', '.join(near)}" if near else "") + "\n")


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
