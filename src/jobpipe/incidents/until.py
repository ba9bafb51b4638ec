"""Until when, as a person writes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from jobpipe.errors import UsageError


def moment_of(text: str) -> datetime:
    """A day or a time (UTC where it names no zone), or how long from now."""
    units = {"h": "hours", "d": "days", "w": "weeks"}
    try:
        if text[-1:] in units and text[:-1].isdigit():
            return datetime.now(UTC) + timedelta(**{units[text[-1]]: int(text[:-1])})
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{text!r} is no day", hint="a day (2031-05-01), or for how long: 12h, 7d, 4w") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
