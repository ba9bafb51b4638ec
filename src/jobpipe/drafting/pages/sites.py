"""From the bare address of a page to a definition: the service or the feed behind it, a list with its postings, a
sitemap, or the page alone. Few pages are asked for."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from jobpipe.drafting.draft import Draft, SourceChoice
from jobpipe.drafting.drafting import Order, draft_of, draft_of_service
from jobpipe.drafting.pages.addresses import parts_of
from jobpipe.drafting.pages.details import draft_details
from jobpipe.drafting.pages.further import follow_of, postings_of
from jobpipe.drafting.pages.page_drafting import at_home_in, draft_of_page, is_a_posting, missing_in, says_postings
from jobpipe.drafting.pages.posted import Posted
from jobpipe.drafting.pages.rows import JOB_ADDRESS, Rows, is_list, rows_of, shape_of
from jobpipe.drafting.pages.titles import is_generic
from jobpipe.drafting.pages.view import View
from jobpipe.drafting.pages.visits import Visited, Visits
from jobpipe.drafting.sampling import Sample, read_sample
from jobpipe.drafting.services import Service, service_at
from jobpipe.errors import SourceError
from jobpipe.sources.record import FormatSettings
from jobpipe.sources.site.sitemaps import SitemapError, read_sitemap

_FEEDS = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/xml", "application/json")
# Postings whose pages are looked at.
_DETAILS = 3
_MOST_SITEMAP = 40_000_000
# Fewer addresses of one shape are no postings of a site.
_LEAST_OF_SHAPE = 3
_NO_JOBS = re.compile(r"comment|blog|news|aktuell|actualit|press|event", re.IGNORECASE)


def draft_of_site(order: Order) -> Draft:
    """`order.location` is the address of a page. Raises SourceError where no posting can be read from it."""
    said: list[str] = []
    visits = Visits(order.location, said.append, order.asking)
    first = visits.begin()
    draft = next(_ways(first, visits, order), None)
    if draft is None:
        draft = draft_of_page(first.body, order, url=first.url, charset=first.charset)
    return replace(draft, notices=(*draft.notices, *said))


def _ways(first: Visited, visits: Visits, order: Order) -> Iterator[Draft]:
    """What can be made of it, the best first; nothing is asked for before it is needed."""
    view = View(first.page)
    service = _service_of(view)
    if service is not None:
        yield draft_of_service(service, order, f"it is in {order.location}")
    said = says_postings(first.body, first.url, first.charset)
    if said:
        yield draft_of_page(first.body, order, url=first.url, charset=first.charset)
    rows = rows_of(view)
    if rows is not None and is_list(view, rows):
        yield from _of_list(first, view, rows, visits, order)
        yield draft_of_page(first.body, order, url=first.url, charset=first.charset)
    if is_a_posting(draft_details([view.page], order.client)) and JOB_ADDRESS.search(parts_of(first.url).path):
        yield draft_of_page(first.body, order, url=first.url, charset=first.charset)
    yield from _of_feeds(view, visits, order)
    for link in _links_to_jobs(view):
        other = visits.at(link)
        if other is None:
            continue
        inner = View(other.page)
        service = service_at(other.url) or _service_of(inner)
        if service is not None:
            yield draft_of_service(service, order, f"{order.location} leads to it")
        rows = rows_of(inner)
        if rows is not None and is_list(inner, rows):
            yield from _of_list(other, inner, rows, visits, order)
        yield from _of_feeds(inner, visits, order)
    yield from _of_sitemaps(visits, order)


# A service ---------------------------------------------------------------------------------------------


def _service_of(view: View) -> Service | None:
    """The applicant tracking system that is shown within the page, or to which its jobs lead."""
    for tag, attribute in (("iframe", "src"), ("script", "src")):
        for element in view.root.iter(tag):
            if found := service_at(view.page.absolute(element.get(attribute) or "")):
                return found
    led = [service_at(view.page.absolute(link.get("href") or "")) for link in view.root.iter("a")]
    counted = Counter((one.name, tuple(sorted(one.given.items()))) for one in led if one is not None)
    if not counted:
        return None
    (name, given), number = counted.most_common(1)[0]
    return Service(name, dict(given)) if number >= 2 or len(counted) == 1 else None


# A feed ------------------------------------------------------------------------------------------------


def _of_feeds(view: View, visits: Visits, order: Order) -> Iterator[Draft]:
    for element in view.root.iter("link"):
        if "alternate" not in (element.get("rel") or "") or (element.get("type") or "") not in _FEEDS:
            continue
        url = view.page.absolute(element.get("href") or "")
        words = f"{url} {element.get('title') or ''}"
        if _NO_JOBS.search(words) or not JOB_ADDRESS.search(words):
            continue
        visited = visits.at(url)
        if visited is None:
            continue
        try:
            found = read_sample(Sample(url, "feed", visited.charset), iter([visited.body]), FormatSettings())
            draft = draft_of(found, replace(order, location=url))
        except SourceError:
            continue
        if {"title", "url"} <= {one.field for one in draft.taken}:
            yield draft


# A list ------------------------------------------------------------------------------------------------


def _of_list(where: Visited, view: View, rows: Rows, visits: Visits, order: Order) -> Iterator[Draft]:
    block: dict[str, Any] = {"start": where.url}
    if follow := follow_of(view):
        block["follow"] = follow
    block["postings"] = postings_of(view.page, rows)
    yield from _with_details(block, _spread(rows.links), visits, order, f"a list of {len(rows.links)} postings")


def _spread(links: Sequence[str]) -> list[str]:
    """The first, the last and one between them: postings of one kind often stand together."""
    places = dict.fromkeys((0, len(links) // 2, len(links) - 1))
    return [links[place] for place in places][:_DETAILS]


def _with_details(
    block: dict[str, Any], links: Sequence[str], visits: Visits, order: Order, reason: str
) -> Iterator[Draft]:
    """What the pages of some postings say decides how all are read."""
    visited = [one for link in links if (one := visits.at(link)) is not None]
    if not visited:
        return
    said = [records for one in visited if (records := says_postings(one.body, one.url, one.charset))]
    if len(said) >= max(1, len(visited) - 1):
        records = list(itertools.chain.from_iterable(said))
        posted = Posted([], missing_in(records, order.client), {})
        yield _draft(order, block, posted, len(said), f"{reason}, whose pages say what a posting is")
        return
    pages = [one.page for one in visited]
    posted = at_home_in(draft_details(pages, order.client), View(pages[0]))
    if is_a_posting(posted):
        block = {**block, "fields": posted.fields}
        yield _draft(order, block, posted, len(pages), reason)


# A sitemap -----------------------------------------------------------------------------------------------


def _of_sitemaps(visits: Visits, order: Order) -> Iterator[Draft]:
    waiting = [(url, 0) for url in visits.sitemaps()[:2]]
    while waiting:
        url, depth = waiting.pop(0)
        visited = visits.at(url)
        if visited is None:
            continue
        try:
            entries = read_sitemap(visited.body, _MOST_SITEMAP)
        except SitemapError:
            continue
        inner = [one.url for one in entries if one.is_sitemap]
        if depth == 0:
            waiting += [(one, 1) for one in sorted(inner, key=lambda one: not JOB_ADDRESS.search(one))[:2]]
        pages = [one.url for one in entries if not one.is_sitemap]
        links = _jobs_among(pages)
        if not links:
            continue
        block: dict[str, Any] = {"sitemaps": url}
        if len(links) < len(pages):
            block["postings"] = _pattern_of(links)
        yield from _with_details(block, _spread(links), visits, order, f"a sitemap with {len(links):,} postings")


def _jobs_among(pages: Sequence[str]) -> list[str]:
    """Those of the most frequent shape that speaks of jobs."""
    shapes: dict[str, list[str]] = {}
    for page in pages:
        if JOB_ADDRESS.search(parts_of(page).path):
            shapes.setdefault(shape_of(page), []).append(page)
    best = max(shapes.values(), key=len, default=[])
    return best if len(best) >= _LEAST_OF_SHAPE else []


def _pattern_of(links: Sequence[str]) -> str:
    folder = parts_of(links[0]).path.rpartition("/")[0]
    return f"{folder}/*"


# The way there -------------------------------------------------------------------------------------------


def _links_to_jobs(view: View) -> list[str]:
    """Of a page that is about something else: where its jobs are, the likeliest first."""
    scored: dict[str, int] = {}
    for link in view.root.iter("a"):
        target = view.page.absolute(link.get("href") or "").partition("#")[0]
        if not target.startswith(("http://", "https://")) or target == view.page.url:
            continue
        text = view.text(link)
        score = 3 * (bool(text) and len(text) <= 40 and is_generic(text) and bool(JOB_ADDRESS.search(text)))
        score += bool(JOB_ADDRESS.search(parts_of(target).path)) + bool(JOB_ADDRESS.search(text))
        if score >= 2:
            scored[target] = max(score, scored.get(target, 0))
    return sorted(scored, key=lambda one: (-scored[one], len(one)))[:2]


def _draft(order: Order, block: dict[str, Any], posted: Posted, looked_at: int, reason: str) -> Draft:
    return Draft(
        import_=order.name,
        client=order.client,
        source=SourceChoice(
            kind="site",
            block={"site": block},
            format="html",
            reasons={"site": f"{reason[0].upper()}{reason[1:]}."},
            brings_posting=not posted.choices,
        ),
        choices=tuple(posted.choices),
        questions=tuple(posted.questions),
        notices=tuple(posted.notices),
        looked_at=looked_at,
    )
