"""What all servers of drops have in common when something is wrong with them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fetching import IMPATIENT, fetch, listed

from jobpipe.definition.logins import Auth, StoreKey
from jobpipe.errors import DefinitionError, SourceError
from jobpipe.sources import hosts
from jobpipe.sources.hosts import HostIsDownError, HostLimits
from jobpipe.sources.transports import transport_for
from jobpipe.sources.transports.ftp import FtpTransport
from jobpipe.sources.transports.imap import ImapTransport
from jobpipe.sources.transports.patience import Patience
from jobpipe.sources.transports.s3 import S3Transport
from jobpipe.sources.transports.sftp import SftpTransport
from jobpipe.sources.transports.transport import Request, Transport

SPEAKERS = {
    "ftp": FtpTransport,
    "ftps": FtpTransport,
    "sftp": SftpTransport,
    "s3": S3Transport,
    "imap": ImapTransport,
    "imaps": ImapTransport,
}


@pytest.fixture
def silence() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize("scheme", SPEAKERS)
def test_each_scheme_finds_its_transport(scheme: str) -> None:
    assert isinstance(transport_for(f"{scheme}://example.org/out/*.xml"), SPEAKERS[scheme])


@pytest.mark.parametrize("scheme", SPEAKERS)
def test_a_server_that_says_nothing_is_given_up(scheme: str, silence: int, tmp_path: Path) -> None:
    transport: Transport = SPEAKERS[scheme](patience=IMPATIENT)
    with pytest.raises(SourceError, match=r"sends nothing more|broke the connection") as caught:
        fetch(transport, **asked_at(scheme, silence, tmp_path), timeout=0.3)
    assert "geheim" not in str(caught.value) and "wJalr" not in str(caught.value)


def asked_at(scheme: str, port: int, folder: Path) -> dict[str, Any]:
    """What a request for a file at this port of 127.0.0.1 says."""
    known = folder / "known_hosts"
    known.touch()
    store = StoreKey(endpoint=f"http://127.0.0.1:{port}", key_id="AKIDEXAMPLE", secret="wJalrXUtnFEMI")
    auth = Auth(basic="anna:geheim-wort", known_hosts=str(known), store=store)
    host = "bucket" if scheme == "s3" else f"127.0.0.1:{port}"
    return {"location": f"{scheme}://{host}/INBOX/a.xml", "basic": auth.basic, "auth": auth}


# --- turns


class Counting(asyncio.Protocol):
    """Of a server that hangs up after a moment: how many connections it had, and how many at a time."""

    came = now = most = 0

    def connection_made(self, transport: Any) -> None:
        count = type(self)
        count.came += 1
        count.now += 1
        count.most = max(count.most, count.now)
        asyncio.get_running_loop().call_later(0.05, transport.close)

    def connection_lost(self, error: Exception | None) -> None:
        type(self).now -= 1


@pytest.fixture
def limits() -> Iterator[HostLimits]:
    given = HostLimits(per_host=2, failures=3)
    hosts.set_limits(given)
    yield given
    hosts.set_limits(HostLimits())


@pytest.mark.parametrize("scheme", SPEAKERS)
def test_drops_take_turns_at_a_host_and_leave_one_alone_that_keeps_failing(
    scheme: str, limits: HostLimits, tmp_path: Path
) -> None:
    class Count(Counting):
        pass

    async def ask(given: dict[str, Any]) -> str:
        with contextlib.suppress(SourceError):
            await SPEAKERS[scheme](patience=IMPATIENT).open(Request(**given, timeout=5))
        return "failed"

    async def work() -> None:
        server = await asyncio.get_running_loop().create_server(Count, "127.0.0.1", 0)
        given = asked_at(scheme, server.sockets[0].getsockname()[1], tmp_path)
        await asyncio.gather(*(ask(given) for _ in range(5)))
        assert Count.most == limits.per_host
        came = Count.came
        with pytest.raises(HostIsDownError, match=r"127\.0\.0\.1:\d+: was not asked.*times in a row"):
            await SPEAKERS[scheme](patience=IMPATIENT).open(Request(**given, timeout=5))
        assert Count.came == came
        server.close()

    asyncio.run(work())


@pytest.mark.parametrize(
    ("scheme", "module", "extra"),
    [("sftp", "asyncssh", "sftp"), ("imaps", "imap_tools", "mail")],
)
def test_what_is_not_installed_is_named(scheme: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(DefinitionError, match=rf"pip install 'job-pipe\[{extra}\]'"):
        listed(SPEAKERS[scheme](), f"{scheme}://127.0.0.1/out/*.xml", basic="anna:geheim-wort")


@pytest.mark.parametrize("scheme", ["ftp", "sftp", "imaps"])
def test_a_location_without_a_host_or_with_an_odd_port_is_named(scheme: str) -> None:
    with pytest.raises(SourceError, match="without a host"):
        fetch(SPEAKERS[scheme](), f"{scheme}:///a.xml")
    with pytest.raises(SourceError, match="a port that is none"):
        fetch(SPEAKERS[scheme](), f"{scheme}://example.org:99999/a.xml")


# --- servers that never come to an end


WELCOMES = {"ftp": b"220-", "sftp": b"SSH-2.0-", "imap": b"* ", "s3": b"HTTP/1.1 200 OK\r\nX-Y: "}


@pytest.mark.parametrize("scheme", WELCOMES)
def test_a_server_whose_welcome_drips_is_given_up(scheme: str, tmp_path: Path) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(WELCOMES[scheme])
        with contextlib.suppress(ConnectionError):
            while not writer.is_closing():
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.02)

    async def work() -> None:
        server = await asyncio.start_server(drip, "127.0.0.1", 0)
        given = asked_at(scheme, server.sockets[0].getsockname()[1], tmp_path)
        async with asyncio.timeout(30):
            with pytest.raises(SourceError, match=r"sends too slowly|broke the connection|sends nothing more"):
                await SPEAKERS[scheme](patience=Patience(attempts=1)).open(Request(**given, timeout=0.1))
        server.close()

    asyncio.run(work())


@pytest.mark.parametrize("scheme", ["ftp", "imap"])
def test_a_server_whose_answer_never_ends_is_given_up(scheme: str, tmp_path: Path) -> None:
    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = {"ftp": b"220-x\r\n", "imap": b"* OK x\r\n"}[scheme]
        with contextlib.suppress(ConnectionError):
            while not writer.is_closing():
                writer.write(line * 1000)
                await writer.drain()

    async def work() -> None:
        server = await asyncio.start_server(pour, "127.0.0.1", 0)
        given = asked_at(scheme, server.sockets[0].getsockname()[1], tmp_path)
        async with asyncio.timeout(30):
            with pytest.raises(SourceError, match="has no end"):
                await SPEAKERS[scheme](patience=Patience(attempts=1)).open(Request(**given, timeout=20))
        server.close()

    asyncio.run(work())
