from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from cutting_proxy import CuttingProxy
from fetching import IMPATIENT, fetch, listed
from sftp_server import PASSWORD, SftpPlace

from jobpipe.definition.logins import Auth
from jobpipe.errors import SourceChangedError, SourceError
from jobpipe.sources.transports.sftp import SftpTransport
from jobpipe.sources.transports.transport import Request

FEED = b"<jobs>" + random.Random(7).randbytes(3_000_000) + b"</jobs>"
LONG_AGO = 1_700_000_000


def write(path: Path, content: bytes, at: int = LONG_AGO) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (at, at))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[SftpPlace]:
    with SftpPlace(tmp_path / "drop", tmp_path) as running:
        write(running.folder / "offers.xml", FEED)
        yield running


def transport() -> SftpTransport:
    return SftpTransport(patience=IMPATIENT)


def test_a_file_arrives_and_is_not_sent_again(place: SftpPlace) -> None:
    arrival, body = fetch(transport(), place.url("offers.xml"), **place.login())
    assert body == FEED
    assert (arrival.name, arrival.length) == ("offers.xml", len(FEED))
    assert arrival.validators.last_modified == "Tue, 14 Nov 2023 22:13:20 GMT"
    again, body = fetch(transport(), place.url("offers.xml"), validators=arrival.validators, **place.login())
    assert again.unchanged and body == b""
    write(place.folder / "offers.xml", FEED, LONG_AGO + 1)
    again, _ = fetch(transport(), place.url("offers.xml"), validators=arrival.validators, **place.login())
    assert not again.unchanged


@pytest.mark.parametrize("passphrase", [None, "ouvre-toi"])
def test_a_private_key_opens_the_door(place: SftpPlace, tmp_path: Path, passphrase: str | None) -> None:
    key = tmp_path / "id"
    place.user_key.write_private_key(str(key), passphrase=passphrase)
    auth = Auth(basic="anna:", known_hosts=place.known_hosts(), private_key=str(key), passphrase=passphrase)
    assert fetch(transport(), place.url("offers.xml"), basic="anna:", auth=auth)[1] == FEED
    if passphrase:
        wrong = auth.model_copy(update={"passphrase": "ferme-la"})
        with pytest.raises(SourceError, match="does not open with this passphrase") as caught:
            fetch(transport(), place.url("offers.xml"), basic="anna:", auth=wrong)
        assert "ferme-la" not in str(caught.value)
        with pytest.raises(SourceError, match=r"give source\.auth\.passphrase"):
            none = auth.model_copy(update={"passphrase": None})
            fetch(transport(), place.url("offers.xml"), basic="anna:", auth=none)


def test_a_key_that_the_server_does_not_know_is_refused(place: SftpPlace, tmp_path: Path) -> None:
    key = tmp_path / "id"
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(str(key))
    auth = Auth(basic="anna:", known_hosts=place.known_hosts(), private_key=str(key))
    with pytest.raises(SourceError, match=r"refuses the login.*private key"):
        fetch(transport(), place.url("offers.xml"), basic="anna:", auth=auth)


def test_a_wrong_password_is_named_and_never_shown(place: SftpPlace) -> None:
    login = {**place.login(), "basic": "anna:geheim-falsch"}
    with pytest.raises(SourceError, match=r"refuses the login.*password of source\.auth") as caught:
        fetch(transport(), place.url("offers.xml"), **login)
    assert "geheim" not in str(caught.value)
    assert place.logins == 1


def test_an_unknown_host_gets_no_password_and_its_fingerprint_is_shown(place: SftpPlace, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    auth = Auth(basic=f"anna:{PASSWORD}", known_hosts=str(tmp_path / "empty"))
    with pytest.raises(SourceError, match="its host key is not known") as caught:
        fetch(transport(), place.url("offers.xml"), basic=auth.basic, auth=auth)
    assert place.key.get_fingerprint() in str(caught.value)
    assert f"ssh-keyscan -p {place.port} 127.0.0.1 >> {tmp_path / 'empty'}" in str(caught.value)
    assert place.logins == 0


def test_a_host_whose_key_has_changed_gets_no_password(place: SftpPlace) -> None:
    login = place.login()
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key()
    Path(login["auth"].known_hosts).write_bytes(f"[127.0.0.1]:{place.port} ".encode() + other)
    with pytest.raises(SourceError, match="its host key has changed") as caught:
        fetch(transport(), place.url("offers.xml"), **login)
    assert place.key.get_fingerprint() in str(caught.value)
    assert place.logins == 0


def test_a_file_that_is_not_there_and_a_folder_are_named(place: SftpPlace) -> None:
    with pytest.raises(SourceError, match="is not there"):
        fetch(transport(), place.url("offres.xml"), **place.login())
    (place.folder / "out").mkdir()
    with pytest.raises(SourceError, match="is a folder"):
        fetch(transport(), place.url("out"), **place.login())


def test_a_broken_connection_goes_on_where_it_ended(place: SftpPlace) -> None:
    with CuttingProxy(place.port, [1_000_000, 900_000]) as proxy:
        assert fetch(transport(), place.url("offers.xml", proxy.port), **place.login(proxy.port))[1] == FEED
        assert proxy.connections == 3


def test_a_connection_that_always_breaks_is_no_complete_file(place: SftpPlace) -> None:
    cuts = [500_000] + [5_000] * 50
    with CuttingProxy(place.port, cuts) as proxy, pytest.raises(SourceError, match="broke the connection"):
        fetch(transport(), place.url("offers.xml", proxy.port), **place.login(proxy.port))


def test_a_file_that_changes_during_a_cut_is_not_mixed(place: SftpPlace) -> None:
    async def change(url: str, login: dict[str, Any]) -> None:
        _, chunks = await transport().open(Request(location=url, **login))
        await anext(chunks)
        write(place.folder / "offers.xml", FEED[::-1], LONG_AGO + 60)
        try:
            async for _ in chunks:
                pass
        finally:
            await chunks.aclose()  # type: ignore[attr-defined]

    with CuttingProxy(place.port, [1_500_000]) as proxy, pytest.raises(SourceChangedError, match="has changed since"):
        asyncio.run(change(place.url("offers.xml", proxy.port), place.login(proxy.port)))


def test_an_interrupted_run_goes_on_from_its_byte(place: SftpPlace) -> None:
    version = fetch(transport(), place.url("offers.xml"), **place.login())[0].validators
    arrival, body = fetch(transport(), place.url("offers.xml"), offset=1_000_000, resume=version, **place.login())
    assert (arrival.resumed_from, body) == (1_000_000, FEED[1_000_000:])


def test_a_pattern_stands_for_its_files(place: SftpPlace) -> None:
    for name in ("b.xml", "a.xml", ".hidden.xml", "c.json"):
        write(place.folder / "out" / name, name.encode())
    (place.folder / "out" / "folder.xml").mkdir()
    found = listed(transport(), place.url("out/*.xml"), **place.login())
    assert found == [place.url("out/a.xml"), place.url("out/b.xml")]
    assert fetch(transport(), found[1], **place.login())[1] == b"b.xml"
    with pytest.raises(SourceError, match="no file matches"):
        listed(transport(), place.url("out/*.csv"), **place.login())


def test_a_file_is_deleted_or_moved_only_as_it_was_read(place: SftpPlace) -> None:
    drop = transport()
    version = fetch(drop, place.url("offers.xml"), **place.login())[0].validators
    write(place.folder / "offers.xml", b"new", LONG_AGO + 9)
    request = Request(location=place.url("offers.xml"), validators=version, **place.login())
    assert asyncio.run(drop.move(request, "done")) is False
    version = fetch(drop, place.url("offers.xml"), **place.login())[0].validators
    request = Request(location=place.url("offers.xml"), validators=version, **place.login())
    assert asyncio.run(drop.move(request, "done")) is True
    assert (place.folder / "done" / "offers.xml").read_bytes() == b"new"
    # Again, as after a kill.
    assert asyncio.run(drop.move(request, "done")) is True
    assert asyncio.run(drop.remove(request)) is True


def test_an_address_that_no_source_may_have_is_not_spoken_to(place: SftpPlace) -> None:
    with pytest.raises(SourceError, match="an address that no source may have"):
        fetch(transport(), "sftp://169.254.169.254/offers.xml", **place.login())
