"""`--since`: a day, a moment, or how long ago."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any] | click.Command)
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


class Since(click.ParamType):  # type: ignore[type-arg]  # earlier versions of click know no argument
    name = "since"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            if value[-1:] in _UNITS and value[:-1].isdigit():
                return datetime.now(UTC) - timedelta(**{_UNITS[value[-1]]: int(value[:-1])})
            moment = datetime.fromisoformat(value)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no day: 2031-05-01, or how long ago: 12h, 7d, 4w", parameter, context)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def since_option(text: str) -> Callable[[_Command], _Command]:
    """`text`: what must lie after it."""
    return click.option("--since", type=Since(), metavar="WHEN", help=f"{text} A day (UTC), or how long ago: 12h, 7d.")
