"""Overrides at work: what an import's rules and the decisions over one posting make of a posting.

All conditions are one template, or a few where they are long: one call answers which are true, and only what is true
costs more.  A rule sees what those before it have made: where one changes a field, the later rules that read that field
are asked again, each by itself.  A rule that fails on a posting is passed over for that posting, and told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jobpipe.definition.overrides import OverrideError, OverrideRule, Overrides, PostingOverride
from jobpipe.errors import RecordError
from jobpipe.transform.expressions import posting_for_rules
from jobpipe.transform.override_checks import Setter, check_rule, fields_read, setter_of
from jobpipe.transform.override_templates import Answers, RuleError
from jobpipe.transform.plain_values import is_empty

# Characters of a text, and items of a list, that a rule sees.
MAX_SEEN = 100_000
MAX_SEEN_ITEMS = 1_000


@dataclass(slots=True)
class Verdict:
    """What became of one posting."""

    # Why it is left out: a stable word, and the sentence for a person; "" = it is not.
    reason: str = ""
    message: str = ""
    # What the definition leaves out is let in.
    allowed: bool = False
    # Of each field that was set: by which rule.
    by: dict[str, str] = field(default_factory=dict)
    # Rules that were passed over: number, why.
    faults: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Rule:
    rule: OverrideRule
    # Of set and default.
    setter: Setter | None
    # Fields that its condition reads; None = any.
    reads: frozenset[str] | None


class Overrider:
    """The overrides of one import, compiled. Not for several threads at once."""

    def __init__(self, overrides: Overrides, finish_description: Callable[[Any], Any]) -> None:
        """`finish_description`: makes sanitised HTML of what a rule gives."""
        self._finish_description = finish_description
        self._broken: list[tuple[int, str]] = []
        self._rules = [compiled for rule in overrides.rules if (compiled := self._compiled(rule)) is not None]
        self._answers = Answers([one.rule for one in self._rules])
        self._always = [number for number, one in enumerate(self._rules) if not one.rule.condition]
        self._conditional = [number for number, one in enumerate(self._rules) if one.rule.condition]
        self._postings = {key: (one, self._setters(one)) for key, one in overrides.postings.items()}

    def apply(self, posting: dict[str, Any], key: str) -> Verdict:
        """Changes the posting in place."""
        verdict = Verdict(faults=list(self._broken))
        if self._rules:
            self._apply_rules(posting, verdict)
        if key in self._postings:
            self._apply_to_one(posting, *self._postings[key], verdict)
        return verdict

    # Rules -------------------------------------------------------------------------------------------

    def _apply_rules(self, posting: dict[str, Any], verdict: Verdict) -> None:
        self._answers.begin()
        view = seen(posting)
        true, failed = self._answers.true_of(view)
        acting = {*self._always, *true, *(number for number in self._conditional if self._acts_when_false(number))}
        asked_again: set[int] = set()
        numbers = sorted(acting | failed.keys())
        place = 0
        while place < len(numbers):
            number = numbers[place]
            place += 1
            one = self._rules[number]
            try:
                is_true = self._is_true(number, view, true, failed, asked_again)
                changed = self._act(number, is_true, posting, view, verdict)
            except (RuleError, RecordError) as error:
                verdict.faults.append(
                    (one.rule.number, error.message if isinstance(error, RecordError) else str(error))
                )
                continue
            if changed:
                view = seen(posting)
                again = {later for later in self._readers_of(changed) if later > number}
                asked_again |= again
                numbers = numbers[:place] + sorted({*numbers[place:], *again})

    def _acts_when_false(self, number: int) -> bool:
        return self._rules[number].rule.action == "keep"

    def _is_true(
        self, number: int, view: Mapping[str, Any], true: set[int], failed: dict[int, str], again: set[int]
    ) -> bool:
        if not self._rules[number].rule.condition:
            return True
        if number in again:
            return self._answers.is_true(number, view)
        if number in failed:
            raise RuleError(failed[number])
        return number in true

    def _act(
        self, number: int, is_true: bool, posting: dict[str, Any], view: Mapping[str, Any], verdict: Verdict
    ) -> str:
        """The field that was changed; "" = none."""
        one = self._rules[number]
        rule = one.rule
        if rule.action == "keep" and not is_true:
            self._leave_out(rule, verdict, "is false")
        elif rule.action == "drop" and is_true:
            self._leave_out(rule, verdict, "is true")
        elif rule.action == "allow" and is_true:
            verdict.reason = verdict.message = ""
            verdict.allowed = True
        elif one.setter is not None and is_true:
            if rule.action == "default" and not is_empty(one.setter.value_in(posting)):
                return ""
            value = one.setter.constant
            if not one.setter.is_constant:
                value = one.setter.finish(self._answers.value_of(number, view))
            return self._set(one.setter, value, posting, rule.by, verdict)
        return ""

    def _leave_out(self, rule: OverrideRule, verdict: Verdict, what: str) -> None:
        if not verdict.reason:
            verdict.reason = f"override {rule.number}"
            owner = f"{rule.scope} {rule.owner}".strip()
            verdict.message = f"`{rule.text}` {what}: override #{rule.number} ({owner})"
        verdict.allowed = False

    def _set(self, setter: Setter, value: Any, posting: dict[str, Any], by: str, verdict: Verdict) -> str:
        if setter.field == "title" and is_empty(value):
            raise RecordError("a posting without a title is none", reason="invalid", field="title")
        if setter.field == "category" and value:
            value = [{**item, "by": item.get("by") or by} for item in value]
        before = posting.get(setter.field)
        setter.put(posting, value)
        verdict.by[setter.name] = by
        return setter.field if posting.get(setter.field) != before else ""

    def _readers_of(self, changed: str) -> Iterable[int]:
        return (
            number for number in self._conditional if (reads := self._rules[number].reads) is None or changed in reads
        )

    # One posting -------------------------------------------------------------------------------------

    def _apply_to_one(
        self, posting: dict[str, Any], one: PostingOverride, setters: list[tuple[Setter, Any]], verdict: Verdict
    ) -> None:
        for setter, value in setters:
            try:
                self._set(setter, setter.finish(value), posting, one.by, verdict)
            except RecordError as error:
                verdict.faults.append((one.number, error.message))
        if one.excluded:
            verdict.reason = "person"
            until = f" until {one.until}" if one.until else ""
            why = f": {one.reason}" if one.reason else ""
            verdict.message = f"excluded{until} by override #{one.number}{why}"

    # Compiling ---------------------------------------------------------------------------------------

    def _compiled(self, rule: OverrideRule) -> _Rule | None:
        """None where it is not valid: it was checked when it was saved, perhaps by another version."""
        try:
            check_rule(rule)
            setter = setter_of(rule, self._finish_description) if rule.field else None
            return _Rule(rule, setter, fields_read(rule))
        except OverrideError as error:
            self._broken.append((rule.number, error.message))
            return None

    def _setters(self, one: PostingOverride) -> list[tuple[Setter, Any]]:
        found = []
        for name, value in one.values.items():
            try:
                rule = OverrideRule(text=f"set {name} = …", action="set", field=name)
                found.append((setter_of(rule, self._finish_description), value))
            except OverrideError as error:
                self._broken.append((one.number, error.message))
        return found


def seen(posting: Mapping[str, Any]) -> dict[str, Any]:
    """The posting as a rule sees it: every field is there, and none is longer than a rule can carry."""
    view = posting_for_rules(posting)
    for name, value in view.items():
        if type(value) is str:
            if len(value) > MAX_SEEN:
                view[name] = value[:MAX_SEEN]
        elif type(value) is list and len(value) > MAX_SEEN_ITEMS:
            view[name] = value[:MAX_SEEN_ITEMS]
    return view
