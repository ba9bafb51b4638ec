from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from certificates import certificate, trusting
from cutting_proxy import CuttingProxy
from fetching import IMPATIENT, fetch, listed
from imap_server import PASSWORD, USER, Mailbox, dovecot

from jobpipe.errors import SourceError
from jobpipe.sources.transports.imap import ImapTransport
from jobpipe.sources.transports.imap_structure import attachments_of
from jobpipe.sources.transports.transport import Request

FEED = random.Random(7).randbytes(1_500_000)
LOGIN = {"basic": f"{USER}:{PASSWORD}"}


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Mailbox]:
    with dovecot(tmp_path / "dovecot", certificate(tmp_path)) as running:
        yield running


def transport(box: Mailbox) -> ImapTransport:
    return ImapTransport(patience=IMPATIENT, context=trusting(box.pem))


def names(locations: list[str]) -> list[str]:
    return [location.rpartition("/")[2].partition(";")[0] for location in locations]


def test_the_attachments_of_mails_are_files_and_the_mails_stay_unread(box: Mailbox) -> None:
    box.deliver({"offers-1.csv": FEED, "logo.png": b"no feed"})
    box.deliver({"offers-2.csv": b"reference\n1\n"})
    found = listed(transport(box), box.url("INBOX/offers-*.csv"), **LOGIN)
    assert names(found) == ["offers-1.csv", "offers-2.csv"]
    arrival, body = fetch(transport(box), found[0], **LOGIN)
    assert (arrival.name, body) == ("offers-1.csv", FEED)
    assert fetch(transport(box), found[1], **LOGIN)[1] == b"reference\n1\n"
    again, body = fetch(transport(box), found[0], validators=arrival.validators, **LOGIN)
    assert again.unchanged and body == b""
    assert len(box.subjects(which="UNSEEN")) == 2


def test_only_mails_of_a_sender_and_a_subject_are_looked_at(box: Mailbox) -> None:
    box.deliver({"a.csv": b"a"}, sender="feeds@example.org", subject="Offres du jour")
    box.deliver({"b.csv": b"b"}, sender="else@example.net", subject="Offres du jour")
    box.deliver({"c.csv": b"c"}, sender="feeds@example.org", subject="Facture")
    only = listed(transport(box), box.url("INBOX/*.csv"), sender="feeds@example.org", subject="Offres", **LOGIN)
    assert names(only) == ["a.csv"]


@pytest.mark.parametrize("name", ["Stellen für Köln.csv", "отчёт с очень длинным именем файла за сегодняшний день.csv"])
def test_names_that_are_not_ascii_are_read(box: Mailbox, name: str) -> None:
    box.deliver({name: b"x"})
    found = listed(transport(box), box.url("INBOX/*.csv"), **LOGIN)
    assert fetch(transport(box), found[0], **LOGIN)[0].name == name


def test_another_folder_is_named_in_the_path(box: Mailbox) -> None:
    box.deliver({"a.csv": b"a"}, folder="Feeds")
    assert names(listed(transport(box), box.url("Feeds/*.csv"), **LOGIN)) == ["a.csv"]
    with pytest.raises(SourceError, match=r"has no folder Feed.*there is .*Feeds"):
        listed(transport(box), box.url("Feed/*.csv"), **LOGIN)
    with pytest.raises(SourceError, match="no file matches"):
        listed(transport(box), box.url("Feeds/*.xml"), **LOGIN)


def test_a_mail_without_encryption_of_the_wire_is_read_too(box: Mailbox) -> None:
    box.deliver({"a.csv": b"a"})
    plain = f"imap://127.0.0.1:{box.plain_port}/INBOX/*.csv"
    assert names(listed(transport(box), plain, **LOGIN)) == ["a.csv"]


def test_a_wrong_password_is_named_and_never_shown(box: Mailbox) -> None:
    with pytest.raises(SourceError, match=r"refuses the login.*source\.auth\.basic") as caught:
        listed(transport(box), box.url("INBOX/*.csv"), basic=f"{USER}:geheim-falsch")
    assert "geheim" not in str(caught.value)


def test_a_certificate_that_is_not_trusted_is_named(box: Mailbox) -> None:
    with pytest.raises(SourceError, match="its certificate is not trusted"):
        listed(ImapTransport(patience=IMPATIENT), box.url("INBOX/*.csv"), **LOGIN)


def test_a_broken_connection_gives_the_whole_attachment_all_the_same(box: Mailbox) -> None:
    box.deliver({"offers.csv": FEED})
    found = listed(transport(box), box.url("INBOX/*.csv"), **LOGIN)[0]
    with CuttingProxy(box.port, [900_000, 1_200_000]) as proxy:
        location = found.replace(f":{box.port}/", f":{proxy.port}/")
        assert fetch(transport(box), location, **LOGIN)[1] == FEED
        assert proxy.connections == 3


def test_a_mail_is_deleted_or_moved_once(box: Mailbox) -> None:
    box.deliver({"a.csv": b"a"}, subject="first")
    box.deliver({"b.csv": b"b", "c.csv": b"c"}, subject="second")
    first, second, third = (
        Request(location=location, **LOGIN) for location in listed(transport(box), box.url("INBOX/*.csv"), **LOGIN)
    )
    drop = transport(box)
    assert asyncio.run(drop.remove(first)) is True
    assert box.subjects() == ["second"]
    # The second attachment of a mail, or a run after a kill.
    for request in (second, third, second):
        assert asyncio.run(drop.move(request, "Done")) is True
    assert (box.subjects(), box.subjects("Done")) == ([], ["second"])
    with pytest.raises(SourceError, match="is not there any more"):
        fetch(transport(box), second.location, **LOGIN)


def test_only_the_mail_that_was_read_is_deleted(box: Mailbox) -> None:
    box.deliver({"a.csv": b"a"}, subject="read")
    box.deliver({"b.txt": b"b"}, subject="marked by a person")
    with box.client() as client:
        client.select("INBOX")
        client.store("2", "+FLAGS", r"(\Deleted)")
    found = listed(transport(box), box.url("INBOX/*.csv"), **LOGIN)
    assert asyncio.run(transport(box).remove(Request(location=found[0], **LOGIN))) is True
    assert box.subjects() == ["marked by a person"]


def test_a_mailbox_without_a_login_asks_for_one() -> None:
    with pytest.raises(SourceError, match=r"needs a login.*source\.auth\.basic"):
        listed(ImapTransport(), "imaps://127.0.0.1/INBOX/*.csv")


def test_what_is_no_structure_is_refused_and_not_gone_into_for_ever() -> None:
    for wrong in (b"", b"(", b"(" * 10_000, b")", b'("text" "plain")'):
        with pytest.raises(ValueError, match=r".+"):
            attachments_of(wrong)
