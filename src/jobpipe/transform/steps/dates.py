"""The step that reads dates."""

from __future__ import annotations

import datetime
import zoneinfo
from functools import lru_cache
from typing import Annotated, Any, Literal

from jobpipe.errors import DefinitionError, RecordError
from jobpipe.transform.problems import nearest
from jobpipe.transform.steps.date_reading import DateReader, Reading
from jobpipe.transform.steps.language_words import CODES
from jobpipe.transform.steps.step import Example, Run, step
from jobpipe.transform.steps.values import plain_text
from jobpipe.transform.workbench import Workbench

# Feeds repeat dates: a few thousand distinct ones cover most of a feed.
_REMEMBERED = 8_192


@step(
    "date",
    version=2,
    takes="value",
    summary="Reads a date or a time and writes it as ISO 8601.",
    examples=[
        Example("date", "2026-03-10T09:00:00Z", "2026-03-10T09:00:00+00:00"),
        Example("{date: DMY}", "03/04/2026", "2026-04-03"),
        Example("{date: {zone: Europe/Paris}}", "2026-03-10 09:00", "2026-03-10T09:00:00+01:00"),
        Example("date", "Publié le 20 nov. 2026", "2026-11-20"),
        Example("date", "Wed, 25 Oct 2017 23:55:00 EST", "2017-10-25T23:55:00-05:00"),
        Example("date", 1767348672, "2026-01-02T10:11:12+00:00"),
        Example("{date: {relative: true}}", "il y a 3 jours", "2026-03-07"),
        Example("{date: {formats: '%d#%m#%y'}}", "24#11#26", "2026-11-24"),
    ],
)
def date(
    bench: Workbench,
    order: Annotated[
        Literal["DMY", "MDY", "YMD"] | None, "The order of day, month and year in numbers such as 03/04/2026."
    ] = None,
    formats: Annotated[str | list[str], "Formats that are tried first, as strptime has them: '%d.%m.%y'."] = "",
    zone: Annotated[str | None, "The zone of times that name none, such as Europe/Paris."] = None,
    languages: Annotated[
        str | list[str], "Languages of dates in unusual words (fr, de); they are read by dateparser, which is slow."
    ] = "",
    relative: Annotated[
        bool, "Whether words such as `yesterday` count, from the day the record was first seen."
    ] = False,
) -> Run:
    """ISO 8601, RFC 822, epochs in seconds or milliseconds, numbers in any order, and names of months in ten
    languages are read without being described. A day stays a day, a time keeps its zone.

    A date that could be two, such as 03/04/2026, is an error until `order` is given. With `languages`, relative
    words count too. What stands for no date (n/a, 0000-00-00, 0001-01-01) is nothing.
    """
    wanted = ([formats] if formats else []) if isinstance(formats, str) else formats
    spoken = ([languages] if languages else []) if isinstance(languages, str) else languages
    reader = DateReader(order, tuple(wanted), _zone(zone), _known(spoken), relative or bool(spoken))
    read = lru_cache(maxsize=_REMEMBERED)(reader.read)

    def run(value: Any) -> str | None:
        if isinstance(value, datetime.date):
            return reader.written(value)
        text = value if type(value) is str else plain_text(value, "date")
        reading: Reading = read(text, bench.day)
        if reading.used_day:
            bench.day_was_used = True
        if reading.problem:
            raise RecordError(reading.problem, reason="step", hint=reading.hint)
        return reading.value

    return run


def _zone(name: str | None) -> datetime.tzinfo | None:
    if name is None:
        return None
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        hint = nearest(name, zoneinfo.available_timezones()) or "such as Europe/Paris"
        raise _at("zone", f"there is no time zone {name!r}", hint) from None


def _known(languages: list[str]) -> tuple[str, ...]:
    for language in languages:
        if language not in CODES:
            raise _at("languages", f"{language!r} is no code of a language", "ISO 639-1: fr, de, nl")
    return tuple(languages)


def _at(parameter: str, message: str, hint: str) -> DefinitionError:
    error = DefinitionError(message, hint=hint)
    error.path = ("params", parameter)  # type: ignore[attr-defined]
    return error
