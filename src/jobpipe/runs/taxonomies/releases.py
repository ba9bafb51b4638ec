"""Versions of taxonomies: loaded, put in force, taken back. Each step is a line of the taxonomy's history.

The first version of a taxonomy is in force at once.  A later one waits as a release until somebody applies it, who is
refused where another version is in force by then than the one that its preview was made on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from jobpipe.errors import UsageError
from jobpipe.ledger.models import TaxonomyChange, TaxonomyState, TaxonomyVersion
from jobpipe.ledger.text import storable
from jobpipe.runs.taxonomies.in_force import no_taxonomy
from jobpipe.runs.workspace import Workspace
from jobpipe.taxonomy.taxonomies import Taxonomy, digest_of, pack

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class StaleReleaseError(UsageError):
    """Another version is in force than the one that the release was looked at on."""

    code = "JP4003"


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Where a version comes from."""

    # The names of its files, and how each was read.
    files: Sequence[str]
    # As its publisher calls it.
    label: str
    by: str


class Release(NamedTuple):
    version: TaxonomyVersion
    is_in_force: bool
    # False = the same was loaded before.
    is_new: bool


def load(workspace: Workspace, taxonomy: Taxonomy, origin: Origin) -> Release:
    """Keep it as a new version: in force where it is the first, else a release.

    Raises UsageError for a name that no file could have.
    """
    name = taxonomy.name
    check_name(name)
    digest = digest_of(taxonomy)
    with workspace.writing():
        state = _state_of(name)
        last = TaxonomyVersion.objects.filter(name=name).order_by("number").last()
        for known in (_version(name, state.in_force), last):
            is_waiting = known is not None and known.base == state.in_force
            if known is not None and known.digest == digest and (is_waiting or known.number == state.in_force):
                return Release(known, known.number == state.in_force, is_new=False)
        version = TaxonomyVersion.objects.create(
            name=name,
            number=last.number + 1 if last is not None else 1,
            label=storable(origin.label)[:200],
            base=state.in_force,
            content=pack(taxonomy),
            digest=digest,
            codes=len(taxonomy.categories),
            labels=taxonomy.labels,
            files=[storable(one) for one in origin.files],
            loaded_at=datetime.now(UTC),
            loaded_by=origin.by[:200],
        )
        is_first = not state.in_force and name not in workspace.project.taxonomy_files()
        _put(state, version.number if is_first else state.in_force, "loaded", origin.by, version=version.number)
        return Release(version, is_first, is_new=True)


def release_of(workspace: Workspace, name: str, number: int | None = None) -> TaxonomyVersion:
    """The version that waits, or the one with this number. Raises UsageError where there is none."""
    if number is not None:
        version = _version(name, number)
    else:
        version = TaxonomyVersion.objects.filter(name=name).order_by("number").last()
    if version is None:
        if number is None:
            raise no_taxonomy(workspace.project, name)
        raise UsageError(f"{name} has no version {number}", hint=f"jobpipe taxonomy history {name}")
    state = TaxonomyState.objects.filter(name=name).first()
    if state is not None and state.in_force == version.number:
        raise UsageError(
            f"version {version.number} of {name} is in force: no release waits",
            hint=f"jobpipe taxonomy load {name} FILE loads one",
        )
    return version


def apply(workspace: Workspace, name: str, number: int | None, *, on: int | None, by: str) -> TaxonomyChange:
    """Put a release in force. `on`: the version that it was looked at on; None = the one that it was loaded on.

    Raises StaleReleaseError where another one is in force by now, UsageError where no release waits.
    """
    with workspace.writing():
        state = _state_of(name)
        version = release_of(workspace, name, number)
        expected = version.base if on is None else on
        if state.in_force != expected:
            raise StaleReleaseError(
                f"version {state.in_force or 'of the file'} of {name} is in force by now, and release {version.number}"
                f" was looked at on {expected or 'the file'}",
                hint=f"jobpipe taxonomy plan {name} shows it on today's; then apply with --on {state.in_force}",
            )
        return _put(state, version.number, "applied", by)


def roll_back(workspace: Workspace, name: str, *, by: str) -> tuple[TaxonomyChange, TaxonomyChange]:
    """Take back the last change of what is in force; (that change, the line of the history that takes it back).

    Raises UsageError where there is nothing to take back.
    """
    with workspace.writing():
        state = _state_of(name)
        standing = _standing(name)
        if not standing or (standing[-1].before == 0 and name not in workspace.project.taxonomy_files()):
            raise UsageError(
                f"there is no version of {name} to go back to", hint=f"jobpipe taxonomy remove {name} takes it away"
            )
        last = standing[-1]
        return last, _put(state, last.before, "rolled_back", by)


def remove(workspace: Workspace, name: str, *, by: str) -> TaxonomyChange:
    """None of the ledger's versions counts any more; all of them are kept. Raises UsageError where none does."""
    with workspace.writing():
        state = _state_of(name)
        if not state.in_force:
            if name in workspace.project.taxonomy_files():
                raise UsageError(f"{name} is a file of the project", hint=f"take taxonomies/{name}.csv away")
            raise no_taxonomy(workspace.project, name)
        return _put(state, 0, "removed", by)


def history(name: str, limit: int) -> list[TaxonomyChange]:
    """The newest first."""
    return list(TaxonomyChange.objects.filter(name=name).order_by("-id")[:limit])


def versions(name: str) -> list[TaxonomyVersion]:
    """Without their contents, the oldest first."""
    return list(TaxonomyVersion.objects.filter(name=name).order_by("number").defer("content"))


def check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name of a taxonomy", hint="letters, digits, dots, hyphens, underscores")


def _version(name: str, number: int) -> TaxonomyVersion | None:
    return TaxonomyVersion.objects.filter(name=name, number=number).first()


def _state_of(name: str) -> TaxonomyState:
    """Held until the transaction ends: of two people who change it, one comes first."""
    TaxonomyState.objects.get_or_create(name=name)
    return TaxonomyState.objects.select_for_update().get(name=name)


def _put(state: TaxonomyState, number: int, action: str, by: str, *, version: int = 0) -> TaxonomyChange:
    before = state.in_force
    if number != before:
        state.in_force = number
        state.save(update_fields=["in_force"])
    return TaxonomyChange.objects.create(
        name=state.name, action=action, before=before, after=number, version=version, at=datetime.now(UTC), by=by[:200]
    )


def _standing(name: str) -> list[TaxonomyChange]:
    """The changes of what is in force that were not taken back, the oldest first."""
    found: list[TaxonomyChange] = []
    for change in TaxonomyChange.objects.filter(name=name).order_by("id"):
        if change.action == "rolled_back":
            found.pop()
        elif change.before != change.after:
            found.append(change)
    return found
