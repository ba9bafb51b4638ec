"""Looking labels up in mapping tables, and noting for each record which labels it was made with."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from jobpipe.definition.models import Definition, FieldRule
from jobpipe.errors import RecordError
from jobpipe.taxonomy.tables import MAX_REMEMBERED, Decide, Decided, MappingTable, decider, file_table, use_of
from jobpipe.transform.problems import nearest
from jobpipe.transform.workbench import Workbench

# Of labels that the table is not known by name for: those written in a step.
IN_A_STEP = "definition"


def recorded(table: Mapping[str, Any] | MappingTable, name: str, bench: Workbench) -> Decide:
    """Finds what a label means; each record remembers that it was looked up, and a run which had no meaning.

    What a label means is found out once, and remembered.
    """
    decide = decider(table if isinstance(table, MappingTable) else file_table(name, table))
    remembered: dict[str, tuple[Decided | None, str]] = {}

    def find(label: str) -> Decided | None:
        known = remembered.get(label)
        if known is None:
            decided = decide(label)
            known = decided, use_of(name, label, decided).text
            if len(remembered) < MAX_REMEMBERED:
                remembered[label] = known
        decided, use = known
        bench.labels.append(use)
        if decided is None:
            bench.unmapped.append((name, label))
        return decided

    return find


def not_in_table(table: str, label: str, field: str = "") -> RecordError:
    return RecordError(
        f"the table {table} does not have {label!r}", reason="unmapped", field=field, hint="add it to the table"
    )


# The tables that a definition names --------------------------------------------------------------------


def name_in_place(field: str) -> str:
    """Of a table that is written in the rule of a field: company.name, category, extra.level."""
    return f"definition:{field}"


def tables_in_place(definition: Definition) -> dict[str, Mapping[str, Any]]:
    """The tables that are written in the rules of fields, by name."""
    return {name_in_place(field): rule.map for field, rule in rules_of(definition) if isinstance(rule.map, Mapping)}


def tables_used(definition: Definition) -> list[str]:
    """The tables of files that the definition may mean, in `map` or in a parameter of a step."""
    used: set[str] = set()
    for _, rule in rules_of(definition):
        used |= names_in(rule)
    return sorted(used)


# Vocabularies that a step knows: `map: contract` works without a table of that name.
KNOWN_VOCABULARIES = frozenset({"contract", "working_time", "remote"})
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def tables_of_decisions(definition: Definition, files: Collection[str]) -> dict[str, str]:
    """Field -> the table that its `map` names and that has no file: it holds what people decide, and nothing else."""
    return {
        field: rule.map
        for field, rule in rules_of(definition)
        if isinstance(rule.map, str) and is_of_decisions(rule.map, files)
    }


def is_of_decisions(name: str, files: Collection[str]) -> bool:
    """Whether a table without a file may be meant: not where the name is nearly that of another one."""
    if name in files or name in KNOWN_VOCABULARIES or not _NAME.fullmatch(name):
        return False
    return not nearest(name, (*files, *KNOWN_VOCABULARIES))


def names_in(rule: FieldRule) -> set[str]:
    """The names of tables that a rule itself may mean."""
    named = {rule.map} if isinstance(rule.map, str) else set()
    for call in (*rule.each, *rule.then):
        named.update(value for value in (call.argument, *call.params.values()) if isinstance(value, str))
    return named


def rules_of(definition: Definition) -> Iterator[tuple[str, FieldRule]]:
    """(field, rule) of every rule, those of parts included: company.name."""
    for field, rule in definition.posting.items():
        yield from _with_parts(field, rule)


def _with_parts(field: str, rule: FieldRule) -> Iterator[tuple[str, FieldRule]]:
    yield field, rule
    for name, part in rule.parts.items():
        yield from _with_parts(f"{field}.{name}", part)
