"""The network guard in the crawl's process: names are looked up once, and connections go to what was checked."""

from __future__ import annotations

import urllib.request
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

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
        settings = crawler.settings
        # The house's own proxy may be anywhere; it looks names up itself.
        proxies = [urlsplit(url).hostname or "" for url in urllib.request.getproxies_environment().values()]
        hosts = [*settings.getlist("JOBPIPE_HOSTS"), *proxies]
        guard = NetworkGuard.naming(hosts, allow=settings.getlist("JOBPIPE_ALLOW"))
        return cls(reactor, guard)

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


def browser_refusal(hosts: Iterable[str], allow: Iterable[str]) -> Callable[[Any], Awaitable[bool]]:
    """For `PLAYWRIGHT_ABORT_REQUEST`. A browser looks names up again itself: what changes meanwhile is not noticed."""
    guard = NetworkGuard.naming(hosts, allow=allow)

    async def refuses(request: Any) -> bool:
        parts = urlsplit(request.url)
        if parts.scheme not in ("http", "https"):
            return parts.scheme not in ("data", "blob", "about")
        try:
            await guard.addresses(parts.hostname or "", parts.port or 443)
        except ForbiddenAddressError as error:
            REFUSED[(parts.hostname or "").lower()] = error.message
            return True
        except OSError:
            return False
        return False

    return refuses


class Credentials:
    """Downloader middleware: the definition's headers go to the hosts that it names, and to no other."""

    def __init__(self, headers: dict[str, str], hosts: frozenset[str]) -> None:
        self._headers = headers
        self._hosts = hosts

    @classmethod
    def from_crawler(cls, crawler: Any) -> Credentials:
        settings = crawler.settings
        return cls(settings.getdict("JOBPIPE_HEADERS"), frozenset(settings.getlist("JOBPIPE_HOSTS")))

    def process_request(self, request: Any) -> None:
        is_named = (urlsplit(request.url).hostname or "").lower() in self._hosts
        for name, value in self._headers.items():
            if is_named:
                request.headers[name] = value
            elif name in request.headers:
                del request.headers[name]
