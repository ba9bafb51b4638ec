"""The Talent.com XML feed (https://www.talent.com/integrations): `source` with one `job` a place, values in CDATA."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jobpipe.destinations.formats.format import OutputFormat, Setting
from jobpipe.destinations.formats.jobs_by_place import OPTIONS, jobs_of, write_source
from jobpipe.destinations.formats.values import company_name, description_html
from jobpipe.destinations.formats.xml_elements import element
from jobpipe.destinations.rules import Partner
from jobpipe.posting import JobPosting

_TALENT = Partner("talent", "Talent.com")
_RULES = (
    _TALENT.needs("reference"),
    _TALENT.needs("title"),
    _TALENT.title_alone(),
    _TALENT.needs("company.name"),
    _TALENT.places("city"),
    _TALENT.places("region"),
    _TALENT.places("country"),
    _TALENT.needs("posted_at"),
    _TALENT.needs("url", "apply_url"),
    _TALENT.needs("description", "description_text"),
    _TALENT.describes(50),
)


def _jobs(posting: JobPosting) -> str:
    common = "".join(
        (
            element("title", posting.title),
            element("company", company_name(posting)),
            element("dateposted", posting.posted_at),
            element("url", posting.url or posting.apply_url),
            element("description", description_html(posting)),
        )
    )
    return jobs_of(posting, common)


def write(postings: Iterable[JobPosting], setting: Setting) -> Iterator[bytes]:
    return write_source(postings, setting, _jobs, built="lastbuilddate")


FORMAT = OutputFormat(
    name="talent",
    summary="the Talent.com XML feed, one job a place",
    write=write,
    extension="xml",
    media_type="application/xml",
    documented="https://www.talent.com/integrations",
    rules=_RULES,
    options=OPTIONS,
    carries={
        "referencenumber": "reference, with the place's number from the second on",
        "title": "title",
        "company": "company.name",
        "city": "locations.city",
        "state": "locations.region",
        "country": "locations.country",
        "dateposted": "posted_at",
        "url": "url, or apply_url",
        "description": "description",
    },
)
