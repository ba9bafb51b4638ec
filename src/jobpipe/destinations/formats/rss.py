"""RSS 2.0 (https://www.rssboard.org/rss-specification): one `item` a posting."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jobpipe.destinations.formats.format import OutputFormat, Setting
from jobpipe.destinations.formats.values import company_name, description_html, now_rfc822, rfc822
from jobpipe.destinations.formats.xml_elements import DECLARATION, document, element, escaped
from jobpipe.posting import JobPosting

_DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"


def _item(posting: JobPosting) -> str:
    return "".join(
        (
            "  <item>\n",
            element("title", posting.title),
            element("link", posting.url or posting.apply_url),
            f'    <guid isPermaLink="false">{escaped(posting.reference)}</guid>\n',
            element("description", description_html(posting)),
            element("dc:creator", company_name(posting)),
            "".join(element("category", each.label or each.name or each.code) for each in posting.category),
            element("pubDate", rfc822(posting.posted_at)),
            "  </item>\n",
        )
    )


def write(postings: Iterable[JobPosting], setting: Setting) -> Iterator[bytes]:
    publisher = setting.options.get("publisher") or "Jobs"
    head = (
        f'{DECLARATION}<rss version="2.0" xmlns:dc="{_DUBLIN_CORE}">\n<channel>\n'
        + element("title", publisher)
        + element("link", setting.options.get("publisher_url"))
        + element("description", setting.options.get("description") or publisher)
        + f"    <lastBuildDate>{now_rfc822()}</lastBuildDate>\n"
    )
    return document(head, postings, _item, "</channel>\n</rss>\n")


FORMAT = OutputFormat(
    name="rss",
    summary="an RSS 2.0 feed, one item a posting",
    write=write,
    extension="xml",
    media_type="application/rss+xml",
    documented="https://www.rssboard.org/rss-specification",
    options={
        "publisher": "the feed's title",
        "publisher_url": "the address of the site, which RSS requires",
        "description": "a line about the feed",
    },
    needs=("publisher_url",),
    carries={
        "guid": "reference",
        "title": "title",
        "link": "url, or apply_url",
        "description": "description",
        "dc:creator": "company.name",
        "category": "category",
        "pubDate": "posted_at",
    },
)
