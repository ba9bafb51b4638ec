"""The Adzuna XML feed (https://www.adzuna.co.uk/jobs/xml-specification.html): `jobs` with one `job` a place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jobpipe.destinations.formats.format import OutputFormat, Setting
from jobpipe.destinations.formats.values import (
    company_name,
    description_html,
    number,
    one_a_place,
    place_text,
    salary_text,
)
from jobpipe.destinations.formats.xml_elements import DECLARATION, document, element
from jobpipe.destinations.rules import Options, Partner
from jobpipe.posting import JobPosting, Location, Salary

_ADZUNA = Partner("adzuna", "Adzuna")


def _no_place(posting: JobPosting, options: Options) -> str:
    if posting.locations and all(map(place_text, posting.locations)):
        return ""
    return "the posting has no place"


_RULES = (
    _ADZUNA.needs("title"),
    _ADZUNA.title_alone(),
    _ADZUNA.needs("reference"),
    _ADZUNA.needs("description", "description_text"),
    _ADZUNA.describes(100),
    _ADZUNA.needs("url", "apply_url"),
    _ADZUNA.rule("locations", "requires a place", _no_place),
    _ADZUNA.places("country"),
)
_CONTRACTS = {"permanent": "permanent", "fixed_term": "contract", "temporary": "contract", "freelance": "contract"}
# Weeks are none of its frequencies.
_FREQUENCIES = frozenset({"hour", "day", "month", "year"})


def _salary(salary: Salary | None) -> str:
    if salary is None:
        return ""
    return "".join(
        (
            element("salary", salary.text or salary_text(salary)),
            ("" if salary.min is None else element("salary_min", number(salary.min))),
            ("" if salary.max is None else element("salary_max", number(salary.max))),
            (element("salary_frequency", salary.period) if salary.period in _FREQUENCIES else ""),
            element("salary_currency", salary.currency),
        )
    )


def _place(place: Location) -> str:
    made = element("location", place_text(place)) + element("country", place.country)
    if place.latitude is not None and place.longitude is not None:
        made += element("geo_lat", f"{place.latitude}") + element("geo_lng", f"{place.longitude}")
    return made + element("postcode", place.postal_code)


def _jobs(posting: JobPosting) -> str:
    category = next((each.label or each.name or each.code for each in posting.category), None)
    common = "".join(
        (
            element("title", posting.title),
            element("description", description_html(posting)),
            element("url", posting.url or posting.apply_url),
            _salary(posting.salary),
            element("company", company_name(posting)),
            element("category", category),
            element("contract_type", _CONTRACTS.get(posting.contract or "")),
            element("contract_time", posting.working_time),
            element("date", posting.posted_at),
        )
    )
    return "".join(
        text
        for reference, place in one_a_place(posting)
        for text in ("  <job>\n", element("id", reference), _place(place), common, "  </job>\n")
    )


def write(postings: Iterable[JobPosting], setting: Setting) -> Iterator[bytes]:
    return document(f"{DECLARATION}<jobs>\n", postings, _jobs, "</jobs>\n")


FORMAT = OutputFormat(
    name="adzuna",
    summary="the Adzuna XML feed, one job a place",
    write=write,
    extension="xml",
    media_type="application/xml",
    documented="https://www.adzuna.co.uk/jobs/xml-specification.html",
    rules=_RULES,
    carries={
        "id": "reference, with the place's number from the second on",
        "title": "title",
        "description": "description",
        "url": "url, or apply_url",
        "location": "locations.text, or its parts",
        "country": "locations.country",
        "geo_lat": "locations.latitude",
        "geo_lng": "locations.longitude",
        "postcode": "locations.postal_code",
        "salary": "salary",
        "salary_min": "salary.min",
        "salary_max": "salary.max",
        "salary_frequency": "salary.period, but weeks",
        "salary_currency": "salary.currency",
        "company": "company.name",
        "category": "category, the first",
        "contract_type": "contract",
        "contract_time": "working_time",
        "date": "posted_at",
    },
)
