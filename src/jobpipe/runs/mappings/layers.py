"""The mapping tables of an import: its files' and its definition's, with what people decided above them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from typing import Any

from django.db.models import Q

from jobpipe.definition.models import Definition
from jobpipe.ledger.models import MappingEntry, Scope
from jobpipe.ledger.opening import drop_dead_connection
from jobpipe.ledger.unavailable import ledger_expected
from jobpipe.runs.mappings.deciding import Decision, identity_of, take
from jobpipe.taxonomy.tables import Layer, MappingTable, file_table
from jobpipe.transform.step_tables import step_tables
from jobpipe.transform.tables import tables_in_place, tables_of_decisions, tables_used

_ORDER = tuple(scope.value for scope in Scope)


def tables_without_decisions(definition: Definition, files: Mapping[str, Mapping[str, Any]]) -> dict[str, MappingTable]:
    """The tables that a definition uses, by name: what developers wrote."""
    of_files = {name: file_table(name, files[name]) for name in tables_used(definition) if name in files}
    decided: dict[str, Mapping[str, Any]] = {name: {} for name in tables_of_decisions(definition, files).values()}
    own = {**decided, **tables_in_place(definition), **step_tables(definition, files)}
    return of_files | {name: file_table(name, table) for name, table in own.items()}


def with_decisions(
    definition: Definition,
    tables: Mapping[str, MappingTable],
    *,
    further: Sequence[Decision] = (),
    entries: Sequence[MappingEntry] | None = None,
) -> dict[str, MappingTable]:
    """The same with the ledger's entries above them: import over client over global.

    `further`: decisions that nobody has taken yet, as if they had been. `entries`: all that the ledger has, where many
    imports are asked for; None = they are read.
    """
    if not tables:
        return {}
    layers: dict[str, dict[str, Layer]] = {name: {} for name in tables}
    for entry in _entries_of(definition, list(tables), further, entries):
        layer = layers[entry.table].setdefault(entry.scope, Layer(by_of(entry.table, entry.scope), {}, []))
        if entry.is_pattern:
            layer.patterns.append((entry.label, entry.value))
        else:
            layer.labels[entry.label] = entry.value
    return {
        name: MappingTable([*(layers[name][scope] for scope in _ORDER if scope in layers[name]), *table.layers])
        for name, table in tables.items()
    }


def by_of(table: str, scope: str) -> str:
    """How `category[].by` names a decision."""
    return f"{table} ({scope})"


def _entries_of(
    definition: Definition, tables: list[str], further: Sequence[Decision], known: Sequence[MappingEntry] | None
) -> Iterator[MappingEntry]:
    owners = {Scope.GLOBAL: "", Scope.CLIENT: definition.client, Scope.IMPORT: definition.import_}
    found = _read(owners, tables) if known is None else _among(known, owners, tables)
    entries = {identity_of(entry): entry for entry in found}
    for decision in further:
        if decision.table in tables and decision.owner == owners[Scope(decision.scope)]:
            take(entries, decision)
    yield from (entry for entry in entries.values() if entry.active)


def _read(owners: Mapping[Scope, str], tables: list[str]) -> list[MappingEntry]:
    mine = Q(scope=Scope.GLOBAL) | Q(scope=Scope.IMPORT, owner=owners[Scope.IMPORT])
    if owners[Scope.CLIENT]:
        mine |= Q(scope=Scope.CLIENT, owner=owners[Scope.CLIENT])
    with ledger_expected():
        drop_dead_connection()
        return list(MappingEntry.objects.filter(mine, table__in=tables).order_by("id"))


def _among(known: Sequence[MappingEntry], owners: Mapping[Scope, str], tables: list[str]) -> list[MappingEntry]:
    """Copies: decisions that are tried change them."""
    wanted = {(scope.value, owner) for scope, owner in owners.items() if owner or scope == Scope.GLOBAL}
    return [copy(one) for one in known if one.table in tables and (one.scope, one.owner) in wanted]
