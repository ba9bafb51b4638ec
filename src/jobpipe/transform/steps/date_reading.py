"""Reads a date of a text: own tables first, since a general parser is five hundred times slower and guesses."""

from __future__ import annotations

import datetime
import re
from typing import Any, NamedTuple

from jobpipe.transform.steps.date_words import AROUND, MONTHS, WEEKDAYS, ZONES, fold
from jobpipe.transform.steps.relative_dates import relative_day

_NOTHING = frozenset(("", "-", "--", "n/a", "na", "n.a.", "null", "none", "nil", "nan", "undefined", "unknown", "0"))
# A longer text is no date.
_LONGEST = 200
# What databases and languages write for no date.
_NO_DATE = re.compile(
    r"(?:0000-00-00|0001-01-01|1899-12-3[01]|1900-01-0[01]|00[/.]00[/.]0000|01[/.]01[/.]0001)(?!\d).*"
)

_PLAIN_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?")
_BASIC_ISO = re.compile(r"\d{8}T\d{4}(?:\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?")
_DAY_WITH_ZONE = re.compile(r"(\d{4}-\d\d-\d\d)(?:Z|[+-]\d\d:\d\d)")
_JSON_EPOCH = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")
_NAMED_ZONE = re.compile(r"\[([A-Za-z]+(?:/[A-Za-z_+-]+)+)\]|\(([^()]*)\)")
_TIME = re.compile(
    r"(?:(?<=\d)T|(?<!\d)(?<!\d[.,/]))"
    r"(\d{1,2})(?::(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?|\s?[hH](?:\s?(\d{2}))?(?!\w))?"
    r"(?:\s?([aApP])\.?\s?[mM]\b\.?)?(?!\d)"
    r"(?:\s?(?:UTC|GMT)?\s?([+-]\d{1,2}(?::?\d{2})?)(?!\d)|\s?\b([A-Z]{1,5})\b|(?<=\d)(Z)\b)?"
)
_NUMERIC = re.compile(r"(?<!\d)(\d{1,4})\s?([-/.])\s?(\d{1,2})\s?\2\s?(\d{1,4})(?!\d)")
_TOKEN = re.compile(r"(\d+)(?:er|re|st|nd|rd|th|e|º|ª|°)?(?![^\W\d_])|([^\W\d_]+)")
_ORDERS = {"DMY": (0, 1, 2), "MDY": (1, 0, 2), "YMD": (2, 1, 0)}


class Reading(NamedTuple):
    # ISO 8601; None = nothing, or a problem.
    value: str | None
    used_day: bool = False
    problem: str = ""
    hint: str = ""


class DateReader:
    """Reads dates of one source. `read` depends on its arguments only, so that it can be remembered."""

    def __init__(
        self,
        order: str | None,
        formats: tuple[str, ...],
        zone: datetime.tzinfo | None,
        languages: tuple[str, ...],
        relative: bool,
    ) -> None:
        self._order = order
        self._formats = formats
        self._zone = zone
        self._languages = languages
        self._relative = relative

    def read(self, text: str, day: str) -> Reading:
        """`day` is the ISO date from which relative words count."""
        if _PLAIN_ISO.fullmatch(text) and (reading := self._plain_iso(text)) is not None:
            return reading
        text = " ".join(text.split())
        if len(text) > _LONGEST:
            return self._unknown(text)
        if text.casefold() in _NOTHING or _NO_DATE.fullmatch(text):
            return Reading(None)
        try:
            made = self._described(text) or self._number(text) or self._in_iso(text) or self._written_out(text)
        except _NotReadableError as error:
            return Reading(None, False, error.message, error.hint)
        if made is not None:
            return Reading(self.written(made))
        return self._from_day(text, day) or self._unknown(text)

    def written(self, moment: datetime.date) -> str:
        """ISO 8601: a day as a day, a time with the zone of the source where it has none."""
        if isinstance(moment, datetime.datetime) and moment.tzinfo is None and self._zone is not None:
            moment = moment.replace(tzinfo=self._zone)
        return moment.isoformat()

    # Forms that need no description --------------------------------------------------------------

    def _plain_iso(self, text: str) -> Reading | None:
        if text[0] == "0" or text[:3] in ("189", "190"):
            return None
        try:
            if len(text) == 10:
                return Reading(datetime.date.fromisoformat(text).isoformat())
            return Reading(self.written(datetime.datetime.fromisoformat(text.replace(",", "."))))
        except ValueError:
            return None

    def _described(self, text: str) -> datetime.date | None:
        for form in self._formats:
            try:
                moment = datetime.datetime.strptime(text, form)
            except ValueError:
                continue
            has_time = any(sign in form for sign in ("%H", "%I", "%c", "%X", "%T", "%s"))
            return moment if has_time else moment.date()
        return None

    def _number(self, text: str) -> datetime.date | None:
        """Epochs, and dates whose digits stand together."""
        if found := _JSON_EPOCH.fullmatch(text):
            return self._epoch(int(found[1]) / 1000)
        digits = text.removesuffix(".0")
        if not digits.isascii() or not digits.isdigit():
            return None
        if len(digits) in (12, 14) and digits[:2] in ("19", "20"):
            form = "%Y%m%d%H%M%S"[: 10 if len(digits) == 12 else 12]
            return _parsed(digits, form) or _not_readable(text)
        if len(digits) in (9, 10):
            return self._epoch(int(digits))
        if len(digits) == 13:
            return self._epoch(int(digits) / 1000)
        if len(digits) == 8:
            pieces = (digits[:2], digits[2:4], digits[4:])
            return _valid(digits[:4], digits[4:6], digits[6:]) or self._numeric(text, pieces, "")
        if len(digits) == 6 and self._order is not None:
            return self._numeric(text, (digits[:2], digits[2:4], digits[4:]), "")
        return None

    def _epoch(self, seconds: float) -> datetime.datetime | None:
        try:
            return datetime.datetime.fromtimestamp(seconds, self._zone or datetime.UTC)
        except (ValueError, OverflowError, OSError):
            return None

    def _in_iso(self, text: str) -> datetime.date | None:
        if found := _DAY_WITH_ZONE.fullmatch(text):
            return datetime.date.fromisoformat(found[1])
        return datetime.datetime.fromisoformat(text) if _BASIC_ISO.fullmatch(text) else None

    # Dates with separators and words -------------------------------------------------------------

    def _written_out(self, text: str) -> datetime.date | None:
        named_zone = None
        if bracket := _NAMED_ZONE.search(text):
            named_zone = _zone_named(bracket[1])
            text = (text[: bracket.start()] + text[bracket.end() :]).strip()
        for found in (None, *_TIME.finditer(text)):
            if found is not None and not (found[2] or found[5] or found[6] or _has_hour_sign(found[0])):
                continue
            if found is None and any(":" in one[0] or one[6] for one in _TIME.finditer(text)):
                continue
            rest, clock = (text, None) if found is None else _without_time(text, found)
            day = self._day(rest)
            if day is not None:
                if clock is None:
                    return day
                zone = clock.tzinfo or named_zone
                return datetime.datetime.combine(day, clock.replace(tzinfo=zone))
        return None

    def _day(self, text: str) -> datetime.date | None:
        found = _NUMERIC.search(text)
        if found is not None and _is_around(text[: found.start()]) and _is_around(text[found.end() :]):
            return self._numeric(text, (found[1], found[3], found[4]), found[2])
        return self._in_words(text)

    def _numeric(self, text: str, pieces: tuple[str, str, str], sign: str) -> datetime.date | None:
        """A date of three numbers, in the order that was given, that their lengths or the separator tell."""
        if len(pieces[0]) >= 3:
            return _valid(*pieces) or (_valid(pieces[0], pieces[2], pieces[1]) and _not_readable(text))
        order = self._order or ("DMY" if sign == "." else None)
        if order == "YMD" and len(pieces[2]) == 4:
            order = None
        if order is not None:
            made = _ordered(pieces, order)
            if made is None:
                raise _NotReadableError(f"{text!r} is no date in the order {order}", "is `order` right?")
            return made
        orders = ("DMY", "MDY") if len(pieces[2]) == 4 else tuple(_ORDERS)
        possible = {made: order for order in orders if (made := _ordered(pieces, order)) is not None}
        if len(possible) > 1:
            either = " or ".join(sorted(day.isoformat() for day in possible))
            raise _NotReadableError(f"{text!r} is {either}", "say which: {date: {order: DMY}}")
        return next(iter(possible), None)

    def _in_words(self, text: str) -> datetime.date | None:
        """A date with the name of its month."""
        numbers: list[str] = []
        months: list[int] = []
        for digits, word in _TOKEN.findall(text):
            if digits:
                numbers.append(digits)
                continue
            word = fold(word)
            if word in MONTHS:
                months.append(MONTHS[word])
            elif not _means_nothing(word):
                return None
        # "mar" is Tuesday in French and Spanish.
        months = months[1:] if len(months) == 2 and months[0] == 3 else months
        if not months and len(numbers) == 3 and not re.search(r"[^\W\d_]", text):
            return self._numeric(text, (numbers[0], numbers[1], numbers[2]), " ")
        if len(months) != 1 or len(numbers) != 2:
            return None
        day, year = numbers
        if len(day) > 2 or (self._order == "YMD" and len(year) <= 2):
            day, year = year, day
        return _valid(year, str(months[0]), day)

    # What needs more than the text ---------------------------------------------------------------

    def _from_day(self, text: str, day: str) -> Reading | None:
        base = datetime.date.fromisoformat(day) if day else datetime.date(2000, 1, 1)
        found = relative_day(text, base)
        if found is not None:
            if not self._relative:
                return Reading(None, False, f"{text!r} counts from a day", "allow it: {date: {relative: true}}")
            if day:
                return Reading(found.isoformat(), True)
        return self._by_dateparser(text, base) if self._languages else None

    def _by_dateparser(self, text: str, base: datetime.date) -> Reading | None:
        found = self._ask_dateparser(text, base)
        if found is None:
            return None
        has_time = any((found.hour, found.minute, found.second))
        value = self.written(found if has_time else found.date())
        other = self._ask_dateparser(text, base - datetime.timedelta(days=400))
        return Reading(value, other != found)

    def _ask_dateparser(self, text: str, base: datetime.date) -> datetime.datetime | None:
        import dateparser

        settings: dict[str, Any] = {
            "STRICT_PARSING": True,
            "RELATIVE_BASE": datetime.datetime.combine(base, datetime.time()),
            "PREFER_LOCALE_DATE_ORDER": self._order is None,
        }
        if self._order is not None:
            settings["DATE_ORDER"] = self._order
        try:
            found = dateparser.parse(text[:200], languages=list(self._languages), settings=settings)
        except (ValueError, OverflowError, RecursionError):
            return None
        return found if isinstance(found, datetime.datetime) else None

    def _unknown(self, text: str) -> Reading:
        shown = text if len(text) <= 80 else f"{text[:77]}…"
        return Reading(None, False, f"{shown!r} is no date", "unusual ones: {date: {formats: '%d.%m.%y'}} or languages")


class _NotReadableError(Exception):
    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def _not_readable(text: str) -> datetime.date:
    raise _NotReadableError(f"{text!r} is no date", "")


def _parsed(text: str, form: str) -> datetime.datetime | None:
    try:
        return datetime.datetime.strptime(text, form)
    except ValueError:
        return None


def _valid(year: str, month: str, day: str) -> datetime.date | None:
    """Two digits of a year are of 1969 to 2068."""
    if len(year) not in (2, 4) or len(month) > 2 or len(day) > 2:
        return None
    number = int(year)
    if len(year) == 2:
        number += 2000 if number <= 68 else 1900
    try:
        return datetime.date(number, int(month), int(day)) if number >= 1900 else None
    except ValueError:
        return None


def _ordered(pieces: tuple[str, str, str], order: str) -> datetime.date | None:
    day, month, year = (pieces[place] for place in _ORDERS[order])
    return _valid(year, month, day)


def _is_around(text: str) -> bool:
    """Whether nothing in a text has a meaning for the date beside it."""
    return all(not digits and _means_nothing(fold(word)) for digits, word in _TOKEN.findall(text))


def _means_nothing(word: str) -> bool:
    return word in AROUND or word in WEEKDAYS or word in ZONES


def _has_hour_sign(text: str) -> bool:
    return "h" in text.casefold()


def _without_time(text: str, found: re.Match[str]) -> tuple[str, datetime.time | None]:
    """The text without its time, and the time; None = these are no hours and minutes."""
    hour, minute, second = int(found[1]), int(found[2] or found[5] or 0), int(found[3] or 0)
    fraction = int((found[4] or "0")[:6].ljust(6, "0"))
    if found[6]:
        if not 1 <= hour <= 12:
            return "", None
        hour = hour % 12 + (12 if found[6].lower() == "p" else 0)
    end = found.end()
    zone = _zone_of_offset(found[7]) if found[7] else None
    name = found[8] or found[9]
    if name:
        if name.lower() in ZONES:
            zone = datetime.timezone(datetime.timedelta(minutes=ZONES[name.lower()]))
        else:
            end = found.start(8)
    try:
        clock = datetime.time(hour, minute, second, fraction, zone)
    except ValueError:
        return "", None
    return f"{text[: found.start()]} {text[end:]}", clock


def _zone_of_offset(offset: str) -> datetime.timezone | None:
    digits = offset[1:].replace(":", "")
    hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
    delta = datetime.timedelta(hours=hours, minutes=minutes)
    if delta >= datetime.timedelta(hours=24):
        return None
    return datetime.timezone(-delta if offset[0] == "-" else delta)


def _zone_named(name: str | None) -> datetime.tzinfo | None:
    if not name:
        return None
    import zoneinfo

    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None
