"""What lies above the definition of an import: the ledger's rules in their order, and what single postings have."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q

from jobpipe.definition.models import Definition
from jobpipe.definition.overrides import (
    MAX_RULES,
    OverrideError,
    OverrideRule,
    Overrides,
    PostingOverride,
    parse_rule,
)
from jobpipe.ledger.models import Override, OverrideScope
from jobpipe.ledger.opening import drop_dead_connection
from jobpipe.ledger.unavailable import ledger_expected

# The nearest says the last word.
_ORDER = (OverrideScope.GLOBAL, OverrideScope.CLIENT, OverrideScope.IMPORT)


def overrides_of(definition: Definition) -> Overrides:
    """Those in force today."""
    with ledger_expected():
        drop_dead_connection()
        rows = list(Override.objects.filter(of_import(definition), active=True))
    return overrides_in(rows)


def single_postings_of(owner: str) -> dict[str, PostingOverride]:
    """What counts today of single postings of an import, by their keys."""
    rows = Override.objects.filter(scope=OverrideScope.POSTING, owner=owner, active=True)
    return single_postings_in(rows)


def single_postings_in(rows: Iterable[Override]) -> dict[str, PostingOverride]:
    """What rows that count say of single postings today."""
    ones = (posting_override(row) for row in rows if row.scope == OverrideScope.POSTING)
    return {one.key: one for one in ones if one is not None}


def of_import(definition: Definition) -> Q:
    """The overrides that may count for it."""
    mine = Q(scope=OverrideScope.GLOBAL) | Q(scope=OverrideScope.IMPORT, owner=definition.import_)
    mine |= Q(scope=OverrideScope.POSTING, owner=definition.import_)
    if definition.client:
        mine |= Q(scope=OverrideScope.CLIENT, owner=definition.client)
    return mine


def in_order(rules: Iterable[Override]) -> list[Override]:
    """As they count: those for all first, an import's own last."""
    return sorted(rules, key=lambda row: (_ORDER.index(OverrideScope(row.scope)), row.owner, *_place(row)))


def _place(row: Override) -> tuple[float, int]:
    return row.content.get("position", 0), row.pk or 0


def overrides_in(rows: Iterable[Override]) -> Overrides:
    """What these rows say, whichever layer each is of."""
    found = list(rows)
    enabled = [row for row in found if row.scope != OverrideScope.POSTING and row.content.get("enabled", True)]
    rules = [rule for row in in_order(enabled) if (rule := rule_of(row)) is not None]
    return Overrides(rules=tuple(rules[:MAX_RULES]), postings=single_postings_in(found))


def rule_of(row: Override) -> OverrideRule | None:
    """None where it cannot be read any more: it was checked when it was saved."""
    try:
        return parse_rule(row.content["rule"], number=row.pk or 0, scope=row.scope, owner=row.owner)
    except (OverrideError, KeyError):
        return None


def posting_override(row: Override) -> PostingOverride | None:
    """What of it is in force today; None = nothing."""
    excluded, given = (_in_force(row.content.get(part)) for part in ("exclude", "override"))
    if excluded is None and given is None:
        return None
    first = excluded or given or {}
    return PostingOverride(
        number=row.pk,
        key=row.key,
        excluded=excluded is not None,
        values=given["values"] if given else {},
        until=first.get("until", ""),
        reason=first.get("reason", ""),
    )


def _in_force(part: dict[str, Any] | None) -> dict[str, Any] | None:
    until = part.get("until", "") if part else ""
    return part if part and (not until or until >= today()) else None


def today() -> str:
    """ISO date, UTC."""
    return datetime.now(UTC).date().isoformat()
