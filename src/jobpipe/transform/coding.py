"""Codes of a taxonomy in a mapping table: each decision says which taxonomy its code is of, and what it is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from jobpipe.definition.models import Definition
from jobpipe.taxonomy.tables import Layer, MappingTable
from jobpipe.taxonomy.taxonomies import Taxonomy
from jobpipe.transform.tables import name_in_place


class CodedTable(NamedTuple):
    """A table whose values are codes."""

    table: str
    taxonomy: str
    # Of the name that postings carry beside the code; None = they carry none.
    language: str | None


def coded_table(definition: Definition) -> CodedTable | None:
    """The one that makes the category, where the definition says which taxonomy its codes are of."""
    rule = definition.posting.get("category")
    if rule is None or rule.taxonomy is None or rule.map is None:
        return None
    table = rule.map if isinstance(rule.map, str) else name_in_place("category")
    return CodedTable(table, rule.taxonomy.name, rule.taxonomy.language)


def with_codes(
    tables: Mapping[str, MappingTable], coded: CodedTable, taxonomy: Taxonomy | None
) -> dict[str, MappingTable]:
    """`taxonomy`: for the names of codes; None = none are wanted, or it is not known."""
    table = tables.get(coded.table)
    if table is None:
        return dict(tables)
    layers = [
        Layer(
            layer.by,
            {label: _coded(value, coded, taxonomy) for label, value in layer.labels.items()},
            [(pattern, _coded(value, coded, taxonomy)) for pattern, value in layer.patterns],
        )
        for layer in table.layers
    ]
    return {**tables, coded.table: MappingTable(layers)}


def code_of(value: Any, taxonomy: str) -> tuple[str, str]:
    """(taxonomy, code) of what a label is mapped to, where a plain code is of this taxonomy; ("", "") = no code."""
    if isinstance(value, Mapping):
        code = value.get("code")
        of = str(value.get("taxonomy") or taxonomy)
    else:
        code, of = value, taxonomy
    return (of, str(code)) if code is not None and of else ("", "")


def _coded(value: Any, coded: CodedTable, taxonomy: Taxonomy | None) -> Any:
    of, code = code_of(value, coded.taxonomy)
    if not code:
        return value
    made = {**value, "taxonomy": of} if isinstance(value, Mapping) else {"code": code, "taxonomy": of}
    if taxonomy is not None and of == coded.taxonomy and code in taxonomy.categories:
        made["name"] = taxonomy.categories[code].label(coded.language or "")
    return made
