"""What a person says of a draft: an answer to a question, another part of a record for a field, or that it has none."""

from __future__ import annotations

import difflib
import re
from dataclasses import replace
from typing import Any

from jobpipe.drafting.columns import Column
from jobpipe.drafting.draft import Choice, Draft
from jobpipe.drafting.drafting import columns_of_sample
from jobpipe.drafting.fields import ORDER, fields_of
from jobpipe.drafting.proving import proven
from jobpipe.drafting.recognising.competing import Assigned
from jobpipe.drafting.recognising.recogniser import Finding, Survey
from jobpipe.drafting.sampling import sample_of_records
from jobpipe.errors import UsageError

ANSWERED = "as you said"
COMPANY = "company"
_ADDRESSES = frozenset({"url", "apply_url"})
_WITH_PATH = re.compile(r"(https?://[^{}\s]+)\{([^{}]+)\}([^{}\s]*)")
# The part of a field that one column is taken for.
_ROLES = {"company": "company.name", "locations": "locations.text", "salary": "salary.text"}
# The logarithm of the odds of what a person said.
_CERTAIN = 7.0


def columns_of(draft: Draft) -> list[Column]:
    """Of the records that it was made from; [] = none are kept with it."""
    found = columns_of_sample(sample_of_records(draft.records)) if draft.records else []
    return [one for one in found if one.origin in ("", "whole") and not one.steps and one.texts]


def rule_said(draft: Draft, about: str, said: str) -> Any:
    """What words stand for: a path, the name of a company, an address with a path in braces.

    Raises UsageError for what is none of that.
    """
    if about == COMPANY and said not in draft.paths:
        return {"value": said}
    if said in draft.paths or about.startswith("source."):
        return said
    if about in _ADDRESSES and "{" in said:
        return _address(draft, said)
    if not draft.paths:
        return said
    raise UsageError(f"a record has no {said!r}", hint=_near(draft, said))


def _address(draft: Draft, said: str) -> Any:
    found = _WITH_PATH.fullmatch(said)
    if found is None:
        raise UsageError("an address has one part of a record in it", hint="https://example.org/jobs/{id}")
    before, path, after = found.groups()
    if draft.paths and path not in draft.paths:
        raise UsageError(f"a record has no {path!r}", hint=_near(draft, path))
    return {"from": path, "then": {"template": f"{before}{{{{ value }}}}{after}"}}


def _near(draft: Draft, said: str) -> str:
    near = difflib.get_close_matches(said, draft.paths, n=3, cutoff=0.4)
    return f"nearest: {', '.join(near)}" if near else ""


def answered(draft: Draft, about: str, rule: Any) -> Draft:
    """`rule`: of the field `about`, or the word of the source; a path alone is read as its values need it."""
    questions = tuple(one for one in draft.questions if one.about != about)
    place, _, word = about.partition(".")
    if place == "source":
        block = {name: value for name, value in draft.source.block.items() if not (word == "api" and name == "feed")}
        source = replace(draft.source, block={**block, word: rule}, kind="api" if word == "api" else draft.source.kind)
        return replace(draft, source=source, questions=questions)
    choice = _said(draft, about, rule)
    others = [one for one in draft.choices if one.field != about]
    choices = tuple(sorted((*others, choice), key=lambda one: ORDER.index(one.field)))
    return replace(draft, choices=choices, questions=questions)


def left_out(draft: Draft, field: str) -> Draft:
    """The source has nothing of it."""
    return replace(
        draft,
        choices=tuple(one for one in draft.choices if one.field != field),
        questions=tuple(one for one in draft.questions if one.about != field),
    )


def _said(draft: Draft, field: str, rule: Any) -> Choice:
    if isinstance(rule, str):
        column = next((one for one in columns_of(draft) if one.path == rule), None)
        if column is not None:
            return _read_from(draft, field, column)
    before = next((one for one in draft.choices if one.field == field), None)
    paths = (rule,) if isinstance(rule, str) else ()
    if before is None or paths not in ((), before.paths):
        return Choice(field=field, rule=rule, paths=paths, confidence=1.0, reason=ANSWERED)
    return replace(before, rule=rule, confidence=1.0, reason=ANSWERED)


def _read_from(draft: Draft, field: str, column: Column) -> Choice:
    """With the steps that its values need, as drafts have them; whether it works is told, and what was said stays."""
    role = _ROLES.get(field, field)
    only = Assigned([Finding(role, column, _CERTAIN, ANSWERED)], [])
    made = fields_of(Survey([column], len(column.rows)), {role: only}, "").choices
    plain = Choice(field=field, rule=column.path, paths=(column.path,), confidence=1.0, reason=ANSWERED)
    choice = replace(next((one for one in made if one.field == field), plain), confidence=1.0, reason=ANSWERED)
    ((tried,), _) = proven([choice], [one for one in draft.records if not one.flaw])
    return replace(choice, samples=column.samples(), reason=tried.reason)
