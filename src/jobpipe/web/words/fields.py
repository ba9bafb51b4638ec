"""Fields of a posting and their values, as a client's people call them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jobpipe.runs.source_reports.languages import LANGUAGES
from jobpipe.transform.validation import ENUMS
from jobpipe.web.words.saying import Words


def names_of_fields(say: Words) -> Mapping[str, str]:
    """As the reports of sources call them."""
    return LANGUAGES[say.language].fields


def offered(say: Words, fields: Iterable[str], words: str) -> list[tuple[str, str]]:
    """Values that these fields may have, and how they are said, of which one has the words in it."""
    values = sorted({value for field in fields for value in ENUMS.get(field.rpartition(".")[2], frozenset())})
    said = [(value, say.value(value)) for value in values]
    wanted = words.strip().casefold()
    return [(value, words) for value, words in said if wanted in value or wanted in words.casefold()]


def coded_of(say: Words, typed: Any) -> Any:
    """The value of the schema for what somebody typed as they say it; anything else as it is."""
    if not isinstance(typed, str):
        return typed
    values = (value for some in ENUMS.values() for value in some)
    return next((value for value in values if say.value(value).casefold() == typed.casefold()), typed)


def name_of_field(say: Words, field: str) -> str:
    names = names_of_fields(say)
    return names.get(field) or names.get(field.partition(".")[0]) or field.removeprefix("extra.")


def value_in_words(say: Words, field: str, value: Any) -> str:
    """A value of a posting on one line; "" = there is none."""
    if isinstance(value, list):
        return "; ".join(filter(None, (value_in_words(say, field, one) for one in value)))
    if isinstance(value, dict):
        whole = _WHOLE.get(field)
        return whole(say, value) if whole is not None else ", ".join(map(str, filter(None, value.values())))
    if value is None:
        return ""
    text = f"{value:g}" if isinstance(value, float) else str(value)
    if field.rpartition(".")[2] in ENUMS:
        return say.value(text)
    return say.iso_day(text) if field in _DAYS else _cut(text)


def _cut(text: str) -> str:
    return text if len(text) <= _MOST else f"{text[:_MOST]}…"


def _place(say: Words, value: dict[str, Any]) -> str:
    town = " ".join(filter(None, (value.get("postal_code"), value.get("city"))))
    return ", ".join(filter(None, (town or value.get("text"), value.get("region"), value.get("country"))))


def _salary(say: Words, value: dict[str, Any]) -> str:
    amounts = [say.number(round(value[name])) for name in ("min", "max") if value.get(name) is not None]
    if not amounts:
        return str(value.get("text") or "")
    period = say.value(value["period"]) if value.get("period") else ""
    return " ".join(filter(None, (" – ".join(dict.fromkeys(amounts)), value.get("currency"), period)))


def _category(say: Words, value: dict[str, Any]) -> str:
    return str(value.get("name") or value.get("label") or value.get("code") or "")


_MOST = 1_500
_DAYS = ("posted_at", "updated_at", "valid_through")
_WHOLE: dict[str, Callable[[Words, dict[str, Any]], str]] = {
    "locations": _place,
    "salary": _salary,
    "category": _category,
    "company": lambda say, value: str(value.get("name") or value.get("id") or ""),
}
