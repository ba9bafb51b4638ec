"""The queue of unmapped labels: what sources say that no table has, from the labels of the postings that are stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from jobpipe.definition.models import Definition
from jobpipe.documents.store import LabelUse
from jobpipe.errors import DefinitionError
from jobpipe.ledger.models import Import
from jobpipe.runs.mappings.layers import tables_without_decisions, with_decisions
from jobpipe.runs.workspace import Workspace
from jobpipe.taxonomy.labels import normalise_label
from jobpipe.taxonomy.tables import MappingTable, decider, parse_use
from jobpipe.transform.step_tables import policies_of_step
from jobpipe.transform.tables import name_in_place, names_in, rules_of

MAX_SAMPLES = 3


@dataclass(kw_only=True, slots=True)
class UnmappedLabel:
    """One label of one import that means nothing, however it is written."""

    name: str
    client: str
    table: str
    # As most postings have it.
    label: str
    # Live ones that have it, and records that were rejected with it.
    postings: int = 0
    rejected: int = 0
    # Titles.
    samples: list[str] = field(default_factory=list)
    # The day and the run on which the oldest posting that has it was first seen.
    since: str = ""
    first_run: int = 0
    # Who maps it: `owners: {mapping: …}` of the definition.
    owner: str = ""
    # What becomes of a posting with it, by field: keep default reject.
    policy: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        document = asdict(self)
        return {"import": document.pop("name"), **document}


def unmapped_labels(workspace: Workspace, names: Iterable[str]) -> list[UnmappedLabel]:
    """Those of these imports, the most frequent first; an import that has not run has none."""
    found = [one for name in names for one in _of_import(workspace, name)]
    return sorted(found, key=lambda one: (-one.postings - one.rejected, one.table, one.label, one.name))


def tables_of(workspace: Workspace, definition: Definition) -> dict[str, MappingTable]:
    """As the next run will use them."""
    return with_decisions(definition, tables_without_decisions(definition, workspace.project.tables()))


def _of_import(workspace: Workspace, name: str) -> Iterator[UnmappedLabel]:
    owner = Import.objects.filter(name=name).first()
    if owner is None:
        return
    try:
        definition = workspace.project.load(name).definition
    except DefinitionError:
        return
    stored = workspace.documents.labels(owner.pk)
    for found in labels_of_import(stored, owner, definition, tables_of(workspace, definition)).unmapped:
        found.label.samples = titles_of(workspace, owner.pk, found.rows)
        yield found.label


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of one table of one import: how often live postings have a label of it, and how often it has a meaning."""

    table: str
    live: int
    mapped: int

    @property
    def share(self) -> float:
        return self.mapped / self.live if self.live else 1.0


@dataclass(frozen=True, slots=True)
class Found:
    """One label without its samples, and the rows of those."""

    label: UnmappedLabel
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LabelsOfImport:
    unmapped: list[Found]
    coverage: list[Coverage]


def labels_of_import(
    stored: Iterable[LabelUse], owner: Import, definition: Definition, tables: Mapping[str, MappingTable]
) -> LabelsOfImport:
    """By what its stored postings have, under these tables."""
    deciders = {table: decider(made) for table, made in tables.items()}
    uses: dict[tuple[str, str], list[LabelUse]] = {}
    counted: dict[str, list[int]] = {}
    for one in stored:
        use = parse_use(one.label)
        if not one.live and not one.rejected:
            continue
        decided = deciders[use.table](use.label) if use.table in deciders else None
        is_unmapped = use.is_unmapped(decided) if use.table in deciders else not use.mark
        if is_unmapped:
            uses.setdefault((use.table, normalise_label(use.label)), []).append(one)
        count = counted.setdefault(use.table, [0, 0])
        count[0] += one.live
        count[1] += 0 if is_unmapped else one.live
    return LabelsOfImport(
        [_label(owner, definition, table, some) for (table, _), some in uses.items()],
        [Coverage(table, live, mapped) for table, (live, mapped) in sorted(counted.items()) if live],
    )


def _label(owner: Import, definition: Definition, table: str, uses: list[LabelUse]) -> Found:
    most = max(uses, key=lambda one: (one.live + one.rejected, one.label))
    label = UnmappedLabel(
        name=owner.name,
        client=definition.client,
        table=table,
        label=parse_use(most.label).label,
        postings=sum(one.live for one in uses),
        rejected=sum(one.rejected for one in uses),
        since=min(one.first_day for one in uses),
        first_run=min(one.first_run for one in uses),
        owner=definition.owners.get("mapping", ""),
        policy=policies(definition, table),
    )
    return Found(label, tuple(row for one in uses for row in one.samples)[:MAX_SAMPLES])


def titles_of(workspace: Workspace, import_id: int, rows: Sequence[int]) -> list[str]:
    return [row.title for row in workspace.documents.rows(import_id, rows).values() if row.title]


def policies(definition: Definition, table: str) -> dict[str, str]:
    """By field that uses the table: what becomes of a label that it does not have."""
    return policies_of_step(definition, table) or {
        name: rule.unmapped
        for name, rule in rules_of(definition)
        if table in names_in(rule) or (table == name_in_place(name) and isinstance(rule.map, dict))
    }
