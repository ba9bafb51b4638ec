"""How decisions over labels look in a terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jobpipe.cli.made_again import exit_code_of, made_again_document, print_made_again
from jobpipe.cli.printing import console, print_json, print_rows
from jobpipe.errors import JobpipeError
from jobpipe.ledger.models import MappingChange, MappingEntry
from jobpipe.runs.mappings.remapping import Remapped


def entries_of(table: str, name: str, client: str) -> list[MappingEntry]:
    """Those that count."""
    found = MappingEntry.objects.filter(active=True)
    if table:
        found = found.filter(table=table)
    if name:
        found = found.filter(scope="import", owner=name)
    if client:
        found = found.filter(scope="client", owner=client)
    return list(found)


def entry_document(entry: MappingEntry) -> dict[str, Any]:
    return {
        "table": entry.table,
        "scope": entry.scope,
        "owner": entry.owner,
        "label": entry.label,
        "pattern": entry.is_pattern,
        "value": entry.value,
        "revision": entry.revision,
        "at": entry.changed_at.isoformat(),
        "by": entry.changed_by,
    }


def change_document(change: MappingChange) -> dict[str, Any]:
    entry = change.entry
    return {
        "number": change.pk,
        "together": change.together,
        "at": change.at.isoformat(),
        "by": change.by,
        "table": entry.table,
        "scope": entry.scope,
        "owner": entry.owner,
        "label": change.label,
        "pattern": entry.is_pattern,
        "before": change.before,
        "after": change.after,
        "undoes": change.undoes_id,
    }


def print_entries(found: Sequence[MappingEntry]) -> None:
    print_rows(
        ("table", "for", "label", "means", "by", "revision"),
        [
            (
                one.table,
                f"{one.scope} {one.owner}".strip(),
                one.label + (" (pattern)" if one.is_pattern else ""),
                shown(one.value),
                one.changed_by,
                str(one.revision),
            )
            for one in found
        ],
        nothing="nobody has decided over a label yet: jobpipe map",
    )


def print_changes(found: Sequence[MappingChange]) -> None:
    print_rows(
        ("number", "when (UTC)", "by", "table", "for", "label", "before", "after"),
        [
            (
                str(one.pk),
                f"{one.at:%Y-%m-%d %H:%M}",
                one.by,
                one.entry.table,
                f"{one.entry.scope} {one.entry.owner}".strip(),
                one.label,
                shown(one.before),
                shown(one.after) + (f" (undoes {one.undoes_id})" if one.undoes_id else ""),
            )
            for one in found
        ],
        nothing="nothing was decided yet: jobpipe map",
    )


def shown(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(str(said) for said in value.values())
    return "-" if value is None else str(value)


def print_applied(
    decided: int,
    names: Sequence[str],
    done: Mapping[str, Remapped | JobpipeError | None],
    *,
    is_now: bool,
    as_json: bool,
) -> int:
    """What became of decisions; the exit code."""
    if as_json:
        print_json({"changes": decided, **made_again_document(names, done)})
    elif not decided:
        console().print("nothing changes")
    else:
        console().print(f"{decided:,} {'change' if decided == 1 else 'changes'}")
        print_made_again(names, done, is_now=is_now)
    return exit_code_of(done)
