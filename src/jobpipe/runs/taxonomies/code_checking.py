"""What is wrong with codes that developers wrote: those that the taxonomy in force does not have."""

from __future__ import annotations

import difflib
import os

from jobpipe.definition.loading import LoadedDefinition
from jobpipe.definition.project import Project
from jobpipe.ledger.opening import open_ledger
from jobpipe.runs.taxonomies.in_force import find_in_force, names, of_file
from jobpipe.taxonomy.taxonomies import Taxonomy
from jobpipe.transform.coding import CodedTable, code_of, coded_table
from jobpipe.transform.problems import Problem
from jobpipe.transform.tables import tables_in_place

_SHOWN = 3


def problems_of_codes(project: Project, loaded: LoadedDefinition) -> list[Problem]:
    """At the word `taxonomy` of the category. A project that has no ledger yet gets none: its files count.

    Raises DefinitionError where a taxonomy's file is not sound.
    """
    coded = coded_table(loaded.definition)
    if coded is None:
        return []
    path = ("posting", "category", "taxonomy")
    taxonomy = _find(project, coded.taxonomy)
    if taxonomy is None:
        known = _names(project)
        near = difflib.get_close_matches(coded.taxonomy, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"jobpipe taxonomy load {coded.taxonomy} FILE"
        return [Problem(path, f"there is no taxonomy {coded.taxonomy!r} yet: no code can be checked", hint)]
    unknown = _unknown(project, loaded, coded, taxonomy)
    if not unknown:
        return []
    shown = ", ".join(f"{label!r} → {code}" for label, code in unknown[:_SHOWN])
    more = " …" if len(unknown) > _SHOWN else ""
    labels = "label has a code" if len(unknown) == 1 else "labels have codes"
    message = f"{len(unknown):,} {labels} in the table {coded.table} that {coded.taxonomy} does not have: {shown}{more}"
    return [Problem(path, message, f"jobpipe taxonomy show {coded.taxonomy} lists its codes")]


def check_files(project: Project) -> None:
    """Raises DefinitionError for the first file of `taxonomies/` that is not sound."""
    for name in project.taxonomy_files():
        of_file(project, name)


def _unknown(
    project: Project, loaded: LoadedDefinition, coded: CodedTable, taxonomy: Taxonomy
) -> list[tuple[str, str]]:
    """(label, code)"""
    labels = {**project.tables(), **tables_in_place(loaded.definition)}.get(coded.table, {})
    found = [(str(label), code_of(value, coded.taxonomy)) for label, value in labels.items()]
    return [(label, code) for label, (of, code) in found if of == coded.taxonomy and code not in taxonomy.categories]


def _find(project: Project, name: str) -> Taxonomy | None:
    return find_in_force(project, name) if open_if_there(project) else of_file(project, name)


def _names(project: Project) -> list[str]:
    return names(project) if open_if_there(project) else sorted(project.taxonomy_files())


def open_if_there(project: Project) -> bool:
    """Checking makes no ledger where there is none."""
    path = project.state_dir / "ledger.sqlite3"
    url = project.settings.cluster.resolved(os.environ).ledger
    if not url and not path.exists():
        return False
    open_ledger(path, url)
    return True
