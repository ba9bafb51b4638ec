"""What all servers of drops have in common when something is wrong with them."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fetching import IMPATIENT, fetch, listed

from jobpipe.definition.logins import Auth, StoreKey
from jobpipe.errors import DefinitionError, SourceError
from jobpipe.sources.transports import transport_for
from jobpipe.sources.transports.ftp import FtpTransport
from jobpipe.sources.transports.imap import ImapTransport
from jobpipe.sources.transports.s3 import S3Transport
from jobpipe.sources.transports.sftp import SftpTransport
from jobpipe.sources.transports.transport import Transport

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
    hosts = tmp_path / "known_hosts"
    hosts.touch()
    store = StoreKey(endpoint=f"http://127.0.0.1:{silence}", key_id="AKIDEXAMPLE", secret="wJalrXUtnFEMI")
    auth = Auth(basic="anna:geheim-wort", known_hosts=str(hosts), store=store)
    host = "bucket" if scheme == "s3" else f"127.0.0.1:{silence}"
    with pytest.raises(SourceError, match=r"sends nothing more|broke the connection|has trouble") as caught:
        fetch(transport, f"{scheme}://{host}/INBOX/a.xml", basic=auth.basic, auth=auth, timeout=0.3)
    assert "geheim" not in str(caught.value) and "wJalr" not in str(caught.value)


@pytest.mark.parametrize(
    ("scheme", "module", "extra"),
    [("sftp", "asyncssh", "sftp"), ("s3", "obstore", "s3"), ("imaps", "imap_tools", "mail")],
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
