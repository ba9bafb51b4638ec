"""The Indeed XML feed (https://docs.indeed.com/indeed-apply/xml-feed): `source` with one `job` a place.

Every value in CDATA, dates in ISO 8601, and no HTML entities that can be done without.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jobpipe.destinations.formats.format import OutputFormat, Setting
from jobpipe.destinations.formats.jobs_by_place import OPTIONS, jobs_of, write_source
from jobpipe.destinations.formats.values import (
    categories,
    company_name,
    description_html,
    salary_text,
    several,
)
from jobpipe.destinations.formats.xml_elements import element
from jobpipe.destinations.rules import Partner
from jobpipe.posting import JobPosting, Location

_INDEED = Partner("indeed", "Indeed")
# Where an address names its state: elsewhere Indeed's own feeds have none.
_WITH_STATES = frozenset({"US", "CA", "AU", "BR", "IN", "MX"})
_RULES = (
    _INDEED.needs("title"),
    _INDEED.title_alone(),
    _INDEED.needs("posted_at"),
    _INDEED.needs("reference"),
    _INDEED.needs("url", "apply_url"),
    _INDEED.needs("company.name"),
    _INDEED.places("city"),
    _INDEED.places("region", within=_WITH_STATES),
    _INDEED.places("country"),
    _INDEED.needs("description", "description_text"),
)

# Indeed's words.
_JOB_TYPES = {
    "permanent": "fulltime",
    "fixed_term": "contract",
    "temporary": "temporary",
    "internship": "internship",
    "apprenticeship": "apprenticeship",
    "freelance": "contract",
    "volunteer": "volunteer",
}
_REMOTE_TYPES = {"remote": "Fully remote", "hybrid": "Hybrid remote"}
# What comes after & -> the sign, where that alone cannot be taken for markup; a blank after it stays.
_NEEDLESS = {"nbsp;": "\u00a0", "gt;": ">", "amp; ": "& ", "lt; ": "< "}


def _without_entities(html: str) -> str:
    head, *rest = html.split("&")
    return "".join((head, *map(_with_sign, rest)))


def _with_sign(rest: str) -> str:
    for entity, sign in _NEEDLESS.items():
        if rest.startswith(entity):
            return sign + rest[len(entity) :]
    return f"&{rest}"


def _jobs(posting: JobPosting) -> str:
    part_time = posting.working_time == "part_time"
    job_type = "parttime" if part_time else _JOB_TYPES.get(posting.contract or "")
    common = "".join(
        (
            element("title", posting.title),
            element("date", posting.posted_at),
            element("requisitionid", posting.reference),
            element("url", posting.url or posting.apply_url),
            element("company", company_name(posting)),
            element("description", _without_entities(description_html(posting))),
            element("salary", salary_text(posting.salary)),
            element("education", several(posting.education)),
            element("jobtype", job_type),
            element("category", categories(posting)),
            element("experience", several(posting.experience)),
            element("expirationdate", posting.valid_through),
            element("remotetype", _REMOTE_TYPES.get(posting.remote or "")),
        )
    )
    return jobs_of(posting, common, _postal_code)


def _postal_code(place: Location) -> str:
    return element("postalcode", place.postal_code)


def write(postings: Iterable[JobPosting], setting: Setting) -> Iterator[bytes]:
    return write_source(postings, setting, _jobs, built="lastBuildDate")


FORMAT = OutputFormat(
    name="indeed",
    summary="the Indeed XML feed, one job a place",
    write=write,
    extension="xml",
    media_type="application/xml",
    documented="https://docs.indeed.com/indeed-apply/xml-feed",
    rules=_RULES,
    options=OPTIONS,
    carries={
        "referencenumber": "reference, with the place's number from the second on",
        "requisitionid": "reference",
        "title": "title",
        "date": "posted_at",
        "url": "url, or apply_url",
        "company": "company.name",
        "city": "locations.city",
        "state": "locations.region",
        "country": "locations.country",
        "postalcode": "locations.postal_code",
        "description": "description",
        "salary": "salary",
        "education": "education",
        "jobtype": "contract, working_time",
        "category": "category",
        "experience": "experience",
        "expirationdate": "valid_through",
        "remotetype": "remote",
    },
)
