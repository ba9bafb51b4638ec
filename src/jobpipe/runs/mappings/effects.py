"""What decisions over labels would change: counted by the labels that stored postings have, before any is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from jobpipe.definition.models import Definition
from jobpipe.documents.store import Role, Selection, Status
from jobpipe.ledger.models import Import
from jobpipe.runs.mappings.deciding import Decision
from jobpipe.runs.mappings.layers import tables_without_decisions, with_decisions
from jobpipe.runs.mappings.scopes import UsedTables
from jobpipe.runs.mappings.unmapped import titles_of
from jobpipe.runs.workspace import Workspace
from jobpipe.taxonomy.tables import Use, decider, parse_use

# Up to so many, postings with several of the labels are counted once; above, once for each.
COUNTED_ONCE = 2_000
MAX_SAMPLES = 5


@dataclass(frozen=True, slots=True)
class ChangedLabel:
    table: str
    label: str
    # What it means; None = nothing.
    before: Any
    after: Any
    postings: int
    # Titles.
    samples: list[str]


@dataclass(frozen=True, slots=True)
class ImportEffect:
    name: str
    # Live postings, and records that were rejected: they are made again.
    postings: int
    labels: list[ChangedLabel] = field(default_factory=list)


def effects_of(workspace: Workspace, decisions: Sequence[Decision]) -> list[ImportEffect]:
    """Of each import that has such labels; `decisions` are those of `sound_decision`."""
    used = UsedTables(workspace)
    found = []
    for name in used.users(decisions):
        read, owner = used.of(name), Import.objects.filter(name=name).first()
        if read is not None and owner is not None:
            effect = _of_import(workspace, owner, read[0], decisions)
            if effect.labels:
                found.append(effect)
    return sorted(found, key=lambda one: (-one.postings, one.name))


def _of_import(
    workspace: Workspace, owner: Import, definition: Definition, decisions: Sequence[Decision]
) -> ImportEffect:
    touched = {decision.table for decision in decisions}
    tables = tables_without_decisions(definition, workspace.project.tables())
    wanted = {name: table for name, table in tables.items() if name in touched}
    now = {name: decider(table) for name, table in with_decisions(definition, wanted).items()}
    then = {name: decider(table) for name, table in with_decisions(definition, wanted, further=list(decisions)).items()}
    changed: list[ChangedLabel] = []
    uses: list[Use] = []
    total = 0
    for one in workspace.documents.labels(owner.pk):
        use = parse_use(one.label)
        postings = one.live + one.rejected
        if use.table not in now or not postings:
            continue
        before, after = now[use.table](use.label), then[use.table](use.label)
        if before == after:
            continue
        samples = titles_of(workspace, owner.pk, one.samples) if len(changed) < MAX_SAMPLES else []
        values = (before.value if before else None, after.value if after else None)
        changed.append(ChangedLabel(use.table, use.label, *values, postings, samples[:2]))
        uses.append(use)
        total += postings
    changed.sort(key=lambda one: -one.postings)
    return ImportEffect(owner.name, _once(workspace, owner, uses, total), changed)


def _once(workspace: Workspace, owner: Import, uses: Sequence[Use], total: int) -> int:
    if len(uses) < 2 or total > COUNTED_ONCE:
        return total
    labels = tuple(use.text for use in uses)
    live = Selection(labels=labels, status=Status.LIVE)
    rejected = Selection(role=Role.REJECTED, labels=labels)
    return sum(1 for one in (live, rejected) for _ in workspace.documents.select(owner.pk, one))
