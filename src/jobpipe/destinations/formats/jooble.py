"""The Jooble XML feed: `jobs` with one `job` a posting, values in CDATA, days as DD.MM.YYYY."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jobpipe.destinations.formats.format import OutputFormat, Setting
from jobpipe.destinations.formats.values import company_name, day, description_html, place_text, salary_text
from jobpipe.destinations.formats.xml_elements import DECLARATION, attribute, document, element
from jobpipe.destinations.rules import Partner
from jobpipe.posting import JobPosting

_JOOBLE = Partner("jooble", "Jooble")
_RULES = (
    _JOOBLE.needs("reference"),
    _JOOBLE.needs("title"),
    _JOOBLE.needs("url", "apply_url"),
    _JOOBLE.needs("description", "description_text"),
    _JOOBLE.needs("posted_at"),
    _JOOBLE.younger_than(45),
)
_TYPES = {
    "permanent": "permanent",
    "fixed_term": "fixed-term",
    "temporary": "temporary",
    "internship": "internship",
    "apprenticeship": "apprenticeship",
    "freelance": "freelance",
    "volunteer": "volunteer",
}
_TIMES = {"full_time": "full-time", "part_time": "part-time"}


def _job(posting: JobPosting) -> str:
    types = (_TIMES.get(posting.working_time or ""), _TYPES.get(posting.contract or ""))
    return "".join(
        (
            f"  <job{attribute('id', posting.reference)}>\n",
            element("link", posting.url or posting.apply_url),
            element("name", posting.title),
            element("region", "; ".join(filter(None, map(place_text, posting.locations)))),
            element("salary", salary_text(posting.salary)),
            element("description", description_html(posting)),
            element("company", company_name(posting)),
            element("pubdate", day(posting.posted_at, ".")),
            element("updated", day(posting.updated_at, ".")),
            element("expire", day(posting.valid_through, ".")),
            element("jobtype", ", ".join(filter(None, types))),
            "  </job>\n",
        )
    )


def write(postings: Iterable[JobPosting], setting: Setting) -> Iterator[bytes]:
    return document(f"{DECLARATION}<jobs>\n", postings, _job, "</jobs>\n")


FORMAT = OutputFormat(
    name="jooble",
    summary="the Jooble XML feed, one job a posting",
    write=write,
    extension="xml",
    media_type="application/xml",
    documented="Jooble's XML feed specifications, as it sends them to partners",
    rules=_RULES,
    carries={
        "job@id": "reference",
        "link": "url, or apply_url",
        "name": "title",
        "region": "locations, with `; ` between",
        "salary": "salary",
        "description": "description",
        "company": "company.name",
        "pubdate": "posted_at",
        "updated": "updated_at",
        "expire": "valid_through",
        "jobtype": "working_time, contract",
    },
)
