"""The shape of Indeed's feed, which others took over: `source` with one `job` a place, values in CDATA."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from jobpipe.destinations.formats.format import Setting
from jobpipe.destinations.formats.values import now_iso, one_a_place
from jobpipe.destinations.formats.xml_elements import DECLARATION, Build, document, element
from jobpipe.posting import JobPosting, Location

OPTIONS = {"publisher": "the name of whoever publishes the feed", "publisher_url": "their address"}


def jobs_of(posting: JobPosting, common: str, more: Callable[[Location], str] = lambda place: "") -> str:
    """`common`: what all jobs of the posting say; `more`: what a partner wants of a place besides."""
    return "".join(
        text
        for reference, place in one_a_place(posting)
        for text in (
            "  <job>\n",
            element("referencenumber", reference),
            element("city", place.city or place.text),
            element("state", place.region),
            element("country", place.country),
            more(place),
            common,
            "  </job>\n",
        )
    )


def write_source(postings: Iterable[JobPosting], setting: Setting, jobs: Build, *, built: str) -> Iterator[bytes]:
    """`built`: the partner's name of the element that says when the feed was made."""
    head = (
        f"{DECLARATION}<source>\n"
        + element("publisher", setting.options.get("publisher"))
        + element("publisherurl", setting.options.get("publisher_url"))
        + f"    <{built}>{now_iso()}</{built}>\n"
    )
    return document(head, postings, jobs, "</source>\n")
