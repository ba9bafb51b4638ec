from __future__ import annotations

import asyncio
import os
import random
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from certificates import certificate, trusting
from fetching import IMPATIENT, fetch, listed
from ftp_servers import PASSWORD, FtpPlace, vsftpd

from jobpipe.errors import LimitExceededError, SourceChangedError, SourceError
from jobpipe.sources.transports.ftp import FtpTransport
from jobpipe.sources.transports.transport import Request, Validators

FEED = b"<jobs>" + random.Random(7).randbytes(900_000) + b"</jobs>"
LONG_AGO = 1_700_000_000


@pytest.fixture
def place(tmp_path: Path) -> Iterator[FtpPlace]:
    with FtpPlace(tmp_path / "drop") as running:
        write(running.folder / "offers.xml", FEED)
        yield running


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    return certificate(tmp_path)


def write(path: Path, content: bytes, at: int = LONG_AGO) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (at, at))


def transport(**more: object) -> FtpTransport:
    return FtpTransport(patience=IMPATIENT, **more)  # type: ignore[arg-type]


def test_a_file_arrives_with_its_size_and_its_time(place: FtpPlace) -> None:
    arrival, body = fetch(transport(), place.url("offers.xml"))
    assert body == FEED
    assert (arrival.name, arrival.length) == ("offers.xml", len(FEED))
    assert arrival.validators.last_modified == "Tue, 14 Nov 2023 22:13:20 GMT"
    assert PASSWORD not in arrival.shown and "***@" in arrival.shown


def test_a_file_that_is_unchanged_is_not_sent(place: FtpPlace) -> None:
    first, _ = fetch(transport(), place.url("offers.xml"))
    again, body = fetch(transport(), place.url("offers.xml"), validators=first.validators)
    assert again.unchanged and body == b""
    assert place.verbs().count("RETR") == 1
    write(place.folder / "offers.xml", FEED, LONG_AGO + 1)
    assert not fetch(transport(), place.url("offers.xml"), validators=first.validators)[0].unchanged


def test_a_server_without_times_sends_the_file_again(place: FtpPlace) -> None:
    place.unknown = {"MDTM", "SIZE"}
    first, body = fetch(transport(), place.url("offers.xml"))
    assert body == FEED
    assert first.validators == Validators() and first.length is None


def test_a_login_may_come_from_the_definition(place: FtpPlace) -> None:
    assert fetch(transport(), place.url("offers.xml", login=""), basic=f"anna:{PASSWORD}")[1] == FEED


def test_a_wrong_password_is_named_and_never_shown(place: FtpPlace) -> None:
    with pytest.raises(SourceError, match=r"refuses the login.*source\.auth\.basic") as caught:
        fetch(transport(), place.url("offers.xml", login="anna:geheim-falsch@"))
    assert "geheim" not in str(caught.value)
    assert place.verbs().count("PASS") == 1


def test_a_file_that_is_not_there_is_named(place: FtpPlace) -> None:
    with pytest.raises(SourceError, match=r"offres\.xml: is not there"):
        fetch(transport(), place.url("offres.xml"))


def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(SourceError, match="cannot be reached: Connection refused"):
        fetch(transport(), "ftp://127.0.0.1:9/offers.xml")


def test_a_file_beyond_the_limit_is_not_read(place: FtpPlace) -> None:
    with pytest.raises(LimitExceededError, match=r"source\.limits\.download"):
        fetch(transport(), place.url("offers.xml"), max_bytes=1000)
    place.unknown = {"SIZE"}
    with pytest.raises(LimitExceededError, match=r"source\.limits\.download"):
        fetch(transport(), place.url("offers.xml"), max_bytes=1000)


# --- cuts


def test_a_broken_transfer_goes_on_where_it_ended(place: FtpPlace) -> None:
    place.cuts = [300_000, 200_000]
    assert fetch(transport(), place.url("offers.xml"))[1] == FEED
    assert [what for verb, what in place.asked if verb == "REST"] == ["300000", "500000"]


def test_a_data_connection_that_ends_early_is_no_complete_file(place: FtpPlace) -> None:
    place.cuts = [0] * 50
    with pytest.raises(SourceError, match=r"broke the connection.*0 of 900,013 bytes had come"):
        fetch(transport(), place.url("offers.xml"))


def test_a_broken_transfer_of_unknown_length_is_no_complete_file(place: FtpPlace) -> None:
    place.unknown = {"SIZE", "MDTM"}
    place.cuts = [300_000]
    # Nothing says that it is the same file: it must come again, byte for byte.
    assert fetch(transport(), place.url("offers.xml"))[1] == FEED
    assert "REST" not in place.verbs()


def test_a_file_that_changes_during_a_cut_is_not_mixed(place: FtpPlace) -> None:
    async def change() -> None:
        _, chunks = await transport().open(Request(location=place.url("offers.xml")))
        await anext(chunks)
        write(place.folder / "offers.xml", FEED[::-1], LONG_AGO + 60)
        try:
            async for _ in chunks:
                pass
        finally:
            await chunks.aclose()  # type: ignore[attr-defined]

    place.cuts = [400_000]
    with pytest.raises(SourceChangedError, match="the file has changed since"):
        asyncio.run(change())


def test_an_interrupted_run_goes_on_from_its_byte(place: FtpPlace) -> None:
    first, _ = fetch(transport(), place.url("offers.xml"))
    rest, body = fetch(transport(), place.url("offers.xml"), offset=500_000, resume=first.validators)
    assert (rest.resumed_from, body) == (500_000, FEED[500_000:])
    other = Validators(etag='"another"')
    assert fetch(transport(), place.url("offers.xml"), offset=500_000, resume=other) == (first, FEED)


# --- folders


@pytest.mark.parametrize("unknown", [set(), {"MLSD"}], ids=["MLSD", "NLST"])
def test_a_pattern_stands_for_its_files(place: FtpPlace, unknown: set[str]) -> None:
    place.unknown = unknown
    for name in ("b.xml.gz", "a.xml.gz", ".hidden.xml.gz", "c.json"):
        write(place.folder / "out" / name, name.encode())
    (place.folder / "out" / "folder.xml.gz").mkdir()
    assert listed(transport(), place.url("out/*.xml.gz")) == [place.url(f"out/{name}.xml.gz") for name in "ab"]
    assert listed(transport(), place.url("*.xml")) == [place.url("offers.xml")]
    with pytest.raises(SourceError, match="no file matches"):
        listed(transport(), place.url("out/*.csv"))


def test_an_absolute_path_has_two_slashes(place: FtpPlace) -> None:
    write(place.folder / "out" / "a.xml", b"<a/>")
    assert fetch(transport(), place.url("/out/a.xml"))[1] == b"<a/>"
    assert listed(transport(), place.url("/out/*.xml")) == [place.url("/out/a.xml")]


@pytest.mark.parametrize("raw", ["Stellen für Köln.xml".encode(), "Stellen für Köln.xml".encode("latin-1")])
def test_names_in_utf8_and_in_latin_1_are_found_and_read(place: FtpPlace, raw: bytes) -> None:
    place.handler.encoding = "latin-1"  # its names are bytes, as those of many servers
    place.handler.unicode_errors = "surrogateescape"
    folder = os.fsencode(place.folder)
    (place.folder / "offers.xml").unlink()
    name = raw.decode("latin-1")  # what the server's own file system sees
    Path(os.fsdecode(folder), name).write_bytes(b"<a/>")
    found = listed(transport(), place.url("*für*.xml"))
    assert len(found) == 1
    arrival, body = fetch(transport(), found[0])
    assert (arrival.name, body) == ("Stellen für Köln.xml", b"<a/>")


def test_a_name_cannot_smuggle_a_command(place: FtpPlace) -> None:
    with pytest.raises(SourceError):
        fetch(transport(), place.url("a.xml%0D%0ADELE%20offers.xml"))
    assert (place.folder / "offers.xml").exists()
    assert "DELE" not in place.verbs()


def test_a_file_is_deleted_or_moved_only_as_it_was_read(place: FtpPlace) -> None:
    drop = transport()
    version = fetch(drop, place.url("offers.xml"))[0].validators
    request = Request(location=place.url("offers.xml"), validators=version)
    write(place.folder / "offers.xml", b"new", LONG_AGO + 9)
    assert asyncio.run(drop.remove(request)) is False
    assert asyncio.run(drop.move(request, "done")) is False
    assert (place.folder / "offers.xml").read_bytes() == b"new"
    version = fetch(drop, place.url("offers.xml"))[0].validators
    request = Request(location=place.url("offers.xml"), validators=version)
    assert asyncio.run(drop.move(request, "done/")) is True
    assert (place.folder / "done" / "offers.xml").read_bytes() == b"new"
    # Again, as after a kill.
    assert asyncio.run(drop.move(request, "done/")) is True
    assert asyncio.run(drop.remove(request)) is True


# --- where it may lead


def test_data_come_from_the_host_of_the_login_whatever_pasv_names(place: FtpPlace) -> None:
    place.handler.masquerade_address = "10.11.12.13"
    place.unknown = {"EPSV"}
    assert fetch(transport(), place.url("offers.xml"))[1] == FEED
    assert "PASV" in place.verbs()


def test_an_address_that_no_source_may_have_is_not_spoken_to() -> None:
    with pytest.raises(SourceError, match="an address that no source may have"):
        fetch(transport(), "ftp://169.254.169.254/offers.xml")


# --- TLS


def test_a_file_comes_over_tls(tmp_path: Path, pem: Path) -> None:
    with FtpPlace(tmp_path / "drop", certificate=pem) as place:
        write(place.folder / "offers.xml", FEED)
        secure = transport(context=trusting(pem))
        place.cuts = [300_000]
        assert fetch(secure, place.url("offers.xml"))[1] == FEED
        assert listed(secure, place.url("*.xml")) == [place.url("offers.xml")]
        assert "AUTH" in place.verbs() and ("PROT", "P") in place.asked


def test_a_certificate_that_is_not_trusted_is_named_and_gets_no_password(tmp_path: Path, pem: Path) -> None:
    with FtpPlace(tmp_path / "drop", certificate=pem) as place:
        with pytest.raises(SourceError, match="its certificate is not trusted"):
            fetch(transport(), place.url("offers.xml"))
        assert "PASS" not in place.verbs()


def test_a_server_that_wants_tls_says_what_to_write(tmp_path: Path, pem: Path) -> None:
    with FtpPlace(tmp_path / "drop", certificate=pem) as place:
        plain = place.url("offers.xml").replace("ftps:", "ftp:")
        with pytest.raises(SourceError, match="ftps://"):
            fetch(transport(), plain)
        assert "LIST" not in place.verbs()


def test_a_server_without_tls_is_named(place: FtpPlace) -> None:
    with pytest.raises(SourceError, match="speaks no TLS"):
        fetch(transport(), place.url("offers.xml").replace("ftp:", "ftps:"))
    assert "PASS" not in place.verbs()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_server_that_demands_the_tls_session_again_gets_it(
    tmp_path: Path, pem: Path, version: ssl.TLSVersion
) -> None:
    folder = tmp_path / "drop"
    write(folder / "a.xml", FEED)
    write(folder / "b.xml", b"<jobs/>")
    folder.chmod(0o555)
    context = trusting(pem)()
    context.minimum_version = context.maximum_version = version
    with vsftpd(folder, pem, tmp_path) as port:
        secure = transport(context=lambda: context)
        base = f"ftps://127.0.0.1:{port}"
        assert listed(secure, f"{base}/*.xml") == [f"{base}/a.xml", f"{base}/b.xml"]
        arrival, body = fetch(secure, f"{base}/a.xml")
        assert (body, arrival.length) == (FEED, len(FEED))
        assert fetch(secure, f"{base}/a.xml", validators=arrival.validators)[0].unchanged
        rest = fetch(secure, f"{base}/a.xml", offset=500_000, resume=arrival.validators)
        assert rest[1] == FEED[500_000:]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_begins_with_the_first_byte_on_the_port_for_that(
    tmp_path: Path, pem: Path, version: ssl.TLSVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "drop"
    write(folder / "a.xml", FEED)
    folder.chmod(0o555)
    context = trusting(pem)()
    context.minimum_version = context.maximum_version = version
    with vsftpd(folder, pem, tmp_path, implicit_ssl="YES") as port:
        # 990 itself may be taken on this machine.
        monkeypatch.setattr("jobpipe.sources.transports.ftp.IMPLICIT_PORT", port)
        base = f"ftps://127.0.0.1:{port}"
        assert listed(transport(context=lambda: context), f"{base}/*.xml") == [f"{base}/a.xml"]
        arrival, body = fetch(transport(context=lambda: context), f"{base}/a.xml")
        assert (body, arrival.length) == (FEED, len(FEED))
        with pytest.raises(SourceError, match="its certificate is not trusted"):
            fetch(transport(), f"{base}/a.xml")
