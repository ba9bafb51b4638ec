"""An httpx2 transport that connects only to addresses which the network guard has seen."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import urllib.request
from collections.abc import Iterable
from typing import Any

import httpcore2
import httpx2

from jobpipe.safety.network import NetworkGuard

# Seconds.
CONNECT_TIMEOUT = 15.0


class _GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Resolves a name itself and connects to what was checked: nothing is resolved a second time."""

    def __init__(self, guard: NetworkGuard) -> None:
        self._guard = guard
        self._backend = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._guard.addresses(host, port)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout(f"the host {host} could not be looked up in time") from error
        except OSError as error:
            raise httpcore2.ConnectError(f"the host {host} is not known: {error.strerror or error}") from error
        trouble: Exception = httpcore2.ConnectError(f"the host {host} has no address")
        for address in addresses:
            try:
                return await self._backend.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                trouble = error
        raise trouble

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)


class GuardedTransport(httpx2.AsyncHTTPTransport):
    """TLS is still checked against the name, not the address.

    HTTP/1.1 only: a feed is one stream, for which HTTP/2 brings nothing but its framing's cost in
    Python, and its servers all speak both.
    """

    def __init__(self, guard: NetworkGuard, context: ssl.SSLContext, connections: int) -> None:
        # Not super().__init__: its pool cannot be told how to connect.
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=context,
            max_connections=connections,
            http1=True,
            http2=False,
            network_backend=_GuardedBackend(guard),
        )


async def client_for(
    url: httpx2.URL, guard: NetworkGuard, context: ssl.SSLContext, timeout: float, connections: int = 2
) -> httpx2.AsyncClient:
    """A client for exchanges with one host: it follows no redirect by itself and keeps no cookie.

    `timeout` = seconds without a byte. Raises ForbiddenAddressError where a proxy would be asked for a
    host that is out of bounds; without a proxy the connection itself does.
    """
    proxy = _proxy_for(url)
    if proxy:
        await _check_before_proxy(url, guard)
        transport = httpx2.AsyncHTTPTransport(verify=context, proxy=proxy)
    else:
        transport = GuardedTransport(guard, context, connections)
    return httpx2.AsyncClient(
        transport=transport,
        timeout=httpx2.Timeout(timeout, connect=min(CONNECT_TIMEOUT, timeout)),
        follow_redirects=False,
        trust_env=False,
    )


def _proxy_for(url: httpx2.URL) -> str:
    """What the environment says (`HTTPS_PROXY`, `NO_PROXY` …); "" = none."""
    proxies = urllib.request.getproxies_environment()
    host = f"{url.host}:{url.port}" if url.port else url.host
    if not proxies or urllib.request.proxy_bypass_environment(host, proxies):  # type: ignore[attr-defined]
        return ""
    return proxies.get(url.scheme) or proxies.get("all") or ""


async def _check_before_proxy(url: httpx2.URL, guard: NetworkGuard) -> None:
    """A proxy resolves names itself; what can be known here of a host is checked before it is asked."""
    # Behind a proxy, names of the outside are often not known: then it is the proxy's to refuse.
    with contextlib.suppress(OSError):
        await guard.addresses(url.host, url.port or 443)
