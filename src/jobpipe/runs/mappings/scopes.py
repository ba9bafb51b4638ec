"""Whom a decision over a label is about: the imports that use its table, within its scope."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from jobpipe.definition.models import Definition
from jobpipe.errors import DefinitionError, JobpipeError, UsageError
from jobpipe.ledger.models import Scope
from jobpipe.runs.lease import ImportIsRunningError
from jobpipe.runs.mappings.deciding import Decision
from jobpipe.runs.mappings.layers import tables_without_decisions
from jobpipe.runs.mappings.remapping import Remapped
from jobpipe.runs.progress import Progress
from jobpipe.runs.reprocessing import remap_import
from jobpipe.runs.starting import StopRequest
from jobpipe.runs.taxonomies.in_force import find_in_force, unknown_code
from jobpipe.runs.workspace import Workspace
from jobpipe.taxonomy.taxonomies import Taxonomy
from jobpipe.transform.coding import code_of, coded_table
from jobpipe.transform.step_tables import step_of, step_of_file
from jobpipe.transform.steps.step import Step
from jobpipe.transform.steps.wordings import hint_for, plain_meaning, table_of
from jobpipe.transform.tables import rules_of
from jobpipe.transform.validation import ENUMS


class UsedTables:
    """The tables that the imports of a project use; each definition is read once, an invalid one uses none."""

    def __init__(self, workspace: Workspace) -> None:
        self._project = workspace.project
        self._read: dict[str, tuple[Definition, frozenset[str]] | None] = {}
        self._taxonomies: dict[str, Taxonomy | None] = {}

    def of(self, name: str) -> tuple[Definition, frozenset[str]] | None:
        if name not in self._read:
            try:
                definition = self._project.load(name).definition
            except DefinitionError:
                self._read[name] = None
            else:
                used = tables_without_decisions(definition, self._project.tables())
                self._read[name] = definition, frozenset(used)
        return self._read[name]

    def within(self, scope: str, owner: str) -> Iterator[tuple[Definition, frozenset[str]]]:
        """The imports of a scope."""
        names = [owner] if scope == Scope.IMPORT else self._project.imports()
        for name in names:
            found = self.of(name)
            if found is not None and (scope != Scope.CLIENT or found[0].client == owner):
                yield found

    def users(self, decisions: Iterable[Decision]) -> list[str]:
        """The imports whose postings these decisions may change, each once."""
        names: dict[str, None] = {}
        for table, scope, owner in sorted({(one.table, one.scope, one.owner) for one in decisions}):
            for definition, tables in self.within(scope, owner):
                if table in tables:
                    names[definition.import_] = None
        return list(names)

    def check(self, decisions: Iterable[Decision], *, any_code: bool = False) -> None:
        """Raises UsageError for a table, an import or a client that is not there, and for a value no field can have.

        `any_code`: also a code that its taxonomy does not have.
        """
        seen: set[tuple[str, str, str]] = set()
        for one in decisions:
            where = (one.table, one.scope, one.owner)
            if where not in seen:
                seen.add(where)
                self._check_place(*where)
            if one.value is not None:
                self._check_value(one)
                if not any_code:
                    self._check_code(one)

    def _check_place(self, table: str, scope: str, owner: str) -> None:
        if scope == Scope.IMPORT:
            self._project.load(owner)  # names the nearest one where there is none
        elif scope == Scope.CLIENT and not any(self.within(scope, owner)):
            raise UsageError(f"no import has the client {owner!r}", hint="`jobpipe check` lists imports")
        if scope != Scope.IMPORT and table.startswith("definition:"):
            raise UsageError(f"{table} stands in the definition of one import", hint="name it: --import NAME")
        if (step := step_of_file(table)) is not None:
            raise UsageError(f"{table} is the file of a table", hint=f"its name is {table_of(step.name)}")
        known = {name for _, tables in self.within(scope, owner) for name in tables}
        if table not in known and (step := step_of(table)) is not None:
            raise UsageError(f"no import here uses the step {step.name}", hint="its table is there once one does")
        if table not in known and (scope == Scope.IMPORT or table not in self._project.tables()):
            near = difflib.get_close_matches(table, known | set(self._project.tables()), n=1)
            hint = f"did you mean {near[0]}?" if near else f"a table is what a definition names: `map: {table}`"
            raise UsageError(f"no import here uses a table {table!r}", hint=hint)

    def _check_code(self, decision: Decision) -> None:
        """Of a taxonomy that is known here; which one a plain code is of say the definitions that use the table."""
        coded = [coded_table(definition) for definition, _ in self.within(decision.scope, decision.owner)]
        names = {one.taxonomy for one in coded if one is not None and one.table == decision.table} or {""}
        for of, code in dict.fromkeys(code_of(decision.value, name) for name in sorted(names)):
            if of and of not in self._taxonomies:
                self._taxonomies[of] = find_in_force(self._project, of)
            taxonomy = self._taxonomies.get(of)
            if taxonomy is not None and code not in taxonomy.categories:
                error = unknown_code(taxonomy, code)
                raise UsageError(
                    f"{decision.label!r}: {error.message}", hint=f"{error.hint}; `map set … --anyway` takes it"
                )

    def _check_value(self, decision: Decision) -> None:
        if (step := step_of(decision.table)) is not None:
            check_meaning(step, decision.value)
            return
        for definition, _ in self.within(decision.scope, decision.owner):
            for field, rule in rules_of(definition):
                allowed = ENUMS.get(field.rpartition(".")[2] if field.startswith("salary.") else field)
                is_used = rule.map == decision.table or decision.table == f"definition:{field}"
                if is_used and allowed and not rule.then and decision.value not in allowed:
                    near = difflib.get_close_matches(str(decision.value), allowed, n=1)
                    raise UsageError(
                        f"{field} of {definition.import_} cannot be {decision.value!r}",
                        hint=f"did you mean {near[0]}?" if near else f"it is one of {', '.join(sorted(allowed))}",
                    )


def check_meaning(step: Step, value: object) -> None:
    """Raises UsageError for what the step cannot make."""
    said = plain_meaning(value)
    if step.meanings is None:
        return
    try:
        step.meanings.read(said)
    except ValueError as error:
        raise UsageError(f"the step {step.name} cannot make {said!r}", hint=hint_for(said, step.meanings)) from error


def apply_now(
    workspace: Workspace, names: Iterable[str], *, progress: Progress, stop: StopRequest, workers: int | None = None
) -> dict[str, Remapped | JobpipeError | None]:
    """One reprocess an import; what could not be done now (a run is under way) is done by the import's next run.

    None = the import has not run yet.
    """
    done: dict[str, Remapped | JobpipeError | None] = {}
    for name in names:
        if stop.requested:
            break
        try:
            done[name] = remap_import(workspace, name, progress=progress, stop=stop, workers=workers)
        except (DefinitionError, UsageError, ImportIsRunningError) as error:
            done[name] = error
    return done
