"""Downloader middlewares that stand nearest to the site: one passes on what was asked and answered, so that the crawl
can be made again without the site; the other gives those answers again, and lets nothing go to the site."""

from __future__ import annotations

import sys
from typing import Any

from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Headers
from scrapy.responsetypes import responsetypes

from jobpipe.safety.secrets import redact
from jobpipe.sources.answers import Answer, Exchange
from jobpipe.sources.kept_answers import BROWSER, KeptAnswers
from jobpipe.sources.questions import question_digest, telling_headers, without_credentials
from jobpipe.sources.site.outlet import Outlet

# Says nothing of what the page holds.
_AS_IT_WAS = 304
_OUTSIDE = frozenset({"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"})

# Of this process, which is one crawl.
_outlets: list[Outlet] = []
_kept: list[KeptAnswers] = []


def use(outlet: Outlet, kept: KeptAnswers | None) -> None:
    _outlets[:] = [outlet]
    _kept[:] = [kept] if kept is not None else []


class Recording:
    """Bodies are passed on as they are read, not as they were packed.

    The pages that the definition's spider gives itself are left to it: `meta["exchange"]` is what it adds to them.
    """

    def __init__(self, crawler: Any) -> None:
        self._decoder = HttpCompressionMiddleware(crawler=crawler)
        self._outlet = _outlets[0]

    @classmethod
    def from_crawler(cls, crawler: Any) -> Recording:
        return cls(crawler)

    def process_response(self, request: Any, response: Any) -> Any:
        if response.status == _AS_IT_WAS:
            return response
        # A response gives a response.
        read: Any = self._decoder.process_response(request, response)
        exchange = Exchange(
            question=_question(request),
            status=read.status,
            headers=_headers_of(read),
            url="" if read.url == request.url else without_credentials(redact(read.url)),
        )
        if request.meta.get("kind") in ("list", "posting") and read.status == 200:
            request.meta["exchange"] = exchange
        else:
            self._outlet.give(
                Answer(kind="exchange", asked=redact(request.url), body=_body_of(request, read), exchange=exchange)
            )
        return read


class Replaying:
    def __init__(self) -> None:
        self._kept = _kept[0]

    @classmethod
    def from_crawler(cls, crawler: Any) -> Replaying:
        return cls()

    def process_request(self, request: Any) -> Any:
        found = self._kept.answer_to(_question(request), f"{request.method} {redact(request.url)}")
        if found is None or found.exchange is None:
            raise IgnoreRequest("was not asked so, and no answer is kept")
        known = found.exchange
        headers = Headers(known.headers)
        url = known.url or request.url
        made = responsetypes.from_args(headers=headers, url=url, body=found.body)
        return made(url=url, status=known.status, headers=headers, body=found.body, request=request)


def without_network() -> None:
    """From now on this process can connect to nothing: not what a spider written by hand does beside Scrapy either."""

    def refuse(event: str, _: Any) -> None:
        if event in _OUTSIDE:
            raise PermissionError("a crawl that is made again without its site asks nobody")

    sys.addaudithook(refuse)


def _question(request: Any) -> bytes:
    by = BROWSER if request.meta.get("playwright") else ""
    return question_digest(request.method, request.url, request.body or None, by=by)


def _headers_of(response: Any) -> dict[str, str]:
    found = response.headers.to_unicode_dict()
    return telling_headers({name.lower(): value for name, value in found.items()})


def _body_of(request: Any, response: Any) -> bytes:
    """A page of the definition's own spider that is no answer is read by nobody."""
    is_read = response.status == 200 or "kind" not in request.meta
    return bytes(response.body) if is_read else b""
