"""A release of a taxonomy in force, with the mappings that go along; and taken back, with those."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from jobpipe.errors import DefinitionError
from jobpipe.ledger.models import TaxonomyChange
from jobpipe.runs.mappings.deciding import Decision, StaleDecisionError, decide, undo
from jobpipe.runs.mappings.scopes import UsedTables
from jobpipe.runs.taxonomies.planning import ReleasePlan, plan_release
from jobpipe.runs.taxonomies.releases import apply, roll_back
from jobpipe.runs.taxonomies.uses import MappingUse
from jobpipe.runs.workspace import Workspace
from jobpipe.transform.coding import coded_table


class Applied(NamedTuple):
    change: TaxonomyChange
    plan: ReleasePlan
    # How many entries of mappings have another code now.
    moved: int
    # Labels whose code the taxonomy does not have any more.
    orphans: list[MappingUse]
    # The imports whose postings may have to be made again.
    names: list[str]


class RolledBack(NamedTuple):
    change: TaxonomyChange
    # How many entries of mappings have their code of before again.
    moved: int
    # Why the entries that went along were left as they are; "" = they were not.
    why_not: str
    names: list[str]


class Wanted(NamedTuple):
    """What a person says of the release that is to be applied."""

    # None = the one that waits.
    number: int | None = None
    # The version that it was looked at on; None = the one that it was loaded on.
    on: int | None = None
    # Entries whose code has another name only go along.
    move_mappings: bool = False


def apply_release(workspace: Workspace, name: str, wanted: Wanted, *, by: str) -> Applied:
    """One transaction. Raises StaleReleaseError where another version is in force than it was looked at on."""
    plan = plan_release(workspace, name, wanted.number)
    with workspace.writing():
        change = apply(workspace, name, plan.number, on=wanted.on, by=by)
        decisions = list(_moves(plan)) if wanted.move_mappings else []
        made = decide(workspace, decisions, by=by) if decisions else []
        if made:
            change.moved = made[0].pk
            change.save(update_fields=["moved"])
    moved = {(one.table, one.scope, one.owner, one.label) for one in decisions}
    orphans = [one for one in plan.orphans if (one.table, one.scope, one.owner, one.label) not in moved]
    return Applied(change, plan, len(made), orphans, _touched(workspace, name, decisions))


def take_release_back(workspace: Workspace, name: str, *, by: str) -> RolledBack:
    """Mappings that went along come back, unless one of them was decided over again since. Raises UsageError."""
    why_not, made = "", []
    with workspace.writing():
        last, change = roll_back(workspace, name, by=by)
        if last.moved:
            try:
                made = undo(workspace, last.moved, by=by)
            except StaleDecisionError as error:
                why_not = error.message
    decisions = [_decision(one.entry.table, one.entry.scope, one.entry.owner) for one in made]
    return RolledBack(change, len(made), why_not, _touched(workspace, name, decisions))


def _moves(plan: ReleasePlan) -> Iterable[Decision]:
    for use in plan.orphans:
        target = plan.differences.recoded.get(use.code)
        if target is None or use.entry is None:
            continue
        value: Any = {**use.entry.value, "code": target} if isinstance(use.entry.value, dict) else target
        yield Decision(
            table=use.table,
            label=use.label,
            value=value,
            scope=use.scope,
            owner=use.owner,
            is_pattern=use.entry.is_pattern,
            revision=use.entry.revision,
        )


def _decision(table: str, scope: str, owner: str) -> Decision:
    return Decision(table=table, label="", value=None, scope=scope, owner=owner)


def _touched(workspace: Workspace, name: str, decisions: list[Decision]) -> list[str]:
    """The imports that use these tables, and those whose postings carry what the taxonomy calls their codes."""
    names = dict.fromkeys(UsedTables(workspace).users(decisions))
    for one in workspace.project.imports():
        try:
            coded = coded_table(workspace.project.load(one).definition)
        except DefinitionError:
            continue
        if coded is not None and coded.taxonomy == name and coded.language is not None:
            names[one] = None
    return list(names)
