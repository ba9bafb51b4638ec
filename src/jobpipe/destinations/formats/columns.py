"""The columns of a table of postings: those of the house, or the destination's own `fields`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from jobpipe.destinations.field_paths import getters_of
from jobpipe.destinations.formats.format import Setting
from jobpipe.destinations.formats.values import number
from jobpipe.posting import JobPosting

Column = Callable[[JobPosting], object]


def _several(values: Iterable[object]) -> str:
    return " | ".join(_text(value) for value in values if value not in (None, ""))


def _one_or_several(value: str | list[str] | None) -> str:
    return _several(value) if isinstance(value, list) else value or ""


COLUMNS: dict[str, Column] = {
    "reference": lambda posting: posting.reference,
    "title": lambda posting: posting.title,
    "url": lambda posting: posting.url,
    "apply_url": lambda posting: posting.apply_url,
    "company": lambda posting: posting.company and posting.company.name,
    "location": lambda posting: _several(place.text or place.city for place in posting.locations),
    "city": lambda posting: _several(place.city for place in posting.locations),
    "region": lambda posting: _several(place.region for place in posting.locations),
    "postal_code": lambda posting: _several(place.postal_code for place in posting.locations),
    "country": lambda posting: _several(place.country for place in posting.locations),
    "remote": lambda posting: posting.remote,
    "contract": lambda posting: posting.contract,
    "working_time": lambda posting: posting.working_time,
    "category": lambda posting: _several(each.code or each.label for each in posting.category),
    "salary_min": lambda posting: posting.salary and posting.salary.min,
    "salary_max": lambda posting: posting.salary and posting.salary.max,
    "salary_currency": lambda posting: posting.salary and posting.salary.currency,
    "salary_period": lambda posting: posting.salary and posting.salary.period,
    "salary_text": lambda posting: posting.salary and posting.salary.text,
    "posted_at": lambda posting: posting.posted_at,
    "updated_at": lambda posting: posting.updated_at,
    "valid_through": lambda posting: posting.valid_through,
    "experience": lambda posting: _one_or_several(posting.experience),
    "education": lambda posting: _one_or_several(posting.education),
    "industry": lambda posting: _one_or_several(posting.industry),
    "skills": lambda posting: _several(posting.skills),
    "language": lambda posting: posting.language,
    "positions": lambda posting: posting.positions,
    "description_text": lambda posting: posting.description_text,
}


def columns_of(setting: Setting) -> Mapping[str, Column]:
    """Raises DefinitionError for a field that is none."""
    return getters_of(setting.fields) if setting.fields else COLUMNS


def check_columns(setting: Setting) -> None:
    columns_of(setting)


def text_of(value: object) -> str:
    """What stands in a cell."""
    if value is None:
        return ""
    return value if type(value) is str else _text(value)


def _text(value: Any) -> str:
    if isinstance(value, float):
        return number(value)
    if isinstance(value, list):
        return _several(value)
    if isinstance(value, (dict, msgspec.Struct)):
        return msgspec.json.encode(value).decode()
    return str(value)
