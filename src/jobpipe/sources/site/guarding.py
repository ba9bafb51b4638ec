"""The network guard in the crawl's process: names are looked up once, and connections go to what was checked."""

from __future__ import annotations

import urllib.request
from typing import Any
from urllib.parse import urlsplit

from scrapy.exceptions import IgnoreRequest
from twisted.internet.interfaces import IHostnameResolver, IResolutionReceiver
from zope.interface import implementer

from jobpipe.safety.network import ForbiddenAddressError, NetworkGuard

# Why hosts were refused, for whoever asks afterwards. One crawl a process.
REFUSED: dict[str, str] = {}


@implementer(IHostnameResolver)
class GuardedResolver:
    """Scrapy's `TWISTED_DNS_RESOLVER`: a host that is out of bounds has no address."""

    def __init__(self, reactor: Any, guard: NetworkGuard) -> None:
        self._reactor = reactor
        self._inner = reactor.nameResolver
        self._guard = guard

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: Any) -> GuardedResolver:
        # The house's own proxy may be anywhere; it looks names up itself.
        proxies = [urlsplit(url).hostname or "" for url in urllib.request.getproxies_environment().values()]
        return cls(reactor, _guard_of(crawler, *proxies))

    def install_on_reactor(self) -> None:
        self._reactor.installNameResolver(self)

    def resolveHostName(self, receiver: Any, host: str, *args: Any, **named: Any) -> Any:  # noqa: N802
        return self._inner.resolveHostName(_Checking(receiver, host, self._guard), host, *args, **named)


@implementer(IResolutionReceiver)
class _Checking:
    """Holds the addresses of a host back until all of them are known to be within bounds."""

    def __init__(self, receiver: Any, host: str, guard: NetworkGuard) -> None:
        self._receiver = receiver
        self._host = host
        self._guard = guard
        self._found: list[Any] = []

    def resolutionBegan(self, resolution: Any) -> None:  # noqa: N802
        self._receiver.resolutionBegan(resolution)

    def addressResolved(self, address: Any) -> None:  # noqa: N802
        self._found.append(address)

    def resolutionComplete(self) -> None:  # noqa: N802
        try:
            for address in self._found:
                self._guard.check(self._host, address.host)
        except ForbiddenAddressError as error:
            REFUSED[self._host.lower()] = error.message
            self._found.clear()
        for address in self._found:
            self._receiver.addressResolved(address)
        self._receiver.resolutionComplete()


class Guarded:
    """Downloader middleware, for what does not go through the resolver: download handlers of a house's own."""

    def __init__(self, guard: NetworkGuard) -> None:
        self._guard = guard

    @classmethod
    def from_crawler(cls, crawler: Any) -> Guarded:
        return cls(_guard_of(crawler))

    async def process_request(self, request: Any) -> None:
        parts = urlsplit(request.url)
        host = (parts.hostname or "").lower()
        if parts.scheme in ("data", "s3") or "proxy" in request.meta:
            return
        if parts.scheme not in ("http", "https", "ftp"):
            raise IgnoreRequest(f"{parts.scheme}: is no address of the web")
        try:
            await self._guard.addresses(host, 0)
        except ForbiddenAddressError as error:
            REFUSED[host] = error.message
            raise IgnoreRequest(error.message) from error
        except OSError:
            return  # Whoever asks will say so.


def _guard_of(crawler: Any, *more: str) -> NetworkGuard:
    settings = crawler.settings
    return NetworkGuard.naming([*settings.getlist("JOBPIPE_HOSTS"), *more], allow=settings.getlist("JOBPIPE_ALLOW"))
