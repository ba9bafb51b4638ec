"""What can be known of a rule before it meets a posting: its words, its fields, the values that it sets."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from minijinja import Environment, TemplateError

from jobpipe.definition.overrides import OverrideError, OverrideRule
from jobpipe.errors import RecordError
from jobpipe.posting import FIELD_NAMES, NESTED
from jobpipe.transform.expression_words import Token, WordError, check_words, tokens_of
from jobpipe.transform.expressions import EMPTY_POSTING, MAX_CHARACTERS
from jobpipe.transform.problems import nearest
from jobpipe.transform.validation import ENUMS, Finalise, finaliser_of, finaliser_of_part

# What a posting is known by: another value would not make it another posting.
_FIXED = frozenset({"reference"})
# What is made of other fields.
_DERIVED = {"description_text": "description"}
_FIELD_AFTER = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Setter:
    """Puts a value into a field, or into a part of one."""

    # As the rule says it: salary.period
    name: str
    field: str
    part: str
    finish: Finalise
    # The value, finished, where no posting is needed to know it.
    is_constant: bool = False
    constant: Any = None

    def value_in(self, posting: dict[str, Any]) -> Any:
        value = posting.get(self.field)
        return value.get(self.part) if self.part and isinstance(value, dict) else None if self.part else value

    def put(self, posting: dict[str, Any], value: Any) -> None:
        if self.part:
            whole = {name: one for name, one in (posting.get(self.field) or {}).items() if name != self.part}
            if value is not None:
                whole[self.part] = value
            # Brought to its one form again: the order of the parts, and what they say together.
            value = finaliser_of(self.field)(whole) if whole else None
        if value is None:
            posting.pop(self.field, None)
        else:
            posting[self.field] = value


def check_rule(rule: OverrideRule) -> None:
    """Raises OverrideError with the characters that are meant."""
    for text, at in ((rule.value, rule.value_at), (rule.condition, rule.condition_at)):
        if text.strip():
            _check_expression(rule, text, at)
    if rule.field:
        setter_of(rule, finaliser_of("description"))


def setter_of(rule: OverrideRule, finish_description: Callable[[Any], Any]) -> Setter:
    """Raises OverrideError for a field that is none, or a constant that it cannot have."""
    field, _, part = rule.field.partition(".")
    if field not in FIELD_NAMES:
        raise _wrong_field(rule, f"a posting has no field {field!r}", nearest(field, FIELD_NAMES))
    if field in _FIXED:
        raise _wrong_field(rule, f"{field} identifies the posting and cannot be set")
    if field in _DERIVED:
        raise _wrong_field(rule, f"{field} is made of {_DERIVED[field]}", f"set {_DERIVED[field]} instead")
    finish = _finisher(rule, field, part, finish_description)
    is_constant, constant = _constant(rule)
    if not is_constant:
        return Setter(rule.field, field, part, finish)
    try:
        return Setter(rule.field, field, part, finish, True, None if constant is None else finish(constant))
    except RecordError as error:
        message = f"{rule.field} cannot be {constant!r}: {error.message}"
        hint = nearest(str(constant), ENUMS.get(part or field, frozenset()))
        end = rule.value_at + len(rule.value)
        raise OverrideError(rule.text, message, start=rule.value_at, end=end, hint=hint) from error


def _wrong_field(rule: OverrideRule, message: str, hint: str = "") -> OverrideError:
    start = max(rule.text.find(rule.field), 0)
    return OverrideError(rule.text, message, start=start, end=start + len(rule.field), hint=hint)


def _finisher(rule: OverrideRule, field: str, part: str, finish_description: Callable[[Any], Any]) -> Finalise:
    if not part:
        return finish_description if field == "description" else finaliser_of(field)
    if field == "extra":
        return lambda value: (finaliser_of("extra")({part: value}) or {}).get(part)
    if field not in ("company", "salary"):
        what = "is a list: set it as a whole" if field in NESTED else "has no parts"
        raise _wrong_field(rule, f"{field} {what}", f"set {field} = …")
    known = NESTED[field][0].__struct_fields__
    if part not in known:
        hint = nearest(part, known) or f"its parts: {', '.join(known)}"
        raise _wrong_field(rule, f"{field} has no part {part!r}", hint)
    return finaliser_of_part(field, part)


def _constant(rule: OverrideRule) -> tuple[bool, Any]:
    """Whether its value is one text, number or `none`, and which."""
    text = rule.value.strip()
    if text in ("none", "None"):
        return True, None
    if not re.fullmatch(r"'[^'\\]*'|\"[^\"\\]*\"|-?\d{1,12}(\.\d{1,12})?", text, re.DOTALL):
        return False, None
    return True, text[1:-1] if text[0] in "'\"" else ast.literal_eval(text)


def fields_read(rule: OverrideRule) -> frozenset[str] | None:
    """The fields of the posting that a condition reads; None = that is not known."""
    try:
        tokens = tokens_of(rule.condition)
    except WordError as error:
        raise OverrideError(rule.text, error.message, start=rule.condition_at) from error
    found: set[str] = set()
    for place, token in enumerate(tokens):
        if token.kind == "word" and token.text == "posting" and not _is_part(tokens, place):
            after = tokens[place + 1 : place + 3]
            if len(after) < 2 or after[0].text != "." or after[1].kind != "word":
                return None
            found.add(after[1].text)
    return frozenset(found)


def _check_expression(rule: OverrideRule, text: str, at: int) -> None:
    begins = at + len(text) - len(text.lstrip())
    if len(text) > MAX_CHARACTERS:
        message = f"an expression of {len(text):,} characters; the limit is {MAX_CHARACTERS:,}"
        raise OverrideError(rule.text, message, start=begins, end=at + len(text))
    try:
        check_words(text)
        _check_fields(tokens_of(text))
    except WordError as error:
        raise OverrideError(
            rule.text, error.message, start=at + error.start, end=at + error.end, hint=error.hint
        ) from error
    _check_syntax(rule, text, at)
    _check_nothing_less(rule, text, at)


def _check_syntax(rule: OverrideRule, text: str, at: int) -> None:
    environment = Environment(undefined_behavior="strict", fuel=10_000)
    for name in ("regex_search", "regex_match", "regex_replace"):
        environment.add_filter(name, lambda value, *more: value)
    try:
        environment.eval_expr(text, posting=EMPTY_POSTING)
    except TemplateError as error:
        if error.kind not in ("SyntaxError", "UnknownFilter", "UnknownTest"):
            return  # it fails on an empty posting, which says nothing
        # In bytes.
        start, end = error.range or (0, len(text.encode()))
        raw = text.encode()
        first = at + len(raw[:start].decode(errors="ignore"))
        last = at + len(raw[:end].decode(errors="ignore"))
        message = str(error.detail or error).splitlines()[0]
        raise OverrideError(rule.text, f"not an expression: {message}", start=first, end=last) from error


_LESS = re.compile(r"(posting(?:\.\w+|\[\d+\])+)\s*<|>=?\s*(posting(?:\.\w+|\[\d+\])+)")


def _check_nothing_less(rule: OverrideRule, text: str, at: int) -> None:
    """Nothing is less than every number: the condition would be true where there is no such value."""
    for found in _LESS.finditer(text):
        value = found[1] or found[2]
        if len(re.findall(rf"{re.escape(value)}(?![\w.\[])", text)) < 2:
            group = 1 if found[1] else 2
            raise OverrideError(
                rule.text,
                f"this would also be true where there is no {value}",
                start=at + found.start(group),
                end=at + found.end(group),
                hint=f"write `{value} and …` before it",
            )


def _check_fields(tokens: list[Token]) -> None:
    for place, token in enumerate(tokens):
        if token.kind != "word" or token.text != "posting" or _is_part(tokens, place):
            continue
        names = _path_after(tokens, place)
        if names and names[0].text not in FIELD_NAMES:
            hint = nearest(names[0].text, FIELD_NAMES)
            raise WordError(f"a posting has no field {names[0].text!r}", names[0], hint)
        if len(names) > 1 and names[0].text in NESTED:
            known = NESTED[names[0].text][0].__struct_fields__
            if names[1].text not in known:
                message = f"{names[0].text} has no part {names[1].text!r}"
                raise WordError(message, names[1], nearest(names[1].text, known))


def _path_after(tokens: list[Token], place: int) -> list[Token]:
    """The names after `posting`: .salary.min, .locations[0].city"""
    names: list[Token] = []
    at = place + 1
    while at + 1 < len(tokens):
        if tokens[at].text == "." and tokens[at + 1].kind == "word":
            names.append(tokens[at + 1])
            at += 2
        elif tokens[at].text == "[" and tokens[at + 1].kind == "number" and at + 2 < len(tokens):
            at += 3
        else:
            break
    return names


def _is_part(tokens: list[Token], place: int) -> bool:
    return place > 0 and tokens[place - 1].text == "."
