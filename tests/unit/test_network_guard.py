"""Where a source may lead: addresses in every spelling, names that change their mind, ports, what a house allows."""

from __future__ import annotations

import asyncio
import os
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from http_source import HttpSource
from project_folder import DEFINITION, ProjectFolder, xml_feed

from jobpipe.errors import DefinitionError, LimitExceededError, SourceError
from jobpipe.safety.network import ForbiddenAddressError, NetworkGuard, kind_of, make_strict, resolve
from jobpipe.sources.transports.http import HttpTransport, Patience
from jobpipe.sources.transports.pace import PaceLimits
from jobpipe.sources.transports.transport import Request

IMPATIENT = Patience(attempts=2, first_wait=0.01)


@pytest.fixture(autouse=True)
def guard_as_it_was() -> Iterator[None]:
    yield
    make_strict(strict=False)


@pytest.fixture
def source() -> Iterator[HttpSource]:
    with HttpSource() as running:
        yield running


class Names:
    """A resolver whose answers follow each other; the last one stays."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked += 1
        return self.answers.pop(0).split() if len(self.answers) > 1 else self.answers[0].split()


def reach(guard: NetworkGuard, host: str, port: int = 443) -> list[str]:
    return asyncio.run(guard.addresses(host, port))


async def _fetch(location: str, transport: HttpTransport, allow: tuple[str, ...]) -> bytes:
    _, chunks = await transport.open(Request(location=location, allow=allow, timeout=5))
    return b"".join([chunk async for chunk in chunks])


def fetch(
    location: str, *, names: Names | None = None, patience: Patience = IMPATIENT, allow: tuple[str, ...] = ()
) -> bytes:
    return asyncio.run(_fetch(location, HttpTransport(patience=patience, resolve=names or resolve), allow))


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("93.184.216.34", "public"),
        ("2606:4700::1111", "public"),
        ("64:ff9b::5db8:d822", "public"),
        *((private, "private") for private in ("10.0.0.1", "192.168.1.1", "172.31.0.1", "127.9.9.9", "100.64.0.1")),
        *((private, "private") for private in ("::1", "fd12::1", "fec0::1", "::ffff:10.0.0.1", "64:ff9b::a00:1")),
        *((private, "private") for private in ("2002:7f00:1::", "2002:c0a8:101::1")),
        *((never, "never") for never in ("169.254.169.254", "0.0.0.0", "::", "224.0.0.1", "240.0.0.1", "fe80::1%eth0")),
        *((never, "never") for never in ("::7f00:1", "::ffff:0:7f00:1", "64:ff9b:1::7f00:1", "::ffff:169.254.169.254")),
        *((never, "never") for never in ("100.100.100.200", "168.63.129.16", "fd00:ec2::254")),
    ],
)
def test_every_address_is_of_one_kind_however_it_is_wrapped(address: str, kind: str) -> None:
    assert kind_of(address) == kind


@pytest.mark.parametrize(
    "spelling", ["2130706433", "0x7f000001", "017700000001", "127.1", "0x7f.1", "localhost", "[::1]"]
)
def test_no_spelling_of_this_machine_gets_through(spelling: str) -> None:
    with pytest.raises(ForbiddenAddressError, match="private network"):
        reach(NetworkGuard(), spelling)


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(ForbiddenAddressError):
        reach(NetworkGuard(resolve=Names("93.184.216.34 10.0.0.1")), "jobs.example")


def test_a_name_that_changes_its_mind_is_asked_once_a_connection(source: HttpSource) -> None:
    source.serve("/a.xml", b"<jobs/>")
    # The second answer would be another machine: the connection goes to the address that was checked.
    names = Names("127.0.0.1", "127.0.0.2")
    assert fetch(source.url("/a.xml", host="jobs.example"), names=names) == b"<jobs/>"
    assert names.asked == 1


def test_a_name_that_turns_private_between_two_connections_is_refused() -> None:
    guard = NetworkGuard(resolve=Names("93.184.216.34", "127.0.0.1"))
    assert reach(guard, "jobs.example") == ["93.184.216.34"]
    with pytest.raises(ForbiddenAddressError):
        reach(guard, "jobs.example")


@pytest.mark.parametrize(
    ("port", "is_led"), [(80, True), (443, True), (8080, True), (8443, True), (22, False), (6379, False)]
)
def test_a_source_leads_to_the_ports_of_the_web_only(port: int, is_led: bool) -> None:
    for guard in (
        NetworkGuard(resolve=Names("93.184.216.34")),
        NetworkGuard.naming(["jobs.example:9000"], Names("10.0.0.1")),
    ):
        if is_led:
            assert reach(guard, "jobs.example", port)
        else:
            with pytest.raises(ForbiddenAddressError, match=f"port {port}"):
                reach(guard, "jobs.example", port)
    assert reach(NetworkGuard.naming(["jobs.example:9000"], Names("10.0.0.1")), "jobs.example", 9000)


def test_a_redirect_to_another_port_of_the_own_machine_is_refused(source: HttpSource) -> None:
    with HttpSource() as inner:
        inner.serve("/secret", b"<secret/>")
        source.serve("/a.xml", redirect=inner.url("/secret"))
        with pytest.raises(SourceError, match=f"leads to port {inner.port}"):
            fetch(source.url("/a.xml"))
        assert inner.requests == []
        assert fetch(source.url("/a.xml"), allow=("127.0.0.0/8",)) == b"<secret/>"


def test_what_is_allowed_is_reached_and_nothing_beside_it() -> None:
    guard = NetworkGuard.naming([], Names("10.1.2.3", "10.2.0.1"), allow=["10.1.0.0/16"])
    assert reach(guard, "inner.example", 9200) == ["10.1.2.3"]
    with pytest.raises(ForbiddenAddressError):
        reach(guard, "inner.example")
    with pytest.raises(DefinitionError, match="is no network"):
        NetworkGuard.naming([], allow=["10.1/99"])


def test_where_the_guard_is_strict_only_the_house_allows(tmp_path: Path, source: HttpSource) -> None:
    source.serve("/a.xml", xml_feed({"k1": "Une"}))
    text = DEFINITION.replace("feed: feed.xml", f"feed: {source.url('/a.xml')}\n  allow: [127.0.0.0/8]")
    project = ProjectFolder(tmp_path / "project", text)
    project.configure("guard: strict\n")
    report = project.run()
    assert report.state == "failed" and "private network" in report.error and "jobpipe.yaml" in report.error
    assert source.requests == []
    # A process that crawls is a child: it inherits what the house says.
    assert os.environ["JOBPIPE_GUARD"] == "strict"
    project.configure("guard: strict\nallow: [127.0.0.0/8]\n")
    assert project.run().state == "succeeded"


# --- bad servers


def test_a_server_that_drips_is_given_up(source: HttpSource) -> None:
    source.serve("/a.xml", b"x" * 1000, chunk=1, pause=0.02)
    patience = Patience(attempts=1, pace=PaceLimits(trial=0.3, slowest=1000))
    with pytest.raises(LimitExceededError, match="drips: "):
        fetch(source.url("/a.xml"), patience=patience)
    with pytest.raises(LimitExceededError, match="takes longer than"):
        fetch(source.url("/a.xml"), patience=Patience(attempts=1, pace=PaceLimits(longest=0.3)))


def test_after_any_bad_answer_yesterdays_postings_are_all_there(tmp_path: Path, source: HttpSource) -> None:
    definition = DEFINITION.replace("feed: feed.xml", f"feed: {source.url('/a.xml')}\n  limits: {{download: 1MB}}")
    project = ProjectFolder(tmp_path / "project", definition)
    good = xml_feed({f"k{number}": "Offre" for number in range(20)})
    source.serve("/a.xml", good, content_type="image/png")  # a wrong content type alone harms nobody
    assert project.run().state == "succeeded"
    page = b"<!doctype html><html><body><form>Login</form></body></html>"
    source.serve("/a.xml", page, content_type="text/html")
    assert project.run().state in ("failed", "partial")
    # Endless: it has no length, and no end within what is allowed.
    source.serve("/a.xml", good[: -len("</offers>\n")] + b"<offer>" * 400_000, chunked=True)
    endless = project.run()
    assert endless.state in ("failed", "partial") and "allowed" in endless.error + endless.why
    source.serve("/a.xml", redirect="http://169.254.169.254/latest/meta-data/")
    assert "no source may have" in project.run().error
    assert len(project.keys()) == 20


@pytest.mark.parametrize(("name", "what"), [("127.0.0.1", "self-signed"), ("other.example", "self-signed|mismatch")])
def test_a_certificate_that_nobody_vouches_for_is_refused(
    tmp_path: Path, source: HttpSource, name: str, what: str
) -> None:
    with pytest.raises(SourceError, match=f"certificate is not trusted: .*({what})"):
        fetch_from_tls(tmp_path, name)


def test_a_certificate_of_another_host_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    with pytest.raises(SourceError, match=r"certificate is not trusted: .*127\.0\.0\.1"):
        fetch_from_tls(tmp_path, "other.example")
    assert fetch_from_tls(tmp_path, "127.0.0.1") == b"<jobs/>"


def fetch_from_tls(folder: Path, name: str) -> bytes:
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    kind = "IP" if name[0].isdigit() else "DNS"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
         "-addext", f"subjectAltName={kind}:{name}", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with HttpSource() as source:
        source._server.socket = context.wrap_socket(source._server.socket, server_side=True)
        source.serve("/a.xml", b"<jobs/>")
        return fetch(source.url("/a.xml").replace("http:", "https:"))
