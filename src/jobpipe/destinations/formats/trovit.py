"""The Trovit jobs feed: `trovit` with one `ad` a place, values in CDATA, days as DD/MM/YYYY."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jobpipe.destinations.formats.format import OutputFormat, Setting
from jobpipe.destinations.formats.values import (
    categories,
    clock,
    company_name,
    day,
    description_html,
    number,
    one_a_place,
    salary_text,
    several,
)
from jobpipe.destinations.formats.xml_elements import DECLARATION, document, element
from jobpipe.destinations.rules import Partner
from jobpipe.posting import JobPosting, Salary

_TROVIT = Partner("trovit", "Trovit")
_RULES = (
    _TROVIT.needs("reference"),
    _TROVIT.needs("url", "apply_url"),
    _TROVIT.needs("title"),
    _TROVIT.needs("description", "description_text"),
    _TROVIT.describes(30),
)


def _least(salary: Salary | None) -> str:
    if salary is None:
        return ""
    amount = salary.min if salary.min is not None else salary.max
    return "" if amount is None else number(amount)


def _ads(posting: JobPosting) -> str:
    common = "".join(
        (
            element("url", posting.url or posting.apply_url),
            element("title", posting.title),
            element("content", description_html(posting)),
            element("company", company_name(posting)),
            element("experience", several(posting.experience)),
            element("requirements", ", ".join(posting.skills)),
            element("studies", several(posting.education)),
            element("category", categories(posting)),
            element("contract", posting.contract),
            element("working_hours", posting.working_time),
            element("salary", salary_text(posting.salary)),
            element("salary_numeric", _least(posting.salary)),
            element("date", day(posting.posted_at, "/")),
            element("time", clock(posting.posted_at)),
            element("expiration_date", day(posting.valid_through, "/")),
            element("telecommute", posting.remote and ("0" if posting.remote == "on_site" else "1")),
        )
    )
    return "".join(
        text
        for reference, place in one_a_place(posting)
        for text in (
            "  <ad>\n",
            element("id", reference),
            element("city", place.city or place.text),
            element("region", place.region),
            element("postcode", place.postal_code),
            common,
            "  </ad>\n",
        )
    )


def write(postings: Iterable[JobPosting], setting: Setting) -> Iterator[bytes]:
    return document(f"{DECLARATION}<trovit>\n", postings, _ads, "</trovit>\n")


FORMAT = OutputFormat(
    name="trovit",
    summary="the Trovit jobs feed, one ad a place",
    write=write,
    extension="xml",
    media_type="application/xml",
    documented="Trovit's feed and technical specifications, as it sends them to partners",
    rules=_RULES,
    carries={
        "id": "reference, with the place's number from the second on",
        "url": "url, or apply_url",
        "title": "title",
        "content": "description",
        "company": "company.name",
        "experience": "experience",
        "requirements": "skills",
        "studies": "education",
        "category": "category",
        "contract": "contract",
        "working_hours": "working_time",
        "salary": "salary",
        "salary_numeric": "salary.min, or salary.max",
        "city": "locations.city, or locations.text",
        "region": "locations.region",
        "postcode": "locations.postal_code",
        "date": "posted_at",
        "time": "posted_at, where it has one",
        "expiration_date": "valid_through",
        "telecommute": "remote",
    },
)
