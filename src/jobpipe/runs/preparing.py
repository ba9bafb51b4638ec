"""All that a run needs to know of its import before a byte is read, from the project's files."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from jobpipe.definition.loading import LoadedDefinition
from jobpipe.definition.models import Definition
from jobpipe.definition.overrides import NO_OVERRIDES, Overrides, PostingOverride, with_postings
from jobpipe.definition.project import Project
from jobpipe.definition.pushing import as_folder
from jobpipe.definition.secret_values import VariablesError, resolve_secrets
from jobpipe.runs.checking import load_checked
from jobpipe.runs.executors.executor import Charge
from jobpipe.runs.mappings.layers import tables_without_decisions, with_decisions
from jobpipe.runs.network_settings import set_network
from jobpipe.runs.overrides.changes import overrides_with
from jobpipe.runs.overrides.layers import overrides_of
from jobpipe.runs.taxonomies.in_force import find_in_force, stored
from jobpipe.safety.limits import Limits
from jobpipe.sources.formats.feed_level import feed_paths
from jobpipe.sources.formats.settings import settings_of
from jobpipe.sources.record import FormatSettings
from jobpipe.taxonomy.tables import MappingTable, digest_of
from jobpipe.taxonomy.taxonomies import Taxonomy
from jobpipe.transform.coding import coded_table, with_codes
from jobpipe.transform.revision import revision_of

if TYPE_CHECKING:
    from jobpipe.runs.mappings.deciding import Decision
    from jobpipe.runs.overrides.deciding import RuleDecision
    from jobpipe.runs.workspace import Workspace

Decide = Callable[[Definition, dict[str, MappingTable]], dict[str, MappingTable]]
Override = Callable[[Definition], Overrides]
FindTaxonomy = Callable[[str], Taxonomy | None]


@dataclass(frozen=True, slots=True)
class Preparation:
    loaded: LoadedDefinition
    # With the secrets in place: for fetching only.
    resolved: Definition
    charge: Charge
    # 64 bits: see `jobpipe.transform.revision`.
    revision: int
    settings: FormatSettings
    limits: Limits
    # Of the mapping tables: 32 hexadecimal digits.
    tables_digest: str

    @property
    def tables(self) -> dict[str, MappingTable]:
        return self.charge.tables

    @property
    def overrides(self) -> Overrides:
        return self.charge.overrides

    @property
    def definition(self) -> Definition:
        return self.loaded.definition

    def with_postings(self, postings: Mapping[str, PostingOverride]) -> Preparation:
        """The same, with this decided of single postings, which is in no revision."""
        overrides = with_postings(self.overrides, postings)
        return replace(self, charge=msgspec.structs.replace(self.charge, overrides=overrides))

    @property
    def revision_text(self) -> str:
        return f"{self.revision:016x}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Layers:
    """What people decided, above the files of a project."""

    # Puts what they decided of labels above the tables.
    decide: Decide
    # Gives what lies above a definition itself.
    override: Override
    # Gives the taxonomy in force; None = there is none of this name.
    find: FindTaxonomy


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be, where it is not yet so."""

    # The text of the definition, and how people know that; None = what the project's file says.
    definition: tuple[str, str] | None = None
    # As `jobpipe.runs.mappings.deciding.sound_decision` gives them.
    decisions: tuple[Decision, ...] = ()
    # Gives what lies above the definition; None = what the ledger says, and `rules` above it.
    overrides: Override | None = None
    # Decisions over rules that are to be taken.
    rules: tuple[RuleDecision, ...] = ()
    # A release of a taxonomy, by its name and number, that is to be in force.
    release: tuple[str, int] | None = None


NO_CHANGE = Change()


def prepare(workspace: Workspace, name: str, change: Change = NO_CHANGE) -> Preparation:
    """What a run of `name` needs, loaded and checked.

    Raises DefinitionError (with file, line and column) where the definition is not valid.
    """
    return prepare_in(workspace.project, name, layers_of(workspace.project, change), change.definition)


def layers_of(project: Project, change: Change = NO_CHANGE) -> Layers:
    """As the ledger says, which is open."""
    override = change.overrides or (functools.partial(overrides_with, change.rules) if change.rules else overrides_of)

    def find(name: str) -> Taxonomy | None:
        if change.release is not None and change.release[0] == name:
            return stored(*change.release)
        return find_in_force(project, name)

    return Layers(
        decide=functools.partial(with_decisions, further=change.decisions),
        override=override,
        find=find,
    )


def prepare_in(
    project: Project,
    name: str,
    layers: Layers | None = None,
    definition: tuple[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Preparation:
    """The same without the project's ledger and documents, for what writes nothing: `layers` are what lies there.

    `environ`: what variables stand for; None = the environment, and the sealed secrets where there are layers.
    """
    set_network(project.settings)
    return _prepared(project, load_checked(project, name, definition), layers, environ)


def _prepared(
    project: Project, loaded: LoadedDefinition, layers: Layers | None, environ: Mapping[str, str] | None
) -> Preparation:
    loaded = replace(loaded, definition=as_folder(loaded.definition, project.state_dir))
    definition = loaded.definition
    hooks = project.hooks_source()
    tables = tables_without_decisions(definition, project.tables())
    if layers is not None:
        tables = layers.decide(definition, tables)
    if (coded := coded_table(definition)) is not None:
        named = layers.find(coded.taxonomy) if layers is not None and coded.language is not None else None
        tables = with_codes(tables, coded, named)
    given = _environ(project, layers) if environ is None else environ
    resolved = _with_key_files(_with_secrets(loaded, given), project)
    overrides = layers.override(definition) if layers is not None else NO_OVERRIDES
    charge = Charge(
        definition=definition.model_dump_json(by_alias=True).encode(), hooks=hooks, tables=tables, overrides=overrides
    )
    limits = Limits.given(**definition.source.limits.model_dump())
    return Preparation(
        loaded,
        resolved,
        charge,
        revision_of(definition, hooks_source=hooks, overrides=overrides),
        format_settings(definition, limits),
        limits,
        digest_of(tables),
    )


def _environ(project: Project, layers: Layers | None) -> Mapping[str, str]:
    """Without layers there is no ledger that could hold secrets."""
    from jobpipe.runs.secret_values import environ_of

    return environ_of(project) if layers is not None else os.environ


def _with_secrets(loaded: LoadedDefinition, environ: Mapping[str, str]) -> Definition:
    try:
        return resolve_secrets(loaded.definition, environ)
    except VariablesError as error:
        raise loaded.errors_of(error.problems) from error


def _with_key_files(definition: Definition, project: Project) -> Definition:
    """The files of a login count from the project's folder."""
    auth = definition.source.auth
    if auth is None:
        return definition
    named = {name: getattr(auth, name) for name in ("private_key", "known_hosts") if getattr(auth, name)}
    found = auth.model_copy(update={name: project.resolve(path) for name, path in named.items()})
    return definition.model_copy(update={"source": definition.source.model_copy(update={"auth": found})})


def format_settings(definition: Definition, limits: Limits) -> FormatSettings:
    """The definition's words for the splitter."""
    return settings_of(definition.source, max_record_bytes=limits.record, feed_paths=feed_paths(definition))
