"""The taxonomies of a project: which version of each is in force, from the ledger or from `taxonomies/*.csv`."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from datetime import datetime

from jobpipe.definition.project import Project
from jobpipe.errors import DefinitionError, Place, UsageError
from jobpipe.ledger.models import TaxonomyState, TaxonomyVersion
from jobpipe.ledger.opening import drop_dead_connection
from jobpipe.ledger.unavailable import ledger_expected
from jobpipe.taxonomy.searching import nearest_codes
from jobpipe.taxonomy.taxonomies import Taxonomy, unpack

# What the version of a project's file is called.
FILE = "file"


def in_force(project: Project, name: str) -> Taxonomy:
    """The taxonomy as it counts now. The project's ledger is open.

    Raises UsageError where there is none of this name, DefinitionError where its file is not sound.
    """
    number = number_in_force(name)
    if number:
        return stored(name, number)
    found = of_file(project, name)
    if found is None:
        raise no_taxonomy(project, name)
    return found


def find_in_force(project: Project, name: str) -> Taxonomy | None:
    """The same; None = there is none of this name. Raises DefinitionError where its file is not sound."""
    try:
        return in_force(project, name)
    except UsageError:
        return None


def names(project: Project) -> list[str]:
    """Of all taxonomies that have a version in force, sorted."""
    with ledger_expected():
        drop_dead_connection()
        stored_names = TaxonomyState.objects.filter(in_force__gt=0).values_list("name", flat=True)
        return sorted({*stored_names, *project.taxonomy_files()})


def number_in_force(name: str) -> int:
    """0 = none of the ledger's."""
    with ledger_expected():
        drop_dead_connection()
        return TaxonomyState.objects.filter(name=name).values_list("in_force", flat=True).first() or 0


def stored(name: str, number: int) -> Taxonomy:
    """A version of the ledger."""
    with ledger_expected():
        version = TaxonomyVersion.objects.filter(name=name, number=number).first()
    if version is None:
        raise UsageError(f"{name} has no version {number}", hint=f"jobpipe taxonomy history {name}")
    return unpack(name, version.label or str(number), bytes(version.content))


def of_file(project: Project, name: str) -> Taxonomy | None:
    """What developers wrote. Raises DefinitionError where it is not sound."""
    path = project.taxonomy_files().get(name)
    if path is None:
        return None
    # Most runs have no use for the loaders.
    from jobpipe.taxonomy.loading.files import load_files
    from jobpipe.taxonomy.loading.wishes import Wishes

    try:
        return load_files(name, [path], Wishes(), version=FILE).taxonomy
    except DefinitionError as error:
        shown = f"taxonomies/{path.name}"
        error.place = Place(source=shown, line=error.place.line)
        raise


def no_taxonomy(project: Project, name: str) -> UsageError:
    known = names(project)
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"jobpipe taxonomy load {name} FILE, or taxonomies/{name}.csv"
    return UsageError(f"there is no taxonomy {name!r}", hint=hint)


def unknown_code(taxonomy: Taxonomy, code: str) -> UsageError:
    near = ", ".join(f"{one.code} ({one.label()})" for one in nearest_codes(taxonomy, code))
    hint = f"nearest: {near}" if near else f"jobpipe taxonomy show {taxonomy.name} --search WORD finds one"
    return UsageError(f"{taxonomy.name} has no code {code!r}", hint=hint)


@dataclass(frozen=True, kw_only=True, slots=True)
class Overview:
    """A taxonomy in one line."""

    name: str
    # "3", "file", or "" where none is in force.
    in_force: str
    # As its publisher calls that version.
    label: str
    codes: int
    labels: int
    # The number of a version that was loaded since; 0 = none.
    waiting: int
    at: datetime | None
    by: str


def overview(project: Project) -> list[Overview]:
    """All that there are, by name. Raises DefinitionError where a file is not sound."""
    with ledger_expected():
        drop_dead_connection()
        states = dict(TaxonomyState.objects.values_list("name", "in_force"))
        found = [
            _overview(name, number, list(TaxonomyVersion.objects.filter(name=name).defer("content")))
            for name, number in states.items()
            if number or name not in project.taxonomy_files()
        ]
    for name in project.taxonomy_files():
        if not states.get(name):
            taxonomy = of_file(project, name)
            last = TaxonomyVersion.objects.filter(name=name).order_by("number").defer("content").last()
            assert taxonomy is not None
            found.append(
                Overview(
                    name=name,
                    in_force=FILE,
                    label="",
                    codes=len(taxonomy.categories),
                    labels=taxonomy.labels,
                    waiting=last.number if last is not None and last.base == 0 else 0,
                    at=None,
                    by="",
                )
            )
    return sorted(found, key=lambda one: one.name)


def _overview(name: str, number: int, versions: list[TaxonomyVersion]) -> Overview:
    """`versions`: the oldest first."""
    current = next((one for one in versions if one.number == number), None)
    last = versions[-1] if versions else None
    return Overview(
        name=name,
        in_force=str(number) if current is not None else "",
        label=current.label if current is not None else "",
        codes=current.codes if current is not None else 0,
        labels=current.labels if current is not None else 0,
        waiting=last.number if last is not None and last.number > number and last.base == number else 0,
        at=current.loaded_at if current is not None else None,
        by=current.loaded_by if current is not None else "",
    )
