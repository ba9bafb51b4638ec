"""Scrapy's part of the login: it goes to the hosts that the definition names, and nothing of it comes back."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from scrapy.exceptions import IgnoreRequest

from jobpipe.errors import SourceError
from jobpipe.sources.site.login import Login
from jobpipe.sources.site.pacing import InTurn

# Of this process, which is one crawl.
_login: list[Login] = []


def use(login: Login) -> None:
    _login[:] = [login]


def login_of_crawl() -> Login:
    return _login[0]


class Credentials:
    """Downloader middleware."""

    def __init__(self, hosts: frozenset[str]) -> None:
        self._hosts = hosts

    @classmethod
    def from_crawler(cls, crawler: Any) -> Credentials:
        return cls(frozenset(crawler.settings.getlist("JOBPIPE_HOSTS")))

    async def process_request(self, request: Any) -> None:
        login = login_of_crawl()
        for name in login.names:
            if name in request.headers and not self._is_named(request):
                del request.headers[name]
        try:
            headers = await login.headers() if self._is_named(request) else {}
        except SourceError as error:
            raise IgnoreRequest(f"{error.place.source if error.place else ''} {error.message}".strip()) from error
        # The browser has its own way with them.
        request.meta["login"] = headers
        for name, value in headers.items():
            request.headers[name] = value

    def process_response(self, request: Any, response: Any) -> Any:
        """A token may have ended before its time: one new one, and then the refusal counts."""
        sent = request.meta.get("login", {}).get("Authorization", "")
        if response.status != 401 or request.meta.get("is_renewed") or not login_of_crawl().can_renew(sent):
            return response
        again = request.copy()
        again.dont_filter = True
        again.meta["is_renewed"] = True
        return again

    def _is_named(self, request: Any) -> bool:
        return (urlsplit(request.url).hostname or "").lower() in self._hosts


class Signing:
    """A key that goes into the address is put there as the request leaves, and is gone from what comes back."""

    def __init__(self, hosts: frozenset[str]) -> None:
        self._hosts = hosts

    def signed(self, request: Any) -> Any:
        login = login_of_crawl()
        is_named = (urlsplit(request.url).hostname or "").lower() in self._hosts
        url = login.signed(request.url) if is_named else login.bare(request.url)
        return request if url == request.url else request.replace(url=url)

    def bare(self, response: Any, request: Any) -> Any:
        url = login_of_crawl().bare(response.url)
        return response if url == response.url else response.replace(url=url, request=request)


class SigningHandler(InTurn):
    lazy = True

    def __init__(self, crawler: Any) -> None:
        super().__init__(crawler)
        self._signing = Signing(frozenset(crawler.settings.getlist("JOBPIPE_HOSTS")))

    async def download_request(self, request: Any) -> Any:
        return self._signing.bare(await super().download_request(self._signing.signed(request)), request)
