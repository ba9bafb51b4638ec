"""People are told of what is new or back, once, together, when they want it, by channels that may fail."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import ssl
import threading
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from command_line import jobpipe
from notified import START, Telling, bug, mail_server, unreachable, web_server

from jobpipe.definition.project import find_project
from jobpipe.errors import DefinitionError
from jobpipe.incidents.notifications import sending
from jobpipe.incidents.notifications.channels import mail as smtp
from jobpipe.incidents.notifications.channels.envelope import Envelope
from jobpipe.incidents.notifications.channels.mail import mail_of
from jobpipe.incidents.notifications.outbox import CLAIM
from jobpipe.incidents.notifications.timing import Habits, due_at, next_at
from jobpipe.incidents.occurrence import Occurrence
from jobpipe.incidents.recording import resolve_gone
from jobpipe.incidents.states import acknowledge, mute
from jobpipe.ledger.models import Incident, Notification
from jobpipe.runs.notifying import send_due

PARIS = ZoneInfo("Europe/Paris")
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
FILE = """\
owners: {operator: anna, source: ben, developer: anna}
people:
  anna: {channels: log, digest: at once, resolved: true}
  ben: {channels: log, digest: at once}
notify:
  channels: {log: {file: told.jsonl}}
"""


def by_file(root: Path, settings: str = FILE) -> Telling:
    return Telling(root, settings)


# When ---------------------------------------------------------------------------------------------------


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(UTC)


def habits(**said: object) -> Habits:
    return Habits(zone=PARIS, **said)  # type: ignore[arg-type]


NIGHT = [(time(20), time(7))]


@pytest.mark.parametrize(
    ("said", "urgent", "at", "due"),
    [
        ({}, False, "2031-05-01 10:00", "2031-05-01 10:01"),
        ({"hourly": True}, False, "2031-05-01 10:20", "2031-05-01 11:00"),
        ({"hourly": True}, True, "2031-05-01 10:20", "2031-05-01 10:21"),
        ({"daily": time(8)}, False, "2031-05-01 10:20", "2031-05-02 08:00"),
        ({"daily": time(8)}, False, "2031-05-01 07:59", "2031-05-01 08:00"),
        # Over midnight, from both sides of it.
        ({"quiet": NIGHT}, False, "2031-05-01 23:30", "2031-05-02 07:00"),
        ({"quiet": NIGHT}, False, "2031-05-02 02:30", "2031-05-02 07:00"),
        ({"quiet": NIGHT}, False, "2031-05-02 06:59", "2031-05-02 07:00"),
        ({"quiet": NIGHT}, True, "2031-05-01 23:30", "2031-05-01 23:31"),
        ({"quiet": NIGHT, "breaks_quiet": False}, True, "2031-05-01 23:30", "2031-05-02 07:00"),
        # A second quiet time begins where the first ends.
        ({"quiet": [*NIGHT, (time(7), time(9))]}, False, "2031-05-01 23:30", "2031-05-02 09:00"),
        # The nights in which the clocks go forward (30 March 2031) and back (26 October 2031).
        ({"quiet": NIGHT}, False, "2031-03-29 23:30", "2031-03-30 07:00"),
        ({"quiet": NIGHT}, False, "2031-10-25 23:30", "2031-10-26 07:00"),
        ({"daily": time(8)}, False, "2031-03-29 10:00", "2031-03-30 08:00"),
        ({"daily": time(8)}, False, "2031-10-25 10:00", "2031-10-26 08:00"),
    ],
)
def test_a_message_comes_when_its_reader_wants_it(said: dict[str, object], urgent: bool, at: str, due: str) -> None:
    assert due_at(habits(**said), local(at), urgent=urgent, last=None) == local(due)


def test_a_time_that_the_clocks_leave_out_or_show_twice_comes_once() -> None:
    assert next_at(local("2031-03-29 12:00"), time(2, 30), PARIS) == local("2031-03-30 03:30")
    twice = next_at(local("2031-10-25 12:00"), time(2, 30), PARIS)
    assert twice == datetime(2031, 10, 26, 0, 30, tzinfo=UTC)
    assert next_at(twice, time(2, 30), PARIS) == local("2031-10-27 02:30")


def test_between_two_messages_to_one_person_there_is_some_time() -> None:
    first = local("2031-05-01 10:00")
    assert due_at(habits(), first + 2 * MINUTE, urgent=True, last=first) == first + 10 * MINUTE


def test_a_night_of_errors_is_one_message_in_the_morning_and_what_is_urgent_comes_at_once(tmp_path: Path) -> None:
    settings = FILE.replace("digest: at once", "zone: Europe/Paris, quiet: '20:00-07:00', digest: at once")
    telling = by_file(tmp_path, settings)
    night = local("2031-05-01 22:00")
    for number in range(4):
        telling.meet(night + number * HOUR, unreachable(), import_name=f"import{number}")
        telling.tell(night + number * HOUR)
    telling.meet(night + 4 * HOUR, bug())
    moments = telling.told_between(night + 4 * HOUR, night + 12 * HOUR)
    assert moments == [night + 4 * HOUR + 5 * MINUTE, local("2031-05-02 07:00")]
    first, second = telling.lines()
    assert (first["recipient"], first["groups"][0]["kind"]) == ("anna", "bug")
    assert (second["recipient"], second["groups"][0]["incidents"]) == ("ben", 4)


# What speaks --------------------------------------------------------------------------------------------


def test_three_hundred_imports_that_fail_for_one_cause_are_one_message(tmp_path: Path) -> None:
    telling = by_file(tmp_path)
    telling.meet_in(START, [f"import{number}" for number in range(300)], unreachable())
    assert len(telling.told_between(START, START + HOUR)) == 1
    (told,) = telling.lines()
    (group,) = told["groups"]
    assert (group["incidents"], group["imports"], len(group["listed"])) == (300, 300, 8)
    assert "292 more that say the same" in told["text"]
    assert told["subject"] == "[job-pipe] new: the source cannot be reached: 300 imports"


def test_ten_thousand_like_failures_are_one_message_and_what_goes_on_says_no_more(tmp_path: Path) -> None:
    telling = by_file(tmp_path)
    many = Occurrence(kind="source-unreachable", message="gone", stage="fetch", count=10_000)
    telling.meet(START, many, import_name="a")
    telling.tell(START + 2 * MINUTE)
    telling.tell(START + 3 * MINUTE)
    for hour in range(1, 5):
        telling.meet(START + hour * HOUR, many, import_name="a")
        assert telling.tell(START + hour * HOUR + 30 * MINUTE).sent == 0
    (told,) = telling.lines()
    assert told["groups"][0]["failures"] == 10_000


def test_what_is_acknowledged_muted_or_gone_before_its_message_is_silent(tmp_path: Path) -> None:
    telling = by_file(tmp_path)
    for name in "abc":
        telling.meet(START, unreachable(), import_name=name)
    telling.tell(START)
    with telling.project.open():
        first, second, _ = Incident.objects.order_by("pk")
        acknowledge(first.pk, by="ben")
        mute(second.pk, datetime.now(UTC) + HOUR, by="ben")
        resolve_gone("c", ["source-unreachable"], why="test")
    assert telling.told_between(START, START + HOUR) == []


def test_a_resolution_is_told_once_to_those_who_want_it_and_were_told(tmp_path: Path) -> None:
    telling = by_file(tmp_path)
    telling.meet(START, bug(), import_name="a")
    telling.meet(START, unreachable(), import_name="a")
    telling.tell(START)
    telling.tell(START + 2 * MINUTE)
    telling.resolve(START + HOUR, "a", "bug", "source-unreachable")
    telling.told_between(START + HOUR, START + 3 * HOUR)
    words = [(line["recipient"], line["groups"][0]["what"]) for line in telling.lines()]
    assert sorted(words) == [("anna", "new"), ("anna", "resolved"), ("ben", "new")]


def test_what_comes_back_speaks_again(tmp_path: Path) -> None:
    telling = by_file(tmp_path)
    for at in (START, START + HOUR):
        telling.meet(at, unreachable(), import_name="a")
        telling.told_between(at, at + 15 * MINUTE)
        telling.resolve(at + 20 * MINUTE, "a", "source-unreachable")
    assert [line["groups"][0]["what"] for line in telling.lines()] == ["new", "back"]


def test_what_nobody_acknowledges_goes_to_the_next_and_then_to_the_one_after(tmp_path: Path) -> None:
    settings = FILE + "  escalate: {after: 2h, to: [lead, operator]}\n"
    settings = settings.replace("people:\n", "people:\n  lead: {channels: log}\n")
    telling = by_file(tmp_path, settings)
    telling.meet(START, unreachable(), import_name="a")
    telling.told_between(START, START + 9 * HOUR, 10 * MINUTE)
    words = [(line["recipient"], line["groups"][0]["what"]) for line in telling.lines()]
    assert words == [("ben", "new"), ("lead", "not acknowledged"), ("anna", "not acknowledged")]
    times = [datetime.fromisoformat(line["at"]) for line in telling.lines()]
    assert all(later - earlier >= 2 * HOUR for earlier, later in itertools.pairwise(times))


def test_what_is_acknowledged_in_time_is_not_escalated(tmp_path: Path) -> None:
    telling = by_file(tmp_path, FILE + "  escalate: {after: 2h}\n")
    telling.meet(START, unreachable(), import_name="a")
    telling.told_between(START, START + HOUR)
    with telling.project.open():
        acknowledge(Incident.objects.get().pk, by="ben")
    telling.told_between(START + HOUR, START + 5 * HOUR)
    assert [line["recipient"] for line in telling.lines()] == ["ben"]


# Channels -----------------------------------------------------------------------------------------------


def by_mail(port: int, more: str = "") -> str:
    return (
        "people: {operator: {mail: anna@example.org, digest: at once}}\n"
        f"notify:\n  link: https://jobs.example.org/\n"
        f"  mail: {{host: 127.0.0.1, port: {port}, security: none, from: jobs@example.org{more}}}\n"
    )


def test_a_mail_says_what_since_when_how_much_what_to_do_with_a_link_and_the_command(tmp_path: Path) -> None:
    with mail_server() as box:
        telling = by_file(tmp_path, by_mail(box.port))
        telling.meet(START, unreachable(), import_name="a")
        telling.told_between(START, START + 5 * MINUTE)
    (mail,) = box.mails
    assert mail["To"] == "anna@example.org"
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    page = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    for said in (text, page):
        assert "the source cannot be reached" in said
        assert "1 import" in said
        assert "since 20" in said
        assert "The next run tries again" in said
        assert "https://jobs.example.org/incidents/1" in said
        assert "jobpipe incidents show 1" in said
    assert mail["Message-ID"].endswith("@job-pipe>")


def test_a_mail_server_with_tls_and_a_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from aiosmtpd.smtp import AuthResult
    from certificates import certificate, trusting

    file = certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    logins: list[bytes] = []

    def check(_server: object, _session: object, _envelope: object, _way: object, data: object) -> AuthResult:
        logins.append(data.password)  # type: ignore[attr-defined]
        return AuthResult(success=True)

    monkeypatch.setattr(smtp, "tls_context", trusting(file))
    monkeypatch.setenv("MAIL_PW", "geheim-4711")
    options = {"tls_context": context, "require_starttls": True, "authenticator": check, "auth_required": True}
    with mail_server(**options) as box:
        settings = by_mail(box.port, ", user: jobs, password: '${MAIL_PW}'").replace("none", "starttls")
        telling = by_file(tmp_path / "p", settings.replace("127.0.0.1", "localhost"))
        telling.meet(START, unreachable(), import_name="a")
        telling.told_between(START, START + 5 * MINUTE)
    assert len(box.mails) == 1
    assert logins == [b"geheim-4711"]


def test_a_webhook_is_signed_and_can_be_verified(tmp_path: Path) -> None:
    with web_server() as hook:
        telling = by_file(tmp_path, by_hook(hook.url))
        telling.meet(START, unreachable(), import_name="a")
        telling.told_between(START, START + 5 * MINUTE)
    ((headers, body),) = hook.got
    signed = headers["x-jobpipe-timestamp"].encode() + b"." + body
    assert headers["x-jobpipe-signature"] == "sha256=" + hmac.new(b"s3cret-key", signed, hashlib.sha256).hexdigest()
    assert json.loads(body)["groups"][0]["kind"] == "source-unreachable"
    assert json.loads(body)["id"] == headers["x-jobpipe-id"]


def by_hook(url: str, more: str = "") -> str:
    return (
        "people: {operator: {channels: [hook], digest: at once}}\n"
        "notify:\n  channels:\n"
        f"    hook: {{webhook: '{url}', secret: s3cret-key, allow: 127.0.0.1, timeout: 1}}\n{more}"
    )


def test_a_webhook_reaches_no_private_network_that_is_not_allowed(tmp_path: Path) -> None:
    with web_server() as hook:
        telling = by_file(tmp_path, by_hook(hook.url).replace(", allow: 127.0.0.1", ""))
        telling.meet(START, unreachable(), import_name="a")
        telling.told_between(START, START + 10 * MINUTE)
        assert hook.got == []
    with telling.project.open():
        assert "private network" in Notification.objects.earliest("pk").error


@pytest.mark.parametrize("trouble", ["answers 500", "hangs"])
def test_a_channel_that_fails_is_told_by_another_one_and_is_no_loop(tmp_path: Path, trouble: str) -> None:
    with web_server() as hook:
        if trouble == "hangs":
            hook.answers.clear()
        hook.status = 500
        telling = by_file(tmp_path, by_hook(hook.url, "    log: {file: told.jsonl}\n"))
        telling.meet(START, unreachable(), import_name="a")
        telling.told_between(START, START + 3 * HOUR, 20 * MINUTE)
        (told,) = telling.lines()
        assert told["groups"][0]["kind"] == "notification-failed"
        # It works again: what waited comes, and the incident is gone.
        hook.status = 200
        hook.answers.set()
        hook.got.clear()
        telling.told_between(START + 3 * HOUR, START + 30 * HOUR, HOUR)
    assert len(hook.got) == 1
    with telling.project.open():
        assert dict(Incident.objects.values_list("kind", "state"))["notification-failed"] == "resolved"


def test_all_channels_failing_ends_in_silence_not_in_a_storm(tmp_path: Path) -> None:
    with mail_server() as box:
        box.refuse = "554 no"
        telling = by_file(tmp_path, by_mail(box.port) + "  channels: {log: {file: no/such\0file}}\n".replace("\0", "/"))
        (tmp_path / "no").write_text("a file where a folder should be")
        telling.meet(START, unreachable(), import_name="a")
        telling.told_between(START, START + 4 * 24 * HOUR, 4 * HOUR)
    with telling.project.open():
        assert Incident.objects.filter(kind="notification-failed").count() == 2
        assert Notification.objects.count() <= 4
        assert not Notification.objects.filter(state="queued").exists()


def test_a_service_of_apprise_gets_it(tmp_path: Path) -> None:
    with web_server() as hook:
        settings = by_hook("x").partition("    hook:")[0]
        address = hook.url.replace("http://", "json://")
        telling = by_file(tmp_path, settings + f"    hook: {{apprise: '{address}'}}\n")
        telling.meet(START, unreachable(), import_name="a")
        telling.told_between(START, START + 5 * MINUTE)
    ((_, body),) = hook.got
    assert json.loads(body)["title"] == "[job-pipe] new: the source cannot be reached: a"


# The outbox ---------------------------------------------------------------------------------------------


def test_two_senders_at_once_send_each_message_once(tmp_path: Path) -> None:
    telling = by_file(tmp_path)
    telling.meet(START, unreachable(), import_name="a")
    telling.meet(START, bug(), import_name="a")
    telling.tell(START)
    with telling.project.open() as workspace:
        start = threading.Barrier(4)

        def send() -> None:
            from django.db import connections

            start.wait()
            try:
                for _ in range(3):
                    send_due(workspace, START + 3 * MINUTE)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=send) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(line["recipient"] for line in telling.lines()) == ["anna", "ben"]


def test_a_sender_that_dies_between_sending_and_noting_sends_again_with_the_same_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    telling = by_file(tmp_path)
    telling.meet(START, unreachable(), import_name="a")
    telling.tell(START)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(sending, "mark_sent", killed)
        telling.tell(START + 2 * MINUTE)
    # Whoever has it may still be sending.
    assert telling.tell(START + 3 * MINUTE).sent == 0
    assert telling.tell(START + 3 * MINUTE + CLAIM).sent == 1
    first, second = telling.lines()
    assert first["id"] == second["id"]
    assert telling.told_between(START + HOUR, START + 5 * HOUR) == []


def killed(*_: object) -> None:
    raise KeyboardInterrupt


# Hostile texts, wrong settings --------------------------------------------------------------------------

HOSTILE = "x\r\nBcc: all@example.org\r\n\r\n<script>alert(1)</script><img src=x onerror=alert(2)>\u202e"


def test_a_text_of_a_source_is_no_header_and_no_markup(tmp_path: Path) -> None:
    with mail_server() as box:
        telling = by_file(tmp_path, by_mail(box.port))
        telling.meet(START, Occurrence(kind="source-missing", message=HOSTILE, place=HOSTILE), import_name=HOSTILE)
        telling.told_between(START, START + 5 * MINUTE)
    (mail,) = box.mails
    assert mail["Bcc"] is None
    assert "\n" not in mail["Subject"]
    page = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "<script" not in page
    assert "<img" not in page
    assert "\u202e" not in page
    envelope = Envelope(message_id="a@b", recipient="x", to=("a@b.example",), subject=HOSTILE, text="t")
    assert "\n" not in mail_of(envelope, "c@d.example")["Subject"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("people: {anna: {channels: chat}}\nnotify: {channels: {log: {file: x}}}\n", "there is no channel `chat`"),
        ("people: {anna: {mail: 'anna at home'}}\n", "is no mail address"),
        ("people: {anna: {mail: a@b.example, quiet: 20-7}}\n", "20:00-07:00"),
        ("people: {anna: {mail: a@b.example, digest: often}}\n", "at once, hourly, daily"),
        ("people: {anna: {mail: a@b.example, zone: Europe/Pari}}\n", "Europe/Pari"),
        ("people: {anna: {}}\n", "has no address"),
        ("notify: {channels: {a: {webhook: 'https://x.example/'}}}\n", "no secret"),
        ("notify: {channels: {a: {file: x, apprise: y}}}\n", "exactly one"),
        ("notify: {chanels: {}}\n", "did you mean `channels`"),
    ],
)
def test_wrong_settings_are_told_with_line_and_column(tmp_path: Path, text: str, said: str) -> None:
    telling = by_file(tmp_path, text)
    with pytest.raises(DefinitionError, match=r"jobpipe\.yaml:\d+:\d+") as raised:
        find_project(telling.root, {})
    assert said in str(raised.value)


REPORTED = """\
import: offers
client: Acme
source: {feed: feed.xml, record: offer}
posting: {reference: "@id", title: title, positions: count}
"""


def nine_offers(broken: int = -1) -> bytes:
    offers = [
        f'<offer id="k{number}"><title>T</title><count>{"many" if number == broken else 1}</count></offer>'
        for number in range(9)
    ]
    return ("<offers>" + "".join(offers) + "</offers>").encode()


# Publishers, and the command ----------------------------------------------------------------------------


def test_a_publisher_gets_the_report_of_each_run_with_refused_records_once(tmp_path: Path) -> None:
    with mail_server() as box:
        telling = by_file(tmp_path, by_mail(box.port))
        telling.project.define(REPORTED + "report: {to: jobs@acme.example, language: fr}\n")
        now = datetime.now(UTC)
        telling.project.run(nine_offers(), workers=0)
        telling.tell(now + MINUTE)
        assert [mail for mail in box.mails if mail["To"] == "jobs@acme.example"] == []
        telling.project.run(nine_offers(broken=5), workers=0)
        telling.tell(now + 2 * MINUTE)
        telling.tell(now + 3 * MINUTE)
    (mail,) = [mail for mail in box.mails if mail["To"] == "jobs@acme.example"]
    assert mail["Subject"] == "Acme : 1 de vos offres d'emploi refusées"
    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == "offers.csv"
    assert "k5" in attached.get_content()


def test_the_command_tests_previews_sends_and_lists(tmp_path: Path) -> None:
    telling = by_file(tmp_path)
    telling.meet(datetime.now(UTC), unreachable(), import_name="a")
    assert jobpipe("-C", tmp_path, "notify", "test", "anna").stdout == "log: sent\n"
    assert jobpipe("-C", tmp_path, "notify", "test", "nobody").returncode == 2
    shown = jobpipe("-C", tmp_path, "notify", "preview").stdout
    assert "ben: 1 waiting" in shown
    assert "the source cannot be reached" in shown
    assert jobpipe("-C", tmp_path, "notify", "send").stdout == "0 sent\n"
    telling.tell(datetime.now(UTC) + 5 * MINUTE)
    assert "the source cannot be reached" in jobpipe("-C", tmp_path, "notify", "log").stdout
    assert json.loads(jobpipe("-C", tmp_path, "notify", "--json").stdout)[0]["state"] == "sent"
