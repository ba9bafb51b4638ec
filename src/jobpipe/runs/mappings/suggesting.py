"""What suggestions are made from: a taxonomy's names, and what people and files of this project decided."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from jobpipe.definition.loading import read_text
from jobpipe.errors import DefinitionError, UsageError
from jobpipe.ledger.models import MappingEntry, Scope
from jobpipe.ledger.unavailable import ledger_expected
from jobpipe.runs.mappings.deciding import Decision
from jobpipe.runs.mappings.unmapped import UnmappedLabel, tables_of
from jobpipe.runs.taxonomies.in_force import find_in_force
from jobpipe.runs.workspace import Workspace
from jobpipe.taxonomy.suggesting import Choices, labels_of
from jobpipe.taxonomy.suggestions.suggester import CombinedSuggester, Means
from jobpipe.taxonomy.suggestions.suggestion import KnownLabel, Suggester
from jobpipe.taxonomy.taxonomies import Taxonomy
from jobpipe.transform.coding import code_of, coded_table
from jobpipe.transform.step_tables import step_of
from jobpipe.transform.tables import tables_in_place

MAX_EXAMPLES = 500_000


def means_of(workspace: Workspace) -> Means:
    return Means(workspace.project.state_dir / "suggestions")


def suggester_of_taxonomy(
    workspace: Workspace, taxonomy: Taxonomy, *, client: str = "", table: str = "", examples: Iterable[KnownLabel] = ()
) -> CombinedSuggester:
    """For its codes; `table`: only what was decided in this table counts besides the names."""
    known = [*names_of(taxonomy), *examples]
    for one in decided_labels(workspace, table=table):
        of, code = code_of({"code": one.code, "taxonomy": one.taxonomy}, taxonomy.name)
        if of == taxonomy.name and code in taxonomy.categories:
            known.append(one._replace(taxonomy=taxonomy.name))
    return CombinedSuggester(known, client=client, means=means_of(workspace))


def suggester_of_table(workspace: Workspace, table: str, *, client: str) -> CombinedSuggester:
    """For what labels of a mapping table are mapped to: its taxonomy's codes, or the values that were given so far."""
    for definition in _definitions(workspace):
        coded = coded_table(definition)
        if coded is not None and coded.table == table:
            taxonomy = find_in_force(workspace.project, coded.taxonomy)
            if taxonomy is not None:
                return suggester_of_taxonomy(workspace, taxonomy, client=client)
    known = list(decided_labels(workspace, table=table))
    names = dict.fromkeys(one.taxonomy for one in known if one.taxonomy)
    for taxonomy in filter(None, (find_in_force(workspace.project, name) for name in names)):
        known += names_of(taxonomy)
    return CombinedSuggester(known, client=client, means=means_of(workspace))


def names_of(taxonomy: Taxonomy) -> Iterator[KnownLabel]:
    """Of all its categories, in all languages, the preferred ones first."""
    for category in taxonomy.categories.values():
        for term in sorted(category.terms, key=lambda term: not term.preferred):
            yield KnownLabel(term.text, category.code, taxonomy.name)


def decided_labels(workspace: Workspace, *, table: str = "") -> Iterator[KnownLabel]:
    """By people, in files and in definitions; of one table or of all."""
    clients = {definition.import_: definition.client for definition in _definitions(workspace)}
    entries = MappingEntry.objects.filter(active=True, is_pattern=False).order_by("id")
    with ledger_expected():
        for entry in entries.filter(table=table) if table else entries:
            client = entry.owner if entry.scope == Scope.CLIENT else clients.get(entry.owner, "")
            yield from _known([(entry.label, entry.value)], client)
    for name, labels in workspace.project.tables().items():
        if table in ("", name):
            yield from _known(labels.items(), "")
    for definition in _definitions(workspace):
        for name, labels in tables_in_place(definition).items():
            if table in ("", name):
                yield from _known(labels.items(), definition.client)


def _known(labels: Iterable[tuple[Any, Any]], client: str) -> Iterator[KnownLabel]:
    for label, value in labels:
        of = str(value.get("taxonomy") or "") if isinstance(value, Mapping) else ""
        code = value.get("code") if isinstance(value, Mapping) else value
        if isinstance(code, str | int):
            yield KnownLabel(str(label), str(code), of, True, client)


def _definitions(workspace: Workspace) -> Iterator[Any]:
    for name in workspace.project.imports():
        try:
            yield workspace.project.load(name).definition
        except DefinitionError:
            continue


def read_examples(path: Path, taxonomy: Taxonomy) -> list[KnownLabel]:
    """Labels with their codes from a CSV file with the columns `label,code`.

    Raises UsageError where it has no such columns, or a row has a code that the taxonomy does not have.
    """
    text = read_text(path, str(path)).removeprefix("\ufeff")
    found: list[KnownLabel] = []
    reader = csv.DictReader(io.StringIO(text, newline=""))
    if not {"label", "code"} <= set(reader.fieldnames or ()):
        raise UsageError(f"{path} has no columns `label` and `code`", hint="the first row names them")
    try:
        for row in reader:
            label, code = (row["label"] or "").strip(), (row["code"] or "").strip()
            if not label or not code:
                continue
            if code not in taxonomy.categories:
                raise UsageError(f"{path}, line {reader.line_num}: {taxonomy.name} has no code {code!r}")
            if len(found) >= MAX_EXAMPLES:
                raise UsageError(f"{path} has more than {MAX_EXAMPLES:,} examples")
            found.append(KnownLabel(label, code, taxonomy.name, True))
    except csv.Error as error:
        raise UsageError(f"{path}, line {reader.line_num}: no row of a table: {error}") from error
    return found


class Suggesters:
    """One a table and client, made when it is first asked for. Not for several threads at once."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._made: dict[tuple[str, str], Suggester] = {}
        # Of plain codes, by table; "" = they are of none.
        self._taxonomies: dict[str, str] = {}

    def of(self, table: str, first: UnmappedLabel) -> Suggester:
        """`first`: a label that it is to suggest for."""
        key = (table, first.client)
        if key not in self._made:
            self._made[key] = self._make(table, first)
        return self._made[key]

    def learn(self, decision: Decision, first: UnmappedLabel) -> None:
        """What was decided is suggested from now on."""
        client = first.client if decision.scope != Scope.GLOBAL else ""
        self.of(decision.table, first).learn(known_of(decision, client, self._taxonomies[decision.table]))

    def heed(self, decision: Decision) -> None:
        """The same by those that are made already, whoever decided."""
        for (table, client), suggester in self._made.items():
            if table == decision.table:
                owner = decision.owner if decision.scope == Scope.CLIENT else client
                of = "" if decision.scope == Scope.GLOBAL else owner
                suggester.learn(known_of(decision, of, self._taxonomies[table]))

    def _make(self, table: str, first: UnmappedLabel) -> Suggester:
        self._taxonomies[table] = self._taxonomies.get(table) or _taxonomy_of(self._workspace, table)
        step = step_of(table)
        if step is None or step.meanings is None:
            return suggester_of_table(self._workspace, table, client=first.client)
        tables = tables_of(self._workspace, self._workspace.project.load(first.name).definition)
        labels = labels_of(tables[table]) if table in tables else ()
        known = CombinedSuggester(labels, client=first.client, means=means_of(self._workspace))
        return Choices(known, step.meanings.choices) if step.meanings.choices else known


def _taxonomy_of(workspace: Workspace, table: str) -> str:
    coded = map(coded_table, _definitions(workspace))
    return next((one.taxonomy for one in coded if one is not None and one.table == table), "")


def known_of(decision: Decision, client: str, taxonomy: str) -> KnownLabel:
    """`client`: whose label it was; `taxonomy`: of a plain code. The decision gives a value."""
    value = decision.value if isinstance(decision.value, dict) else {"code": decision.value}
    return KnownLabel(decision.label, str(value["code"]), value.get("taxonomy") or taxonomy, True, client)
