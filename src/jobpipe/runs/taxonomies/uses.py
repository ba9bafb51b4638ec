"""Where the codes of a taxonomy are used: in mappings, of people and of files, and in stored postings."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from jobpipe.definition.models import Definition
from jobpipe.documents.body import unpack
from jobpipe.documents.store import Selection, Status
from jobpipe.errors import DefinitionError, UsageError
from jobpipe.ledger.models import Import, MappingEntry, Scope
from jobpipe.runs.workspace import Workspace
from jobpipe.transform.coding import code_of, coded_table
from jobpipe.transform.tables import tables_in_place

# Where an entry is that is no row of the ledger.
IN_FILE, IN_DEFINITION = "file", "definition"


class MappingUse(NamedTuple):
    """One label that is mapped to a code."""

    table: str
    # import client global; file definition.
    scope: str
    # The import or client; of a definition its import; "" = of all.
    owner: str
    label: str
    code: str
    # The row of the ledger; None = developers wrote it.
    entry: MappingEntry | None


class _Coded(NamedTuple):
    """A table that the category of an import is made with."""

    name: str
    client: str
    table: str
    # "" = the definition does not say whose codes it has.
    taxonomy: str


class _Category(msgspec.Struct):
    taxonomy: str | None = None
    code: str | None = None


class _Categories(msgspec.Struct):
    category: list[_Category] = []


class PostingUses(NamedTuple):
    # By code, each posting once.
    by_code: Counter[str]
    # By group of codes: how many postings have at least one of them.
    by_group: Counter[str]


def mapping_uses(workspace: Workspace, taxonomy: str) -> Iterator[MappingUse]:
    """Every entry that counts and whose code is of this taxonomy, people's first."""
    definitions = list(_sound_definitions(workspace))
    coded = [one for one in _coded_tables(definitions) if one.taxonomy == taxonomy]
    by_table: dict[str, list[_Coded]] = {}
    for one in coded:
        by_table.setdefault(one.table, []).append(one)
    for entry in MappingEntry.objects.filter(active=True).order_by("id").iterator():
        own = any(_is_within(one, entry) for one in by_table.get(entry.table, ()))
        of, code = code_of(entry.value, taxonomy if own else "")
        if of == taxonomy:
            yield MappingUse(entry.table, entry.scope, entry.owner, entry.label, code, entry)
    for table, labels in workspace.project.tables().items():
        yield from _written(table, labels, taxonomy, table in by_table, IN_FILE, "")
    yield from _in_definitions(definitions, taxonomy)


def check_unused(workspace: Workspace, taxonomy: str) -> None:
    """Raises UsageError where a definition says that codes are of it."""
    users = [one.name for one in _coded_tables(_sound_definitions(workspace)) if one.taxonomy == taxonomy]
    if users and taxonomy not in workspace.project.taxonomy_files():
        raise UsageError(
            f"{taxonomy} is used by {', '.join(users[:5])}",
            hint="take `taxonomy` out of its category first, or --anyway",
        )


def posting_uses(workspace: Workspace, taxonomy: str, groups: Mapping[str, frozenset[str]]) -> PostingUses:
    """Live postings of all imports that have a code of this taxonomy, each once; one pass over what is stored."""
    by_code: Counter[str] = Counter()
    by_group: Counter[str] = Counter()
    decoder = msgspec.json.Decoder(_Categories)
    groups_of: dict[str, list[str]] = {}
    for group, some in groups.items():
        for code in some:
            groups_of.setdefault(code, []).append(group)
    for number in Import.objects.values_list("pk", flat=True):
        for _, frame in workspace.documents.bodies(number, Selection(status=Status.LIVE)):
            posting = unpack(frame).posting
            if b'"code"' not in posting:
                continue
            codes = {one.code for one in decoder.decode(posting).category if one.code and one.taxonomy == taxonomy}
            by_code.update(codes)
            by_group.update({group for code in codes for group in groups_of.get(code, ())})
    return PostingUses(by_code, by_group)


def _sound_definitions(workspace: Workspace) -> Iterator[Definition]:
    for name in workspace.project.imports():
        with contextlib.suppress(DefinitionError):
            yield workspace.project.load(name).definition


def _coded_tables(definitions: Iterable[Definition]) -> Iterator[_Coded]:
    for definition in definitions:
        coded = coded_table(definition)
        if coded is not None:
            yield _Coded(definition.import_, definition.client, coded.table, coded.taxonomy)


def _is_within(one: _Coded, entry: MappingEntry) -> bool:
    return {Scope.IMPORT: one.name, Scope.CLIENT: one.client}.get(Scope(entry.scope), entry.owner) == entry.owner


def _in_definitions(definitions: Iterable[Definition], taxonomy: str) -> Iterator[MappingUse]:
    for definition in definitions:
        coded = coded_table(definition)
        own = coded.table if coded is not None and coded.taxonomy == taxonomy else ""
        for table, labels in tables_in_place(definition).items():
            yield from _written(table, labels, taxonomy, table == own, IN_DEFINITION, definition.import_)


def _written(
    table: str, labels: Mapping[str, Any], taxonomy: str, is_own: bool, scope: str, owner: str
) -> Iterator[MappingUse]:
    for label, value in labels.items():
        of, code = code_of(value, taxonomy if is_own else "")
        if of == taxonomy:
            yield MappingUse(table, scope, owner, str(label), code, None)
