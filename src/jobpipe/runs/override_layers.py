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
    mine = Q(scope=OverrideScope.GLOBAL) | Q(scope=OverrideScope.IMPORT, owner=definition.import_)
    mine |= Q(scope=OverrideScope.POSTING, owner=definition.import_)
    if definition.client:
        mine |= Q(scope=OverrideScope.CLIENT, owner=definition.client)
    with ledger_expected():
        drop_dead_connection()
        rows = list(Override.objects.filter(mine, active=True))
    return overrides_in(rows)


def overrides_in(rows: Iterable[Override]) -> Overrides:
    """What these rows say, whichever layer each is of."""
    rules: list[tuple[Any, OverrideRule]] = []
    postings: dict[str, PostingOverride] = {}
    for row in rows:
        if row.scope == OverrideScope.POSTING:
            one = posting_override(row)
            if one is not None:
                postings[one.key] = one
        elif row.content.get("enabled", True):
            place = (_ORDER.index(OverrideScope(row.scope)), row.content.get("position", 0), row.pk)
            rule = rule_of(row)
            if rule is not None:
                rules.append((place, rule))
    rules.sort(key=lambda one: one[0])
    return Overrides(rules=tuple(rule for _, rule in rules[:MAX_RULES]), postings=postings)


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
