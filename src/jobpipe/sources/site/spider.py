"""The spider that a definition drives: lists lead to lists and postings, whose pages are passed on as they are.

What is not read of a list or a sitemap is a doubt: then nothing expires.  A posting's page that fails counts as seen
where it is known from before; where it is not, nobody can say what it held, and that is a doubt too.
"""

from __future__ import annotations

import email.utils
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urldefrag, urlsplit

import scrapy
import xxhash
from scrapy.exceptions import CloseSpider, IgnoreRequest
from scrapy.http import FormRequest, Response, TextResponse

from jobpipe.safety.secrets import redact
from jobpipe.sources.answers import Answer
from jobpipe.sources.formats.html.page import Page, read_page
from jobpipe.sources.record import FormatSettings
from jobpipe.sources.site.credentials import login_of_crawl
from jobpipe.sources.site.doubts import Doubts
from jobpipe.sources.site.guarding import REFUSED
from jobpipe.sources.site.links import has_mark_of_end, is_selector, links_of, matches
from jobpipe.sources.site.orders import Orders
from jobpipe.sources.site.outlet import Outlet
from jobpipe.sources.site.sitemaps import SitemapError, read_sitemap

_GONE = (404, 410)
# What Twisted says of a certificate that is for another host.
_OF_ANOTHER = ("DNSMismatch", "IPAddressMismatch")


class SiteSpider(scrapy.Spider):
    name = "site"

    def __init__(self, orders: Orders, outlet: Outlet, doubts: Doubts, hosts: frozenset[str]) -> None:
        super().__init__()
        self._orders = orders
        self._site = orders.of_site()
        self._outlet = outlet
        self._doubts = doubts
        self._hosts = hosts
        self._known = frozenset(orders.pages)
        # Answers that are given once a page.
        self._said: set[str] = set()
        # What the lists showed, and which lists were asked for.
        self._shown: dict[str, str] = {}
        self._lists: set[str] = set()
        # Not left to Scrapy's own filter, which drops a redirect to a known page without a word.
        self._asked: set[str] = set()
        self._unanswered = 0
        self._repeats = 0
        self._read = 0
        self._given = 0
        # Nothing more is waited for.
        self.is_over = False
        # No request had an answer, whatever it was.
        self.is_silent = True

    async def start(self) -> AsyncIterator[Any]:
        if self._site.form is not None:
            yield self._request(self._site.form.url, self.on_form, "form")
            return
        for request in self._first():
            yield request

    def _first(self) -> Iterator[scrapy.Request]:
        for url in self._site.start:
            yield self._list(url, 0) if self._has_lists() else self._posting(url, is_start=True)
        for url in self._site.sitemaps:
            yield self._request(url, self.on_sitemap, "sitemap", depth=0)

    def _has_lists(self) -> bool:
        """Otherwise the pages that it starts with hold the postings."""
        return bool(self._site.postings or self._site.follow or self._site.items)

    # Requests ----------------------------------------------------------------------------------------

    def _request(self, url: str, callback: Any, kind: str, **known: Any) -> scrapy.Request:
        # A site may put the key of its visitors into its links.
        url = login_of_crawl().bare(url)
        is_named = _host_of(url) in self._hosts
        meta = {"kind": kind, "handle_httpstatus_list": [304, *range(400, 600)], "asked": url, **known}
        if self._site.browser and kind != "sitemap":
            meta["playwright"] = True
        self._unanswered += 1
        return scrapy.Request(
            url,
            dont_filter=True,
            callback=callback,
            errback=self.on_failure,
            meta=meta,
            cookies=dict(self._site.cookies.items()) if is_named else None,
        )

    def _list(self, url: str, depth: int) -> scrapy.Request:
        self._lists.add(urldefrag(url)[0])
        return self._request(url, self.on_list, "list", depth=depth)

    def _posting(self, url: str, *, is_start: bool = False) -> scrapy.Request:
        request = self._request(url, self.on_posting, "posting", is_start=is_start)
        # The page that a script writes on may be as it was, and what is written be new.
        if self._orders.since is not None and url in self._known and not self._site.browser:
            request.headers["If-Modified-Since"] = email.utils.format_datetime(self._orders.since, usegmt=True)
        return request

    # Answers -----------------------------------------------------------------------------------------

    def on_form(self, response: Response) -> Iterator[Any]:
        form = self._site.form
        assert form is not None
        self._count()
        if trouble := self._trouble(response):
            self._doubts.add(f"{redact(response.url)}: {trouble}")
            return
        where: dict[str, Any] = {}
        if form.selector:
            kind, _, path = form.selector.partition(":")
            where = {"formcss" if kind == "css" else "formxpath": path}
        assert isinstance(response, TextResponse)
        try:
            request = FormRequest.from_response(response, formdata=form.fields, dont_click=False, **where)
        except ValueError as error:
            self._doubts.add(f"{redact(response.url)}: the form is not there: {error}")
            return
        to = self._request(request.url, self.on_sent, "form")
        yield request.replace(callback=self.on_sent, errback=self.on_failure, meta=to.meta, dont_filter=True)

    def on_sent(self, response: Response) -> Iterator[Any]:
        if self._site.start or self._site.sitemaps:
            self._count()
            if trouble := self._trouble(response):
                self._doubts.add(f"the form of {redact(response.url)}: {trouble}")
            yield from self._first()
            return
        response.meta.setdefault("depth", 0)
        yield from self.on_list(response)

    def on_list(self, response: Response) -> Iterator[Any]:
        yield from self._follow(response)
        self._keep(response)

    def _follow(self, response: Response) -> Iterator[Any]:
        self._count()
        if trouble := self._trouble(response):
            self._doubts.add(f"{redact(response.meta['asked'])}: {trouble}")
            return
        page = self._page(response)
        postings = links_of(page, self._site.postings)
        further = links_of(page, self._site.follow)
        if self._repeats_itself(response, postings, further):
            return
        if self._site.items or not self._site.postings:
            self._give(response)
        for url in filter(self._is_new, postings):
            yield self._posting(url)
        depth = response.meta["depth"] + 1
        if further and depth > self._site.depth:
            self._doubts.add(f"the listing goes deeper than `depth: {self._site.depth}` pages: {redact(response.url)}")
            return
        for url in further:
            if url not in self._lists:
                yield self._list(url, depth)

    def _repeats_itself(self, response: Response, postings: list[str], further: list[str]) -> bool:
        """A list that shows what an earlier one showed is often its first page under another name; one that
        leads further nevertheless would do so for ever."""
        shown = "\n".join(postings).encode() if postings else response.body
        mark = xxhash.xxh3_128_hexdigest(shown)
        earlier = self._shown.setdefault(mark, response.url)
        if earlier == response.url:
            return False
        self._repeats += 1
        if self._repeats > 2 or any(url not in self._lists for url in further):
            self._doubts.add(
                f"the listing goes round in circles: {redact(response.url)} shows what {redact(earlier)} showed"
            )
        return True

    def on_sitemap(self, response: Response) -> Iterator[Any]:
        self._count()
        shown = redact(response.meta["asked"])
        if response.status != 200:
            self._doubts.add(f"{shown}: the server answers {response.status}")
            return
        try:
            entries = read_sitemap(response.body, self._orders.max_bytes * 4)
        except SitemapError as error:
            self._doubts.add(f"{shown} {error}")
            return
        patterns = [word for word in self._site.postings if not is_selector(word)]
        for entry in entries:
            url = urldefrag(response.urljoin(entry.url))[0]
            if entry.is_sitemap:
                if response.meta["depth"] >= min(self._site.depth, 10):
                    self._doubts.add(f"{shown}: sitemaps that lead to sitemaps without an end")
                    return
                if self._is_new(url):
                    yield self._request(url, self.on_sitemap, "sitemap", depth=response.meta["depth"] + 1)
            elif not patterns or matches(url, patterns):
                if not self._is_new(url):
                    continue
                if self._is_as_it_was(url, entry.unchanged_since):
                    self._say("seen", url)
                else:
                    yield self._posting(url)

    def _is_as_it_was(self, url: str, unchanged_since: Any) -> bool:
        since = self._orders.since
        if not self._site.lastmod or since is None or unchanged_since is None:
            return False
        return url in self._known and unchanged_since <= since

    def on_posting(self, response: Response) -> None:
        self._read_posting(response)
        self._keep(response)

    def _read_posting(self, response: Response) -> None:
        self._count()
        asked = response.meta["asked"]
        if response.status == 304:
            self._say("seen", asked)
            return
        is_known = bool({asked, response.url} & self._known)
        if response.status in _GONE and (is_known or not response.meta["is_start"]):
            self._say("gone", asked)
            self._say("gone", response.url)
            return
        if trouble := self._trouble(response):
            self._fail(asked, trouble)
            return
        if self._site.gone and has_mark_of_end(self._page(response), self._site.gone):
            self._say("gone", asked)
            self._say("gone", response.url)
            return
        self._give(response)

    def on_failure(self, failure: Any) -> None:
        request = failure.request
        self._count(is_answer=isinstance(failure.value, IgnoreRequest) or _host_of(request.url) in REFUSED)
        trouble = _in_words(failure.value, request)
        if request.meta.get("kind") == "posting" and not request.meta.get("is_start"):
            self._fail(request.meta["asked"], trouble)
        else:
            self._doubts.add(f"{redact(request.meta.get('asked', request.url))}: {trouble}")

    # What is said of them ------------------------------------------------------------------------------

    def _fail(self, url: str, trouble: str) -> None:
        """A posting's page that was not to be had."""
        what = f"{redact(url)}: {trouble}"
        if url in self._known:
            self._say("seen", url)
            self._doubts.note(f"{what}; its posting stays as it is")
        else:
            self._doubts.add(what)

    def _trouble(self, response: Response) -> str:
        if response.status != 200:
            return f"the server answers {response.status}"
        if not isinstance(response, TextResponse):
            kind = (response.headers.get("Content-Type") or b"something else").decode("latin-1")
            return f"is no web page but {kind}"
        return ""

    def _page(self, response: Response) -> Page:
        return read_page(response.body, FormatSettings(transport_encoding=_charset(response), page_url=response.url))

    def _say(self, kind: Any, url: str) -> None:
        url = urldefrag(url)[0]
        if url not in self._said:
            self._said.add(url)
            self._outlet.give(Answer(kind=kind, asked=redact(url), page=url))

    def _give(self, response: Response) -> None:
        url = urldefrag(response.url)[0]
        if url in self._said:
            return
        self._said.add(url)
        if not response.body.strip():
            self._fail(url, "the page is empty")
            return
        answer = Answer(
            kind="page",
            asked=redact(url),
            body=response.body,
            charset=_charset(response),
            page=url,
            exchange=response.meta.pop("exchange", None),
        )
        self._outlet.give(answer)
        self._given += 1
        if self._orders.enough is not None and self._given >= self._orders.enough:
            self.is_over = True
            raise CloseSpider("enough")

    def _keep(self, response: Response) -> None:
        """What was read, and is given to nobody: it says what to ask next."""
        if (exchange := response.meta.pop("exchange", None)) is not None:
            asked = redact(response.meta["asked"])
            self._outlet.give(Answer(kind="exchange", asked=asked, body=response.body, exchange=exchange))

    def closed(self, reason: str) -> None:
        """Scrapy's word for the end; a request that was never answered would be a list that nobody missed."""
        if reason == "finished" and self._unanswered:
            self._doubts.add(f"{self._unanswered} pages were asked for and gave no answer")

    def _is_new(self, url: str) -> bool:
        before = len(self._asked)
        self._asked.add(urldefrag(url)[0])
        return len(self._asked) > before

    def _count(self, *, is_answer: bool = True) -> None:
        self._unanswered -= 1
        self.is_silent = self.is_silent and not is_answer
        self._read += 1
        if self._read > self._site.pages:
            self._doubts.add(f"more than `pages: {self._site.pages}` pages, and no end")
            self.is_over = True
            raise CloseSpider("pages")


def _charset(response: Response) -> str:
    stated = (response.headers.get("Content-Type") or b"").decode("latin-1").lower()
    return stated.partition("charset=")[2].partition(";")[0].strip("\"' ")


def _host_of(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()


def _in_words(error: BaseException, request: scrapy.Request) -> str:
    host = _host_of(request.url)
    if host in REFUSED:
        return REFUSED[host]
    text = " ".join(str(error).split())
    if "certificate verify failed" in text:
        return "its certificate is not trusted"
    if any(word in text for word in _OF_ANOTHER):
        return f"its certificate is not trusted: it is not for {host}"
    if isinstance(error, IgnoreRequest) and "robots" in text:
        return "robots.txt forbids it; `robots: false` if you have the site's consent"
    if isinstance(error, IgnoreRequest):
        return f"it is redirected again and again ({text})" if "redirect" in text else text
    return redact(text[:200]) or type(error).__name__
