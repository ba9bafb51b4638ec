"""The posting: one job offer in job-pipe's own schema.

The ideas are schema.org/JobPosting's (https://schema.org/JobPosting), the names are snake_case.  Every
field but `reference` and `title` may be absent.  Dates are ISO 8601 text: with zone where they have a
time, and a bare date (`2026-11-24`) stays a date.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Remote = Literal["on_site", "hybrid", "remote"]
Contract = Literal[
    "permanent", "fixed_term", "temporary", "internship", "apprenticeship", "freelance", "volunteer", "other"
]
WorkingTime = Literal["full_time", "part_time"]
Period = Literal["hour", "day", "week", "month", "year"]


class Company(msgspec.Struct, kw_only=True, omit_defaults=True):
    name: str | None = None
    id: str | None = None
    url: str | None = None
    logo: str | None = None


class Location(msgspec.Struct, kw_only=True, omit_defaults=True):
    # As the source says it.
    text: str | None = None
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    # ISO 3166-1 alpha-2, upper case.
    country: str | None = None
    # Degrees, WGS 84.
    latitude: float | None = None
    longitude: float | None = None


class Category(msgspec.Struct, kw_only=True, omit_defaults=True):
    taxonomy: str | None = None
    code: str | None = None
    # The source's own word.
    label: str | None = None
    # What the taxonomy calls the code.
    name: str | None = None
    # Which mapping decided.
    by: str | None = None


class Salary(msgspec.Struct, kw_only=True, omit_defaults=True):
    min: float | None = None
    max: float | None = None
    # ISO 4217.
    currency: str | None = None
    period: Period | None = None
    # As the source says it.
    text: str | None = None


class JobPosting(msgspec.Struct, kw_only=True, omit_defaults=True):
    reference: str
    title: str
    url: str | None = None
    apply_url: str | None = None
    company: Company | None = None
    # Sanitised HTML.
    description: str | None = None
    description_text: str | None = None
    locations: list[Location] = []
    remote: Remote | None = None
    contract: Contract | None = None
    working_time: WorkingTime | None = None
    category: list[Category] = []
    salary: Salary | None = None
    posted_at: str | None = None
    updated_at: str | None = None
    valid_through: str | None = None
    experience: str | list[str] | None = None
    education: str | list[str] | None = None
    industry: str | list[str] | None = None
    skills: list[str] = []
    # ISO 639-1, lower case.
    language: str | None = None
    # How many people are sought.
    positions: int | None = None
    # What a house wants besides.
    extra: dict[str, Any] = {}


# The struct that each nested field is made of, and the part that a bare value sets.
NESTED: dict[str, tuple[type[msgspec.Struct], str]] = {
    "company": (Company, "name"),
    "locations": (Location, "text"),
    "category": (Category, "label"),
    "salary": (Salary, "text"),
}
LIST_FIELDS = frozenset({"locations", "category", "skills"})
FIELD_NAMES: tuple[str, ...] = JobPosting.__struct_fields__
