"""Overrides as they would be with decisions that are not taken yet."""

from __future__ import annotations

from collections.abc import Sequence

from jobpipe.definition.models import Definition
from jobpipe.definition.overrides import Overrides
from jobpipe.errors import UsageError
from jobpipe.ledger.models import Override, OverrideScope
from jobpipe.ledger.opening import drop_dead_connection
from jobpipe.ledger.unavailable import ledger_expected
from jobpipe.runs.overrides.deciding import RuleDecision
from jobpipe.runs.overrides.layers import of_import, overrides_in

# Behind all that are there: where a new rule comes.
_LAST = 1e12


def overrides_with(decisions: Sequence[RuleDecision], definition: Definition) -> Overrides:
    """What lies above a definition then. Raises UsageError for a rule that is not there."""
    with ledger_expected():
        drop_dead_connection()
        rows = {row.pk: row for row in Override.objects.filter(of_import(definition), active=True)}
        named = {decision.number for decision in decisions if decision.number}
        there = set(Override.objects.filter(pk__in=named, active=True).values_list("pk", flat=True))
    if missing := named - there:
        raise UsageError(f"there is no rule #{min(missing)}", hint="`jobpipe override list` lists them")
    fresh = []
    for place, decision in enumerate(decisions):
        if not decision.number and _counts_for(decision, definition):
            fresh.append(_new(decision, place))
        elif (row := rows.get(decision.number)) is not None:
            row.content = {**row.content, **_said(decision)}
    return overrides_in([*rows.values(), *fresh])


def _new(decision: RuleDecision, place: int) -> Override:
    content = {"enabled": True, **_said(decision), "position": _LAST + place}
    return Override(scope=decision.scope, owner=decision.owner, content=content)


def _said(decision: RuleDecision) -> dict[str, object]:
    said = {"rule": decision.rule, "enabled": decision.enabled}
    return {name: value for name, value in said.items() if value is not None}


def _counts_for(decision: RuleDecision, definition: Definition) -> bool:
    owners = {
        OverrideScope.GLOBAL: decision.owner,
        OverrideScope.CLIENT: definition.client,
        OverrideScope.IMPORT: definition.import_,
    }
    return owners.get(OverrideScope(decision.scope)) == decision.owner
