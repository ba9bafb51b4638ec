"""Asks what a draft is not sure of: a number takes an answer that is offered, a text is a path, Enter leaves it out."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from jobpipe.drafting.draft import Draft, Question

# What may be typed, by what is asked.
_WANTED = {"company": "a path, or its name", "url": "a path, or an address with one: https://example.org/{id}"}
# Of the parts of a record.
_MOST_SHOWN = 40


def with_answers(draft: Draft, given: TextIO, out: TextIO) -> Draft:
    """The draft with the answers; what nobody answers stays open."""
    from jobpipe.drafting.answering import answered

    if draft.paths:
        parts = ", ".join(draft.paths[:_MOST_SHOWN]) + (" …" if len(draft.paths) > _MOST_SHOWN else "")
        out.write("\n" + textwrap.fill(f"A record has {parts}", 80, break_on_hyphens=False) + "\n")
    for question in draft.questions:
        rule = _asked(question, draft, given, out)
        if rule is not None:
            draft = answered(draft, question.about, rule)
    return draft


def _asked(question: Question, draft: Draft, given: TextIO, out: TextIO) -> Any:
    """None = no answer."""
    from jobpipe.drafting.answering import rule_said
    from jobpipe.errors import UsageError

    out.write("\n" + textwrap.fill(f"{question.about}: {question.text}", 80) + "\n")
    for number, (label, _) in enumerate(question.options, start=1):
        out.write(f"  {number}  {label}\n")
    wanted = _WANTED.get(question.about, "a path")
    while True:
        out.write(f"{'a number, ' if question.options else ''}{wanted}; Enter: leave it open > ")
        out.flush()
        line = given.readline().strip()
        if not line:
            return None
        if line.isdecimal() and 1 <= int(line) <= len(question.options):
            return question.options[int(line) - 1][1]
        try:
            return rule_said(draft, question.about, line)
        except UsageError as error:
            out.write(error.message + (f"; {error.hint}" if error.hint else "") + "\n")
