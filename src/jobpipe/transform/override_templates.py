"""The conditions of rules as templates: all of them answered in one call, or one by one where that fails."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from minijinja import Environment, TemplateError

from jobpipe.definition.overrides import OverrideRule
from jobpipe.transform.timed_patterns import MAX_VALUE, TimedPatterns

# Instructions of MiniJinja's machine: for one rule, and for all of a template together.
FUEL = 10_000
FUEL_TOGETHER = 30_000
MAX_TEMPLATE = 64_000


class RuleError(Exception):
    """A rule cannot be applied to this posting."""


class Answers:
    """What the rules of an import say of a posting. Rules are named by their place in the list."""

    def __init__(self, rules: Sequence[OverrideRule]) -> None:
        self._rules = rules
        self._patterns = TimedPatterns()
        self._together = self._new_environment(FUEL_TOGETHER)
        self._alone = self._new_environment(FUEL)
        self._ready: set[str] = set()
        self._groups = self._templates()

    def begin(self) -> None:
        """The next posting."""
        self._patterns.begin()

    def true_of(self, view: Mapping[str, Any]) -> tuple[set[int], dict[int, str]]:
        """The rules whose condition is true; those that failed, with the reason."""
        true: set[int] = set()
        failed: dict[int, str] = {}
        for name, numbers in self._groups:
            try:
                said = self._together.render_template(name, posting=view)
            except Exception:  # which of them it was is found one by one
                self._ask_each(numbers, view, true, failed)
                continue
            if said:
                true.update(map(int, said.split()))
        return true, failed

    def is_true(self, number: int, view: Mapping[str, Any]) -> bool:
        """Raises RuleError."""
        rule = self._rules[number]
        return bool(self._render(f"when {number}", f"{{% if ({rule.condition}\n) %}}1{{% endif %}}", view))

    def value_of(self, number: int, view: Mapping[str, Any]) -> Any:
        """Plain values. Raises RuleError."""
        rule = self._rules[number]
        said = self._render(f"value {number}", f"{{{{ ({rule.value}\n)|tojson }}}}", view)
        if len(said) > MAX_VALUE:
            raise RuleError(f"the value has more than {MAX_VALUE:,} characters")
        try:
            return json.loads(said) if said else None
        except (ValueError, RecursionError) as error:
            raise RuleError(f"no plain value: {error}") from error

    def _ask_each(
        self, numbers: Sequence[int], view: Mapping[str, Any], true: set[int], failed: dict[int, str]
    ) -> None:
        for number in numbers:
            try:
                if self.is_true(number, view):
                    true.add(number)
            except RuleError as error:
                failed[number] = str(error)

    def _render(self, name: str, template: str, view: Mapping[str, Any]) -> str:
        try:
            if name not in self._ready:
                self._alone.add_template(name, template)
                self._ready.add(name)
            return self._alone.render_template(name, posting=view)
        except TemplateError as error:
            raise RuleError(str(error.detail or error).splitlines()[0]) from error
        except Exception as error:  # from a filter of ours
            raise RuleError(f"{error}") from error

    def _templates(self) -> list[tuple[str, list[int]]]:
        groups: list[tuple[str, list[int]]] = []
        text, numbers = "", list[int]()
        for number, rule in enumerate(self._rules):
            if not rule.condition:
                continue
            piece = f"{{% if ({rule.condition}\n) %}}{number} {{% endif %}}"
            if text and len(text) + len(piece) > MAX_TEMPLATE:
                self._group(groups, text, numbers)
                text, numbers = "", []
            text += piece
            numbers.append(number)
        if numbers:
            self._group(groups, text, numbers)
        return groups

    def _group(self, groups: list[tuple[str, list[int]]], text: str, numbers: list[int]) -> None:
        name = f"rules {len(groups)}"
        self._together.add_template(name, text)
        groups.append((name, numbers))

    def _new_environment(self, fuel: int) -> Environment:
        environment = Environment(undefined_behavior="strict", fuel=fuel, auto_escape_callback=lambda name: False)
        for name, function in self._patterns.filters().items():
            environment.add_filter(name, function)
        return environment
