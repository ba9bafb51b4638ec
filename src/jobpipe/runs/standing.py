"""Whether an import may run: what people last decided of it as a whole."""

from __future__ import annotations

from datetime import UTC, datetime

from jobpipe.ledger.models import ImportDecision, Standing


def standing_of(import_id: int) -> ImportDecision | None:
    """The pause or the removal that is in force; None = it may run."""
    last = ImportDecision.objects.filter(import_row=import_id).order_by("-id").first()
    return last if last is not None and is_in_force(last, datetime.now(UTC)) else None


def standings(now: datetime) -> dict[int, ImportDecision]:
    """The same of all imports, by their number. People decide little: all of it is read."""
    last = {decision.import_row_id: decision for decision in ImportDecision.objects.order_by("id")}
    return {number: decision for number, decision in last.items() if is_in_force(decision, now)}


def is_in_force(decision: ImportDecision, now: datetime) -> bool:
    if decision.standing == Standing.RESUMED:
        return False
    return decision.until is None or decision.until > now


def in_words(decision: ImportDecision) -> str:
    """paused since 2026-03-01 by anna until 2026-04-01: why"""
    said = f"{decision.standing} since {decision.at:%Y-%m-%d %H:%M} UTC"
    if decision.by:
        said += f" by {decision.by}"
    if decision.until is not None:
        said += f" until {decision.until:%Y-%m-%d %H:%M} UTC"
    return said + (f": {decision.reason}" if decision.reason else "")
