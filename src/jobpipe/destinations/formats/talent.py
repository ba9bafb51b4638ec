"""The Talent.com XML feed (https://www.talent.com/integrations): `source` with one `job` a place, values in CDATA."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jobpipe.destinations.formats.format import OutputFormat, Setting
from jobpipe.destinations.formats.values import company_name, description_html, now_iso, one_a_place
from jobpipe.destinations.formats.xml_elements import DECLARATION, document, element
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
    return "".join(
        text
        for reference, place in one_a_place(posting)
        for text in (
            "  <job>\n",
            element("referencenumber", reference),
            element("city", place.city or place.text),
            element("state", place.region),
            element("country", place.country),
            common,
            "  </job>\n",
        )
    )


def write(postings: Iterable[JobPosting], setting: Setting) -> Iterator[bytes]:
    head = (
        f"{DECLARATION}<source>\n"
        + element("publisher", setting.options.get("publisher"))
        + element("publisherurl", setting.options.get("publisher_url"))
        + f"    <lastbuilddate>{now_iso()}</lastbuilddate>\n"
    )
    return document(head, postings, _jobs, "</source>\n")


FORMAT = OutputFormat(
    name="talent",
    summary="the Talent.com XML feed, one job a place",
    write=write,
    extension="xml",
    media_type="application/xml",
    documented="https://www.talent.com/integrations",
    rules=_RULES,
    options={"publisher": "the name of whoever publishes the feed", "publisher_url": "their address"},
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
