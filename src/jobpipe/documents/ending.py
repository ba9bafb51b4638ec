"""When a posting is past its `valid_through`."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta


def moment_of(text: str) -> datetime:
    """A time without a zone counts as UTC."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def is_over(end: str, now: datetime) -> bool:
    """A bare date ends with its day."""
    return date.fromisoformat(end) < now.date() if len(end) <= 10 else moment_of(end) < now


def above_every_end(now: datetime) -> str:
    """No text of an end that is over sorts above this one: a day more covers every zone."""
    return (now + timedelta(days=1)).date().isoformat() + "~"
