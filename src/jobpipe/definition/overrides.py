"""Overrides: what account managers and clients lay above a definition. Rules as they write them, and their parts.

    drop when posting.contract == 'internship'      leaves such postings out
    keep when posting.locations                     leaves out all others, as a definition's `keep` does
    allow when posting.reference == 'A-1'           lets in what a rule before it, or the definition, leaves out
    set title = posting.title|upper when …          a value, whatever the layers below say; `none` = no value
    default contract = 'permanent'                  a value where there is none

Rules go from global over the client's to the import's own, so that the nearest says the last word, and within a scope
in their order; each sees what those before it have made.  What was decided for one posting comes after all of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from jobpipe.errors import DefinitionError, Place

# Of a whole rule; what an expression may have is `transform.expressions.MAX_CHARACTERS`.
MAX_RULE = 9_000
# Of one import, all scopes together.
MAX_RULES = 2_000

_STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_WHEN = re.compile(r"(?<![.\w])when(?!\w)")
_HEAD = re.compile(r"\s*(\w+)\s*")
_FIELD = re.compile(r"([A-Za-z_][\w.]*)\s*=(?!=)\s*")
_HINT = "a rule is `drop when …`, `keep when …`, `allow when …`, `set FIELD = … when …` or `default FIELD = … when …`"


class OverrideError(DefinitionError):
    """A rule that cannot be used; `start` and `end` are the characters of its text that are meant."""

    code = "JP1012"

    def __init__(self, text: str, message: str, *, start: int, end: int = 0, hint: str = "") -> None:
        self.text = text
        self.start, self.end = start, max(end, start + 1)
        line = text.count("\n", 0, start) + 1
        column = start - (text.rfind("\n", 0, start) + 1) + 1
        super().__init__(message, place=Place(source="rule", line=line, column=column), hint=hint)


class OverrideRule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule, as it is compiled."""

    # By which it is named and undone; 0 = it is not saved yet.
    number: int = 0
    # import, client or global, and of which.
    scope: str = "global"
    owner: str = ""
    # As it was written.
    text: str
    # set default keep drop allow
    action: str
    # Of set and default; a part after a dot.
    field: str = ""
    # Expressions; "" = there is none: always.
    value: str = ""
    condition: str = ""
    # Where they begin in the text.
    value_at: int = 0
    condition_at: int = 0

    @property
    def by(self) -> str:
        """How a value names the rule that it is of."""
        return f"override #{self.number} ({self.scope})"


class PostingOverride(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided for one posting of one import."""

    number: int = 0
    key: str
    excluded: bool = False
    # By field, or part after a dot.
    values: dict[str, Any] = {}
    # The last day on which it counts (ISO date); "" = until it is taken back.
    until: str = ""
    reason: str = ""

    @property
    def by(self) -> str:
        return f"override #{self.number} (posting)"


class Overrides(msgspec.Struct, frozen=True, kw_only=True):
    """All that lies above the definition of one import, in the order in which it counts."""

    rules: tuple[OverrideRule, ...] = ()
    # By key: those in force.
    postings: dict[str, PostingOverride] = {}

    def __bool__(self) -> bool:
        return bool(self.rules or self.postings)


NO_OVERRIDES = Overrides()


def parse_rule(text: str, *, number: int = 0, scope: str = "global", owner: str = "") -> OverrideRule:
    """The parts of a rule; what its expressions say is checked by `transform.override_checks`. Raises OverrideError."""
    if len(text) > MAX_RULE:
        raise OverrideError(text, f"a rule of {len(text):,} characters; the limit is {MAX_RULE:,}", start=MAX_RULE)
    head = _HEAD.match(text)
    action = head[1].lower() if head else ""
    if head is None or action not in ("set", "default", "keep", "drop", "allow"):
        raise OverrideError(text, "a rule begins with drop, keep, allow, set or default", start=0, hint=_HINT)
    at, field = head.end(), ""
    if action in ("set", "default"):
        named = _FIELD.match(text, at)
        if named is None:
            raise OverrideError(text, f"`{action}` needs a field and a value", start=at, hint=f"{action} title = '…'")
        at, field = named.end(), named[1]
    blanked = _STRING.sub(lambda found: "_" * len(found[0]), text)
    when = _WHEN.search(blanked, at)
    end = when.start() if when else len(text)
    condition_at = when.end() if when else 0
    rule = OverrideRule(
        number=number,
        scope=scope,
        owner=owner,
        text=text,
        action=action,
        field=field,
        value=text[at:end].rstrip() if field else "",
        condition=text[condition_at:].rstrip() if when else "",
        value_at=at,
        condition_at=condition_at,
    )
    _check_parts(rule, text, at, when)
    return rule


def _check_parts(rule: OverrideRule, text: str, at: int, when: re.Match[str] | None) -> None:
    if rule.field and not rule.value:
        raise OverrideError(text, f"`{rule.action} {rule.field} =` has no value", start=at, hint="none = no value")
    if not rule.field and (when is None or text[at : when.start()].strip()):
        raise OverrideError(text, f"after `{rule.action}` comes `when` and an expression", start=at, hint=_HINT)
    if when is not None and not rule.condition.strip():
        raise OverrideError(text, "nothing comes after `when`", start=when.start(), end=when.end(), hint=_HINT)


def contents_of(overrides: Overrides) -> list[Any]:
    """All of the rules that decides what becomes of a record: what one posting is given touches that one alone."""
    return [[rule.number, rule.scope, rule.text] for rule in overrides.rules]


def with_postings(overrides: Overrides, postings: Mapping[str, PostingOverride]) -> Overrides:
    return msgspec.structs.replace(overrides, postings=dict(postings))
