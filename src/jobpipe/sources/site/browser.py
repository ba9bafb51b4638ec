"""Pages that need JavaScript: read by a Chromium whose every connection goes through the gateway.

Scrapy asks as ever (robots.txt, pace, repetitions), and scrapy-playwright opens each page; what is added here is what
the browser must not do, when a page counts as written, and how its failures are told.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page, Request, Route
from playwright.async_api import TimeoutError as PlaywrightTimeout
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Headers, Response, TextResponse
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler
from scrapy_playwright.page import PageMethod

from jobpipe.safety.limits import show_size
from jobpipe.safety.network import NetworkGuard
from jobpipe.sources.site.browsers import find_browser, is_sandboxed
from jobpipe.sources.site.credentials import Signing
from jobpipe.sources.site.gateway import Gateway
from jobpipe.sources.site.guarding import REFUSED

_PAGES = re.compile(rb"text/.*|.*[/+](?:xml|json|javascript)")
# Nothing of a posting is in them.
_UNNEEDED = frozenset({"image", "media", "font"})
# Seconds in which a page that never falls silent counts as written.
_SETTLING = 5.0
_GOODBYE = 5.0
_ARGUMENTS = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    # The gateway measures answers, which HTTP/2 would mix.
    "--disable-http2",
    "--dns-prefetch-disable",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
)


class BrowserError(OSError):
    """The page was not to be had; Scrapy asks again for what fails like this."""


class Visit:
    """Of one page: what is known of it besides its text."""

    def __init__(self, request: Any, login: dict[str, str], hosts: frozenset[str], cut_hosts: dict[str, str]) -> None:
        self.page: Page | None = None
        # Where the page itself went, last.
        self.url: str = request.url
        self.status = 0
        # What is waited for and not there yet.
        self.lacks = ""
        # An answer that leads elsewhere, which is left to Scrapy.
        self.redirect: Response | None = None
        self._request = request
        self._login = login
        self._hosts = hosts
        self._cut_hosts = cut_hosts
        self._is_begun = False
        # The page's answer was cut off: why. Its reading would wait for the rest.
        self.cut = ""
        self.reading: asyncio.Future[Any] | None = None

    async def prepare(self, page: Page, request: Any) -> None:
        """Before the page is opened."""
        self.page = page
        page.on("popup", _close)
        page.on("request", self._on_request)
        page.on("response", self._on_response)
        page.on("requestfailed", self._on_failure)
        await page.route("**", self._on_route)

    def _is_of_page(self, request: Request) -> bool:
        if self.page is None or not request.is_navigation_request():
            return False
        try:
            return bool(request.frame == self.page.main_frame)
        except PlaywrightError:
            return False  # Of a page that is only about to be there.

    def _on_request(self, request: Request) -> None:
        if self._is_of_page(request):
            self.url = request.url

    def _on_response(self, response: Any) -> None:
        if self._is_of_page(response.request):
            self.status = response.status

    def _on_failure(self, request: Request) -> None:
        host = _host_of(request.url)
        if self._is_of_page(request) and host in self._cut_hosts:
            self.cut = self._cut_hosts.pop(host)
            if self.reading is not None:
                self.reading.cancel()

    async def _on_route(self, route: Route) -> None:
        request = route.request
        if request.resource_type in _UNNEEDED:
            await route.abort()
        elif self._login and _host_of(request.url) in self._hosts:
            with contextlib.suppress(PlaywrightError):
                await self._ask_with_login(route)
        else:
            await route.fallback()

    async def _ask_with_login(self, route: Route) -> None:
        """The browser would send the login after each redirect, wherever that leads."""
        request = route.request
        headers = {**await request.all_headers(), **self._login}
        method, content = request.method, request.post_data_buffer
        is_first = self._is_of_page(request) and not self._is_begun
        if is_first:
            self._is_begun = True
            method, content = self._request.method, self._request.body or None
            headers.update(_of_form(self._request.headers))
        try:
            answer = await route.fetch(method=method, post_data=content, headers=headers, max_redirects=0)
        except PlaywrightError:
            await route.abort()
            return
        if is_first and 300 <= answer.status < 400 and "location" in answer.headers:
            self.redirect = Response(
                self._request.url,
                status=answer.status,
                headers=Headers({"Location": answer.headers["location"]}),
                request=self._request,
            )
            await route.abort()
        else:
            await route.fulfill(response=answer)


class BrowserHandler(ScrapyPlaywrightDownloadHandler):  # type: ignore[misc]
    lazy = True

    def __init__(self, crawler: Any) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        self._seconds = settings.getfloat("DOWNLOAD_TIMEOUT")
        self._max_bytes = settings.getint("DOWNLOAD_MAXSIZE")
        self._wait = settings.getlist("JOBPIPE_WAIT")
        self._hosts = frozenset(settings.getlist("JOBPIPE_HOSTS"))
        self._signing = Signing(self._hosts)
        guard = NetworkGuard.naming(self._hosts, allow=settings.getlist("JOBPIPE_ALLOW"))
        self._gateway = Gateway(guard, REFUSED, self._max_bytes)
        self._context = {
            # They would go on asking out of sight.
            "service_workers": "block",
            "storage_state": {"cookies": _cookies(settings.getdict("JOBPIPE_COOKIES"), self._hosts), "origins": []},
        }
        self._beginning = asyncio.Lock()
        self._has_begun = False

    async def _maybe_launch_in_thread(self) -> None:
        """Not with the crawl, but with the first page that needs it."""

    async def _begin(self) -> None:
        async with self._beginning:
            if not self._has_begun:
                self.config.launch_options = {
                    "executable_path": find_browser(),
                    "chromium_sandbox": is_sandboxed(),
                    "args": list(_ARGUMENTS),
                    "proxy": {"server": await self._gateway.open()},
                    "timeout": self._seconds * 1000,
                }
                await self._launch()
                self._has_begun = True

    async def close(self) -> None:
        await super().close()
        await self._gateway.close()

    async def download_request(self, request: Any) -> Any:
        signed = self._signing.signed(request)
        given = await (self._visited(signed) if request.meta.get("playwright") else super().download_request(signed))
        return self._signing.bare(given, request)

    async def _visited(self, request: Any) -> Any:
        await self._begin()
        visit = Visit(request, request.meta.get("login", {}), self._hosts, self._gateway.cut)
        request.meta["playwright_context_kwargs"] = self._context
        request.meta["playwright_page_init_callback"] = visit.prepare
        request.meta["playwright_page_methods"] = [PageMethod(self._is_written, visit)]
        try:
            async with asyncio.timeout(self._seconds):
                visit.reading = asyncio.ensure_future(super().download_request(request))
                response = await visit.reading
        except asyncio.CancelledError:
            if visit.cut:
                raise BrowserError(visit.cut) from None
            raise
        except TimeoutError as error:
            what = f"does not show {visit.lacks}" if visit.lacks else "was not read"
            raise BrowserError(_refusal(visit) or f"{what} within {self._seconds:g} s") from error
        except (PlaywrightError, RuntimeError) as error:
            if visit.redirect is not None:
                return visit.redirect
            if why := _refusal(visit):
                raise IgnoreRequest(why) from error
            raise BrowserError(visit.cut or _in_short(error)) from error
        finally:
            if visit.page is not None:
                await _close(visit.page)
        return self._as_read(response, visit)

    async def _is_written(self, page: Page, visit: Visit) -> None:
        """Returns when the page's scripts have put on it what is to be read."""
        if self._wait and visit.status < 400:
            there = page.locator(_of_playwright(self._wait[0]))
            for word in self._wait[1:]:
                there = there.or_(page.locator(_of_playwright(word)))
            visit.lacks = " or ".join(self._wait)
            # As long as the page as a whole may take.
            await there.first.wait_for(state="attached", timeout=0)
            visit.lacks = ""
            return
        with contextlib.suppress(PlaywrightTimeout):
            await page.wait_for_load_state("networkidle", timeout=min(_SETTLING, self._seconds / 2) * 1000)

    def _as_read(self, response: Any, visit: Visit) -> Any:
        if response.status == 403 and (why := _refusal(visit)):
            raise IgnoreRequest(why)
        if len(response.body) > self._max_bytes:
            raise IgnoreRequest(f"is more than {show_size(self._max_bytes)}")
        kind = (response.headers.get("Content-Type") or b"text/html").partition(b";")[0].strip()
        if not _PAGES.fullmatch(kind.lower()) or not isinstance(response, TextResponse):
            # The browser makes a page of its own of it.
            return Response(response.url, status=response.status, headers=response.headers, request=response.request)
        # What the browser gives is text, whatever the page's own encoding was.
        headers = response.headers.copy()
        headers["Content-Type"] = kind + b"; charset=utf-8"
        return response.replace(body=response.text.encode("utf-8", "replace"), encoding="utf-8", headers=headers)


async def own_headers(*, browser_type_name: str, playwright_request: Any, scrapy_request_data: Any) -> dict[str, str]:
    """For `PLAYWRIGHT_PROCESS_REQUEST_HEADERS`: the browser's own. scrapy-playwright would give Scrapy's, its cookies
    among them, to each frame and each redirect."""
    headers: dict[str, str] = await playwright_request.all_headers()
    agent = scrapy_request_data["headers"].get("User-Agent")
    if agent:
        headers["user-agent"] = agent.decode("latin-1")
    if playwright_request.is_navigation_request() and scrapy_request_data["body"]:
        headers.update(_of_form(scrapy_request_data["headers"]))
    return headers


def _cookies(given: dict[str, str], hosts: frozenset[str]) -> list[dict[str, Any]]:
    fixed = {"path": "/", "expires": -1, "httpOnly": False, "secure": False, "sameSite": "Lax"}
    return [
        {"name": name, "value": str(value), "domain": host, **fixed} for name, value in given.items() for host in hosts
    ]


def _of_form(headers: Any) -> dict[str, str]:
    kind = headers.get("Content-Type")
    return {"content-type": kind.decode("latin-1")} if kind else {}


def _of_playwright(word: str) -> str:
    kind, _, path = word.partition(":")
    return f"{kind}={path}"


def _refusal(visit: Visit) -> str:
    return REFUSED.get(_host_of(visit.url), "")


def _host_of(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()


def _in_short(error: BaseException) -> str:
    """Without Playwright's log of the call."""
    return str(error).partition("\n")[0].removeprefix("Page.goto: ")


async def _close(page: Page) -> None:
    with contextlib.suppress(PlaywrightError, TimeoutError):
        await asyncio.wait_for(page.close(), _GOODBYE)
