"""The rules of a definition one by one: fields, and the parts of nested ones, each with where it stands in the text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from jobpipe.definition.loading import LoadedDefinition
from jobpipe.definition.models import RULE_WORDS, Definition, FieldRule, Rule
from jobpipe.definition.yaml import Path
from jobpipe.drafting.repairing.evidence import Made

_rule: TypeAdapter[FieldRule] = TypeAdapter(Rule)


@dataclass(frozen=True, slots=True)
class Slot:
    field: str
    # "" = the field itself.
    part: str
    rule: FieldRule
    # Of the field's rule: what `for` says; None = it says nothing.
    base: str | None
    # Where its rule stands in the text, and what is written there; () = a connector brings it.
    path: Path
    raw: Any

    @property
    def name(self) -> str:
        return f"{self.field}.{self.part}" if self.part else self.field

    def value_in(self, made: Mapping[str, Made]) -> Any:
        """Of what was made of a record; None = nothing."""
        one = made.get(self.field)
        value = one.value if one is not None and not one.error else None
        if not self.part or value is None:
            return value
        if isinstance(value, list):
            parts = [item.get(self.part) for item in value if isinstance(item, dict)]
            return parts if any(part is not None for part in parts) else None
        return value.get(self.part) if isinstance(value, dict) else None

    def has_failed(self, made: Mapping[str, Made]) -> str:
        one = made.get(self.field)
        return one.error if one is not None else ""


def slots_of(loaded: LoadedDefinition) -> Iterator[Slot]:
    written = loaded.document.value.get("posting") if isinstance(loaded.document.value, dict) else None
    rules: Mapping[str, Any] = written if isinstance(written, dict) else {}
    for field, rule in loaded.definition.posting.items():
        if rule.from_ or not rule.parts:
            path, raw = _place(rules, field, "")
            if rule.from_ or rule.for_ is not None:
                yield Slot(field, "", rule, rule.for_, path, raw)
        for part, one in rule.parts.items():
            if one.from_:
                path, raw = _place(rules, field, part)
                yield Slot(field, part, one, rule.for_, path, raw)


def _place(rules: Mapping[str, Any], field: str, part: str) -> tuple[Path, Any]:
    if part and f"{field}.{part}" in rules:
        return ("posting", f"{field}.{part}"), rules[f"{field}.{part}"]
    if field not in rules:
        return (), None
    raw = rules[field]
    if not part:
        return ("posting", field), raw
    if isinstance(raw, dict) and isinstance(raw.get("parts"), dict):
        return ("posting", field, "parts", part), raw["parts"].get(part)
    if isinstance(raw, dict) and not raw.keys() & RULE_WORDS:
        return ("posting", field, part), raw.get(part)
    return (), None


def with_rule(definition: Definition, slot: Slot, raw: Any) -> Definition:
    """The definition with another rule in this place, as it would be written. Raises ValidationError."""
    rule = _rule.validate_python(raw)
    if slot.part:
        whole = definition.posting[slot.field]
        rule = whole.model_copy(update={"parts": {**whole.parts, slot.part: rule}})
    return definition.model_copy(update={"posting": {**definition.posting, slot.field: rule}})


def with_base(definition: Definition, field: str, base: str) -> Definition:
    rule = definition.posting[field].model_copy(update={"for_": base})
    return definition.model_copy(update={"posting": {**definition.posting, field: rule}})
