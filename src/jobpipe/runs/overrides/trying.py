"""What rules would do to a few stored postings: made here, with and without them, and nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import msgspec

from jobpipe.definition.overrides import OverrideRule, Overrides
from jobpipe.documents.store import Selection, Status
from jobpipe.ledger.models import Import
from jobpipe.runs.executors.executor import Charge
from jobpipe.runs.executors.worker import transformer_of
from jobpipe.runs.preparing import Preparation, prepare
from jobpipe.runs.stored_records import records_of
from jobpipe.runs.workspace import Workspace
from jobpipe.transform.outcome import Item, Made, Transformed

MAX_SAMPLES = 20


@dataclass(frozen=True, slots=True)
class Difference:
    key: str
    # Of the posting's field; "" = it is left out now, or no longer.
    field: str
    before: Any
    after: Any


@dataclass(slots=True)
class Trial:
    # Stored records that were made twice.
    records: int = 0
    # How many of them differ in anything.
    changed: int = 0
    # False = there are more.
    is_whole: bool = True
    # Left out now, or no longer.
    left_out: int = 0
    let_in: int = 0
    # Field -> how many postings it changes in.
    fields: Counter[str] = field(default_factory=Counter)
    samples: list[Difference] = field(default_factory=list)
    # Number of a rule -> how many records it was passed over for; 0 = the new one; and why, for one of them.
    faults: Counter[int] = field(default_factory=Counter)
    why: dict[int, str] = field(default_factory=dict)


def with_rule(overrides: Overrides, rule: OverrideRule) -> Overrides:
    """The rule as the last one of its scope, or in the place of the one with its number."""
    order = ("global", "client", "import")
    if any(one.number == rule.number for one in overrides.rules if rule.number):
        rules = [rule if one.number == rule.number else one for one in overrides.rules]
    else:
        rules = [*overrides.rules, rule]
    rules.sort(key=lambda one: order.index(one.scope))
    return msgspec.structs.replace(overrides, rules=tuple(rules))


def without_rule(overrides: Overrides, number: int) -> Overrides:
    rules = tuple(one for one in overrides.rules if one.number != number)
    return msgspec.structs.replace(overrides, rules=rules)


def try_rule(workspace: Workspace, name: str, rule: OverrideRule, *, records: int) -> Trial:
    """Over so many stored records of an import, live ones and those that are left out."""
    return try_rules(workspace, name, lambda overrides: with_rule(overrides, rule), records=records)


def try_rules(workspace: Workspace, name: str, changed: Callable[[Overrides], Overrides], *, records: int) -> Trial:
    """The same of whatever `changed` makes of what lies above its definition."""
    preparation = prepare(workspace, name)
    owner = Import.objects.filter(name=name).first()
    trial = Trial()
    if owner is None:
        return trial
    now = transformer_of(preparation.charge)
    then = transformer_of(_charge_with(preparation, changed(preparation.overrides)))
    selections = (Selection(status=Status.LIVE), Selection(status=Status.EXCLUDED))
    for row, record, _ in islice(records_of(workspace.documents, owner.pk, selections), records + 1):
        if trial.records == records:
            trial.is_whole = False
            break
        item = Item(1, record.raw, 0, record.flaw, row.first_day, record.offset)
        _compare(trial, now.transform(item, record.context), then.transform(item, record.context))
    return trial


def _charge_with(preparation: Preparation, overrides: Overrides) -> Charge:
    return msgspec.structs.replace(preparation.charge, overrides=overrides)


def _compare(trial: Trial, before: Transformed, after: Transformed) -> None:
    trial.records += 1
    for number, why in after.rule_faults:
        trial.faults[number] += 1
        trial.why.setdefault(number, why)
    found = _differences(before, after)
    trial.changed += bool(found)
    trial.left_out += after.made is Made.FILTERED and before.made is not Made.FILTERED
    trial.let_in += before.made is Made.FILTERED and after.made is not Made.FILTERED
    trial.fields.update(one.field for one in found if one.field)
    trial.samples += found[: MAX_SAMPLES - len(trial.samples)]


def _differences(before: Transformed, after: Transformed) -> list[Difference]:
    if before.made is not after.made:
        return [Difference(after.key or before.key, "", _state(before), _state(after))]
    if before.body == after.body or after.made is not Made.POSTING:
        return []
    old, new = msgspec.json.decode(before.body), msgspec.json.decode(after.body)
    return [
        Difference(after.key, name, old.get(name), new.get(name))
        for name in dict.fromkeys((*old, *new))
        if old.get(name) != new.get(name)
    ]


def _state(made: Transformed) -> str:
    return "live" if made.made is Made.POSTING else made.message or made.made.name.lower()
