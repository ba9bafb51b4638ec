"""What a value looks like: tests of one text each, with the same readers that the steps have."""

from __future__ import annotations

import re
from functools import lru_cache

from jobpipe.transform.codes import COUNTRIES, CURRENCIES
from jobpipe.transform.gazetteer.file import Place, gazetteer
from jobpipe.transform.gazetteer.names import spellings
from jobpipe.transform.gazetteer.regions import region_of
from jobpipe.transform.steps.countries import country_of
from jobpipe.transform.steps.date_reading import DateReader
from jobpipe.transform.steps.language_words import CODES as LANGUAGES
from jobpipe.transform.steps.languages import language_of
from jobpipe.transform.steps.place_reading import read_place
from jobpipe.transform.steps.salary_reading import read_salary
from jobpipe.transform.steps.vocabulary import Vocabulary, read_words
from jobpipe.transform.steps.vocabulary_words import CONTRACT, PERIOD, REMOTE, WORKING_TIME

_NOTHING = frozenset(
    """
    - -- n/a na null none nil nan undefined unknown [] {} not\N{NO-BREAK SPACE}specified 0000-00-00 unspecified
    """.split()  # noqa: SIM905
) | {"not specified", "non précisé", "keine angabe", "no especificado", "n.a.", "non spécifié"}
_URL = re.compile(r"(?:https?:)?//[^\s/]+\S*|www\.[^\s/]+\.\S+", re.IGNORECASE)
_EMAIL = re.compile(r"(?:mailto:)?[^\s@<>]+@[^\s@<>]+\.[A-Za-z]{2,}(?:\?\S*)?")
_TAG = re.compile(r"<(?:/?(?:p|br|ul|ol|li|b|strong|i|em|u|div|span|a|h[1-6]|table|tr|td|font|section)\b)[^<>]*>", re.I)
_ESCAPED_TAG = re.compile(r"&(?:amp;)?lt;/?(?:p|br|ul|ol|li|b|strong|i|em|u|div|span|a|h[1-6])\b", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?\d{1,3}(?:[ ,.'\u00a0]\d{3})+(?:[.,]\d+)?|[-+]?\d+(?:[.,]\d+)?")
_POSTAL = re.compile(
    r"\d{4,6}|[A-Z]{1,2}-?\d{4,5}|\d{3} \d{2}|\d{4} ?[A-Z]{2}|\d{5}-\d{3,4}|\d{2}-\d{3}|\d{4}-\d{3}"
    r"|[A-Z]{1,2}\d[A-Z\d]? ?(?:\d[A-Z]{2})?|[A-Z]\d[A-Z] ?\d[A-Z]\d",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(r"[\w./:#{}+,=@| -]{1,120}")
_IMAGE = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|ico)(?:[?#]|$)|/logos?[/_.-]", re.IGNORECASE)
_YES_OR_NO = frozenset("true false yes no oui non ja nein y n 0 1 si sì sí tak nie".split())  # noqa: SIM905


def is_nothing_said(text: str) -> bool:
    return not text or text.casefold() in _NOTHING


def is_url(text: str) -> bool:
    return bool(_URL.fullmatch(text))


def is_image(text: str) -> bool:
    return bool(_IMAGE.search(text))


def is_email(text: str) -> bool:
    return bool(_EMAIL.fullmatch(text))


def is_markup(text: str) -> bool:
    return bool(_TAG.search(text))


def is_escaped_markup(text: str) -> bool:
    return not _TAG.search(text) and bool(_ESCAPED_TAG.search(text))


def is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text))


def is_whole(text: str) -> bool:
    return text.isdecimal()


def is_identifier(text: str) -> bool:
    """A number or a name of something, no sentence."""
    return len(text) <= 120 and (is_url(text) or (bool(_IDENTIFIER.fullmatch(text)) and text.count(" ") <= 3))


def has_digit(text: str) -> bool:
    return any(character.isdigit() for character in text)


def is_yes_or_no(text: str) -> bool:
    return text.casefold() in _YES_OR_NO


def is_postal_code(text: str) -> bool:
    return bool(_POSTAL.fullmatch(text))


def is_latitude(text: str) -> bool:
    return _is_within(text, 90)


def is_longitude(text: str) -> bool:
    return _is_within(text, 180)


def _is_within(text: str, most: float) -> bool:
    try:
        return -most <= float(text.replace(",", ".")) <= most
    except ValueError:
        return False


def is_currency(text: str) -> bool:
    # RUR was the rouble until 1998, and is in feeds still.
    return text.upper() in CURRENCIES or text in ("€", "$", "£") or text.upper() == "RUR"


def is_country_code(text: str) -> bool:
    return text.upper() in COUNTRIES


@lru_cache(maxsize=8192)
def is_country(text: str) -> bool:
    return country_of(text) is not None


@lru_cache(maxsize=8192)
def is_region(text: str) -> bool:
    return region_of(text) is not None


@lru_cache(maxsize=8192)
def towns_named(text: str) -> tuple[Place, ...]:
    """The towns that a text names, as a whole."""
    if not 2 <= len(text) <= 60 or text.isdecimal():
        return ()
    for key in spellings(text):
        if found := gazetteer().named(key):
            return tuple(one.place for one in found)
    return ()


def is_town(text: str) -> bool:
    return bool(towns_named(text))


@lru_cache(maxsize=8192)
def is_place(text: str) -> bool:
    """A text in which a town, a region or a country can be read."""
    if len(text) > 160 or is_url(text) or is_number(text):
        return False
    if is_town(text) or is_country(text) or is_region(text):
        return True
    found = read_place(text, None) or {}
    if found.get("postal_code") or found.get("country"):
        return True
    pieces = [one.strip() for one in re.split(r"[,;/|()]| - ", text) if one.strip()]
    return len(pieces) > 1 and any(is_town(one) or is_country(one) or is_region(one) for one in pieces)


_dates = {order: DateReader(order, (), None, (), relative=False) for order in (None, "DMY", "MDY", "YMD")}


@lru_cache(maxsize=16384)
def date_of(text: str, order: str | None = None) -> str | None:
    """ISO 8601, read in an order (DMY, MDY, YMD) or, without, where it can be only one."""
    return _dates[order].read(text, "2026-01-01").value if has_digit(text) and len(text) <= 80 else None


def is_date(text: str) -> bool:
    """Read in some order; a bare number is none unless it is an epoch or eight digits of a day."""
    if text.isdecimal() and len(text) not in (8, 10, 13):
        return False
    found = date_of(text) or date_of(text, "DMY") or date_of(text, "MDY")
    return found is not None and "1990" <= found[:4] <= "2060"


@lru_cache(maxsize=8192)
def is_salary(text: str) -> bool:
    """A text in which an amount of money is read."""
    if len(text) > 200 or is_date(text):
        return False
    return "min" in (found := read_salary(text, None, None) or {}) or "max" in found


def _of(vocabulary: Vocabulary, text: str) -> bool:
    return len(text) <= 150 and read_words(vocabulary, text) is not None


@lru_cache(maxsize=8192)
def is_contract(text: str) -> bool:
    return _of(CONTRACT, text)


@lru_cache(maxsize=8192)
def is_working_time(text: str) -> bool:
    return _of(WORKING_TIME, text)


@lru_cache(maxsize=8192)
def is_remote(text: str) -> bool:
    return _of(REMOTE, text)


@lru_cache(maxsize=8192)
def is_period(text: str) -> bool:
    return _of(PERIOD, text)


@lru_cache(maxsize=8192)
def is_language(text: str) -> bool:
    return len(text) <= 40 and (text[:2].lower() in LANGUAGES if len(text) in (2, 5) else language_of(text) is not None)
