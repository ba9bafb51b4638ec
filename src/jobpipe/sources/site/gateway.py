"""The only way out of the browser: a proxy on this machine that holds the network guard.

What a page makes the browser ask for (redirects, frames, sockets, scripts that call) is out of sight for whoever
drives it; here it all comes by.  Names are looked up once, and the connection goes to the address that was checked.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ipaddress
import re
import urllib.request
from urllib.parse import unquote, urlsplit

from jobpipe.safety.limits import show_size
from jobpipe.safety.network import ForbiddenAddressError, NetworkGuard

_CHUNK = 64 * 1024
_LONGEST_HEAD = 256 * 1024
_CONNECT_SECONDS = 20.0
# Where browsers call home.
_OF_THE_BROWSER = frozenset({"update.googleapis.com", "accounts.google.com", "optimizationguide-pa.googleapis.com"})
_FOR_PROXIES = re.compile(rb"\r\n(?:proxy-[\w-]+|connection|keep-alive):[^\r\n]*", re.IGNORECASE)


class Gateway:
    def __init__(self, guard: NetworkGuard, refused: dict[str, str], max_bytes: int) -> None:
        """`refused`: why, by host. `max_bytes`: of one answer."""
        self._guard = guard
        self._refused = refused
        self._max_bytes = max_bytes
        # Hosts whose answer was cut off because it is too large, and why.
        self.cut: dict[str, str] = {}
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def open(self) -> str:
        """Its URL."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_LONGEST_HEAD)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in list(self._open):
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
            is_tunnel = method == "CONNECT"
            parts = urlsplit(f"//{target}" if is_tunnel else target)
            host, port = (parts.hostname or "").lower(), parts.port or (443 if is_tunnel else 80)
            await self._pass_on(reader, writer, head, host, port, is_tunnel=is_tunnel)
        except (OSError, ValueError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            with contextlib.suppress(OSError):
                writer.write(_answer("502 Bad Gateway", "the host does not answer"))
        except ForbiddenAddressError as error:
            self._refused[host] = error.message
            writer.write(_answer("403 Forbidden", error.message))
        finally:
            self._open.discard(writer)
            with contextlib.suppress(OSError):
                await writer.drain()
            writer.close()

    async def _pass_on(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        head: bytes,
        host: str,
        port: int,
        *,
        is_tunnel: bool,
    ) -> None:
        if host in _OF_THE_BROWSER:
            raise OSError("the browser's own calls go nowhere")
        proxy = _house_proxy("https" if is_tunnel else "http", host)
        if proxy:
            self._check_literal(host, port)
            there = urlsplit(proxy)
            far_reader, far_writer = await _connected([there.hostname or ""], there.port or 80)
            login = _proxy_login(there.username, there.password)
            far_writer.write(_FOR_PROXIES.sub(b"", head[:-4]) + login + b"\r\n\r\n")
        else:
            far_reader, far_writer = await _connected(await self._guard.addresses(host, port), port)
            if is_tunnel:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                far_writer.write(_to_origin(head))
        self._open.add(far_writer)
        try:
            await self._both_ways(reader, writer, far_reader, far_writer, host)
        finally:
            self._open.discard(far_writer)
            far_writer.close()

    def _check_literal(self, host: str, port: int) -> None:
        """The house's proxy looks names up itself."""
        with contextlib.suppress(ValueError):
            self._guard.check(host, str(ipaddress.ip_address(host)), port)

    async def _both_ways(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        far_reader: asyncio.StreamReader,
        far_writer: asyncio.StreamWriter,
        host: str,
    ) -> None:
        # Bytes since the browser last said something: of one answer, as HTTP/2 is turned off.
        came = 0

        async def out() -> None:
            nonlocal came
            while chunk := await reader.read(_CHUNK):
                came = 0
                far_writer.write(chunk)
                await far_writer.drain()

        async def back() -> None:
            nonlocal came
            while chunk := await far_reader.read(_CHUNK):
                came += len(chunk)
                if came > self._max_bytes:
                    self.cut[host] = f"gives more than {show_size(self._max_bytes)}"
                    writer.transport.abort()
                    return
                writer.write(chunk)
                await writer.drain()

        going = [asyncio.create_task(out()), asyncio.create_task(back())]
        try:
            await asyncio.wait(going, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in going:
                task.cancel()
            await asyncio.gather(*going, return_exceptions=True)


async def _connected(addresses: list[str], port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """To the first that answers. Raises OSError."""
    last: OSError = OSError("it has no address")
    for address in addresses:
        try:
            return await asyncio.wait_for(asyncio.open_connection(address, port), _CONNECT_SECONDS)
        except (OSError, TimeoutError) as error:
            last = error if isinstance(error, OSError) else OSError("it does not answer")
    raise last


def _to_origin(head: bytes) -> bytes:
    """A request as a proxy has it (`GET http://host/path`), as the host wants it; one a connection."""
    line, _, rest = head[:-4].partition(b"\r\n")
    method, target, version = line.split(b" ", 2)
    path = b"/" + target.partition(b"://")[2].partition(b"/")[2]
    fields = _FOR_PROXIES.sub(b"", b"\r\n" + rest)
    return method + b" " + path + b" " + version + fields + b"\r\nConnection: close\r\n\r\n"


def _house_proxy(scheme: str, host: str) -> str:
    proxies = urllib.request.getproxies_environment()
    if urllib.request.proxy_bypass_environment(host, proxies):  # type: ignore[attr-defined]
        return ""
    return proxies.get(scheme) or proxies.get("all") or ""


def _proxy_login(user: str | None, password: str | None) -> bytes:
    if not user:
        return b""
    pair = f"{unquote(user)}:{unquote(password or '')}"
    return b"\r\nProxy-Authorization: Basic " + base64.b64encode(pair.encode())


def _answer(status: str, why: str) -> bytes:
    body = why.encode()
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    ).encode() + body
