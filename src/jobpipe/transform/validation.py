"""What each field of a posting may hold: brings a value to its one form, or says why it cannot.

A finaliser takes what a definition made of a field and gives plain values (text, numbers, dicts and lists of
them) in the order of the schema, None for nothing.  It raises RecordError(reason="invalid"), which names the
value and what is allowed.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any, get_args

from jobpipe.errors import RecordError
from jobpipe.posting import FIELD_NAMES, NESTED, Contract, Period, Remote, WorkingTime
from jobpipe.transform.codes import COUNTRIES, CURRENCIES
from jobpipe.transform.mojibake import repair_text
from jobpipe.transform.plain_values import shown

Finalise = Callable[[Any], Any]

MAX_TITLE = 1_000
MAX_DESCRIPTION = 1_000_000
MAX_TEXT = 100_000
MAX_ITEMS = 1_000

ENUMS: dict[str, frozenset[str]] = {
    "contract": frozenset(get_args(Contract)),
    "working_time": frozenset(get_args(WorkingTime)),
    "remote": frozenset(get_args(Remote)),
    "period": frozenset(get_args(Period)),
}
# The step that makes such a value of what feeds write.
_STEP_FOR = {"period": "salary"}
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def finaliser_of(field: str) -> Finalise:
    """The finaliser of a field of the posting; `description` is finished elsewhere, here it is only a text."""
    if field in NESTED:
        return partial(_finish_nested, field)
    return _FINALISERS[field]


def finaliser_of_part(field: str, part: str) -> Finalise:
    """The finaliser of one part of a nested field: ("company", "url")."""
    return _PARTS[field][part]


# Text ------------------------------------------------------------------------------------------------


def finish_text(value: Any, field: str, limit: int = MAX_TEXT) -> str | None:
    text = value if type(value) is str else text_of_value(value, field)
    if not text.isascii():
        text = repair_text(text)
    text = text.strip()
    if not text:
        return None
    if not text.isprintable() and _CONTROL.search(text):
        text = _CONTROL.sub("", text).strip()
    if len(text) > limit:
        raise invalid(field, f"a text of {len(text):,} characters; the limit is {limit:,}")
    return text or None


def text_of_value(value: Any, field: str) -> str:
    """Text as it is, numbers as a person writes them, a list of one as its item."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        if len(value) == 1:
            return text_of_value(value[0], field)
        raise invalid(field, f"{len(value)} values where one text is expected", "use `join`, or a path such as a[1]")
    raise invalid(field, f"{shown(value)} is no text", "name the part that is meant in the path")


def _finish_texts(value: Any, field: str) -> list[str] | None:
    """Several texts, each once, in their order."""
    items = value if isinstance(value, (list, tuple)) else [value]
    if len(items) > MAX_ITEMS:
        raise invalid(field, f"{len(items):,} values; the limit is {MAX_ITEMS:,}")
    made = dict.fromkeys(text for item in items if item is not None and (text := finish_text(item, field)))
    return list(made) or None


def _finish_text_or_texts(value: Any, field: str) -> str | list[str] | None:
    if not isinstance(value, (list, tuple)):
        return finish_text(value, field)
    made = _finish_texts(value, field)
    return made[0] if made and len(made) == 1 else made


# Words, codes, numbers, moments, addresses -----------------------------------------------------------


def _finish_enum(value: Any, field: str, name: str) -> str | None:
    text = finish_text(value, field)
    if text is None:
        return None
    allowed = ENUMS[name]
    if text in allowed:
        return text
    word = text.lower().replace("-", "_").replace(" ", "_")
    if word in allowed:
        return word
    step = _STEP_FOR.get(name, name)
    raise invalid(
        field,
        f"{shown(text)} is none of {', '.join(sorted(allowed))}",
        f"the step `{step}` reads most wordings, a `map` any other",
    )


def _finish_code(value: Any, field: str, codes: frozenset[str], standard: str, hint: str) -> str | None:
    text = finish_text(value, field)
    if text is None:
        return None
    code = text.upper()
    if code not in codes:
        raise invalid(field, f"{shown(text)} is no {standard} code", hint)
    return code


_LANGUAGE = re.compile(r"([A-Za-z]{2})(?:[-_][A-Za-z0-9-_]{2,20})?")


def _finish_language(value: Any, field: str) -> str | None:
    text = finish_text(value, field)
    if text is None:
        return None
    found = _LANGUAGE.fullmatch(text)
    if found is None:
        raise invalid(field, f"{shown(text)} is no ISO 639-1 code", "such as fr or en; a `map` reads names")
    return found[1].lower()


_PLAIN_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,2})?")
_COMMA_NUMBER = re.compile(r"[+-]?\d+,\d{1,2}|[+-]?\d{1,3}(?:[ \u00a0\u202f'’]\d{3})+(?:[.,]\d{1,2})?")


def finish_number(value: Any, field: str, hint: str = "") -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = float(value)
        if not math.isfinite(number):
            raise invalid(field, f"{value!r} is no number", hint)
        return number
    text = finish_text(value, field)
    if text is None:
        return None
    if len(text) <= 40:
        if _PLAIN_NUMBER.fullmatch(text):
            return float(text)
        if _COMMA_NUMBER.fullmatch(text):
            return float(re.sub(r"[ \u00a0\u202f'’]", "", text).replace(",", "."))
    raise invalid(field, f"{shown(text)} is no number", hint)


def _finish_ranged(value: Any, field: str, low: float, high: float) -> float | None:
    number = finish_number(value, field)
    if number is not None and not low <= number <= high:
        raise invalid(field, f"{number:g} is not between {low:g} and {high:g}")
    return number


def _finish_amount(value: Any, field: str) -> float | None:
    number = finish_number(value, field, "the step `salary` reads amounts with words and signs")
    if number is not None and number < 0:
        raise invalid(field, f"{number:g} is less than nothing")
    return number


def _finish_positions(value: Any, field: str) -> int | None:
    number = finish_number(value, field)
    if number is None:
        return None
    if number < 0 or not number.is_integer() or number > 1e9:
        raise invalid(field, f"{shown(value)} is no number of people")
    return int(number)


@lru_cache(maxsize=4096)
def iso_moment(text: str) -> str | None:
    """A valid ISO 8601 date (kept a date) or time in its usual form; None = it is none."""
    try:
        if len(text) <= 10 and "T" not in text:
            return datetime.date.fromisoformat(text).isoformat()
        return datetime.datetime.fromisoformat(text).isoformat()
    except ValueError:
        return None


def _finish_moment(value: Any, field: str) -> str | None:
    text = finish_text(value, field)
    if text is None:
        return None
    moment = iso_moment(text)
    if moment is None:
        raise invalid(field, f"{shown(text)} is no ISO 8601 date", "the step `date` reads others: {date: {order: DMY}}")
    return moment


_WEB = re.compile(r"https?://[^\s/?#<>\"]+\S*", re.IGNORECASE)
_MAIL = re.compile(r"mailto:[^\s@<>\"]+@[^\s@<>\"]+", re.IGNORECASE)


def _finish_url(value: Any, field: str, *, mail: bool = False) -> str | None:
    text = finish_text(value, field, limit=4_000)
    if text is None:
        return None
    for address in (text, re.sub(r"\s", "%20", text)):
        if _WEB.fullmatch(address) or (mail and _MAIL.fullmatch(address)):
            return address
    allowed = "http, https or mailto" if mail else "http or https"
    raise invalid(field, f"{shown(text)} is no {allowed} address", "the step `template` makes one of its parts")


# Nested fields ---------------------------------------------------------------------------------------


def _finish_nested(field: str, value: Any) -> Any:
    """A dict (company, salary) or a list of dicts (locations, category)."""
    if field in ("company", "salary"):
        items = value if isinstance(value, (list, tuple)) else [value]
        if len(items) > 1:
            raise invalid(field, f"{len(items)} values where one is expected", "use `join`, or a path such as a[1]")
        return _finish_struct(field, items[0]) if items else None
    items = value if isinstance(value, (list, tuple)) else [value]
    if len(items) > MAX_ITEMS:
        raise invalid(field, f"{len(items):,} values; the limit is {MAX_ITEMS:,}")
    made: list[dict[str, Any]] = []
    for item in items:
        finished = _finish_struct(field, item)
        if finished and finished not in made:
            made.append(finished)
    return made or None


def _finish_struct(field: str, value: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    parts = _PARTS[field]
    if not isinstance(value, Mapping):
        value = {NESTED[field][1]: value}
    elif not value.keys() <= parts.keys():
        unknown = value.keys() - parts.keys()
        raise invalid(field, f"{field} has no part {min(map(str, unknown))!r}", f"its parts: {', '.join(parts)}")
    made = {}
    for part, finish in parts.items():
        given = value.get(part)
        if given is not None and (finished := finish(given)) is not None:
            made[part] = finished
    if field == "salary":
        _check_range(made)
        if not made.keys() & {"min", "max", "text"}:
            # A currency or a period alone says nothing.
            return None
    return made or None


def _check_range(salary: dict[str, Any]) -> None:
    low, high = salary.get("min"), salary.get("max")
    if low is not None and high is not None and low > high:
        raise invalid("salary", f"the least, {low:g}, is more than the most, {high:g}")


# Whatever a house keeps besides ----------------------------------------------------------------------


def _finish_extra(value: Any) -> dict[str, Any] | None:
    if not isinstance(value, Mapping):
        raise invalid("extra", f"{shown(value)} has no name", "name it: extra: {my_field: path}")
    made = {str(name): _finish_plain(item, f"extra.{name}") for name, item in sorted(value.items())}
    return {name: item for name, item in made.items() if item is not None} or None


def _finish_plain(value: Any, field: str, depth: int = 0) -> Any:
    if depth > 20:
        raise invalid(field, "nested more than 20 deep")
    if isinstance(value, str):
        return finish_text(value, field)
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        made = {str(name): _finish_plain(item, field, depth + 1) for name, item in value.items()}
        return {name: item for name, item in sorted(made.items()) if item is not None} or None
    if isinstance(value, (list, tuple, set, frozenset)):
        items = [_finish_plain(item, field, depth + 1) for item in value]
        return [item for item in items if item is not None] or None
    return finish_text(value, field)


# The schema ------------------------------------------------------------------------------------------

_COUNTRY_HINT = "the step `country` reads names, `place` whole places"
_FINALISERS: dict[str, Finalise] = {
    "reference": partial(finish_text, field="reference", limit=MAX_TITLE),
    "title": partial(finish_text, field="title", limit=MAX_TITLE),
    "url": partial(_finish_url, field="url"),
    "apply_url": partial(_finish_url, field="apply_url", mail=True),
    "description": partial(finish_text, field="description", limit=MAX_DESCRIPTION),
    "description_text": partial(finish_text, field="description_text", limit=MAX_DESCRIPTION),
    "remote": partial(_finish_enum, field="remote", name="remote"),
    "contract": partial(_finish_enum, field="contract", name="contract"),
    "working_time": partial(_finish_enum, field="working_time", name="working_time"),
    "posted_at": partial(_finish_moment, field="posted_at"),
    "updated_at": partial(_finish_moment, field="updated_at"),
    "valid_through": partial(_finish_moment, field="valid_through"),
    "experience": partial(_finish_text_or_texts, field="experience"),
    "education": partial(_finish_text_or_texts, field="education"),
    "industry": partial(_finish_text_or_texts, field="industry"),
    "skills": partial(_finish_texts, field="skills"),
    "language": partial(_finish_language, field="language"),
    "positions": partial(_finish_positions, field="positions"),
    "extra": _finish_extra,
}
_PARTS: dict[str, dict[str, Finalise]] = {
    "company": {
        "name": partial(finish_text, field="company.name"),
        "id": partial(finish_text, field="company.id"),
        "url": partial(_finish_url, field="company.url"),
        "logo": partial(_finish_url, field="company.logo"),
    },
    "locations": {
        "text": partial(finish_text, field="locations.text"),
        "city": partial(finish_text, field="locations.city"),
        "region": partial(finish_text, field="locations.region"),
        "postal_code": partial(finish_text, field="locations.postal_code"),
        "country": partial(
            _finish_code,
            field="locations.country",
            codes=COUNTRIES,
            standard="ISO 3166-1 alpha-2",
            hint=_COUNTRY_HINT,
        ),
        "latitude": partial(_finish_ranged, field="locations.latitude", low=-90, high=90),
        "longitude": partial(_finish_ranged, field="locations.longitude", low=-180, high=180),
    },
    "category": {
        "taxonomy": partial(finish_text, field="category.taxonomy"),
        "code": partial(finish_text, field="category.code"),
        "label": partial(finish_text, field="category.label"),
        "name": partial(finish_text, field="category.name"),
        "by": partial(finish_text, field="category.by"),
    },
    "salary": {
        "min": partial(_finish_amount, field="salary.min"),
        "max": partial(_finish_amount, field="salary.max"),
        "currency": partial(
            _finish_code,
            field="salary.currency",
            codes=CURRENCIES,
            standard="ISO 4217",
            hint="such as EUR; the step `salary` reads signs",
        ),
        "period": partial(_finish_enum, field="salary.period", name="period"),
        "text": partial(finish_text, field="salary.text"),
    },
}
assert set(_FINALISERS) | set(NESTED) == set(FIELD_NAMES)


def invalid(field: str, message: str, hint: str = "") -> RecordError:
    return RecordError(message, reason="invalid", field=field, hint=hint)
