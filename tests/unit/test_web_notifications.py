"""The page of notifications: who is reached by what, a test of it, what waits, and what became of what was sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asking_api import Api
from django.db import connection
from django.test.utils import CaptureQueriesContext
from notified import Telling, bug
from web_client import account, logged_in, show

from jobpipe.definition.settings import Settings
from jobpipe.incidents.notifications.collecting import collect
from jobpipe.incidents.notifications.standing import rules, ways_out, what_waits
from jobpipe.incidents.recording import record
from jobpipe.ledger.models import AccountRole, AuditLine, Notification
from jobpipe.runs.workspace import Workspace
from jobpipe.web.api.scopes import Scope

SETTINGS = """\
owners: {operator: anna, source: ben, developer: anna}
people:
  anna: {channels: log, digest: daily 08:00, quiet: "20:00-07:00", resolved: true}
  ben: {channels: [log, chat]}
notify:
  channels:
    log: {file: told.jsonl}
    chat: {webhook: "https://hooks.example.com/services/T0SECRET", secret: "${HOOK_SECRET}"}
    team: {apprise: "slack://TokenA/TokenB"}
  escalate: {after: 2h, to: [ben, operator]}
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Workspace]:
    telling = Telling(tmp_path, SETTINGS)
    with telling.project.open() as workspace:
        show(workspace)
        yield workspace


def sent(recipient: str, state: str = "sent", error: str = "") -> Notification:
    now = datetime.now(UTC)
    return Notification.objects.create(
        key=f"{recipient} {state}",
        recipient=recipient,
        channel="log",
        subject=f"[job-pipe] for {recipient}",
        text="x",
        state=state,
        created_at=now,
        next_try=now,
        error=error,
    )


def test_the_page_says_who_is_reached_and_masks_what_may_be_a_secret(project: Workspace) -> None:
    page = logged_in(account(AccountRole.OPERATOR)).get("/notifications/").content.decode()
    assert "a digest daily 08:00; quiet 20:00-07:00, but for what is urgent; told of what is gone, too" in page
    assert "hooks.example.com/…" in page and "slack://…" in page and "told.jsonl" in page
    assert "SECRET" not in page and "TokenA" not in page and "TokenB" not in page
    assert "after 120 min goes to ben, then operator" in page


def test_a_test_reaches_a_person_by_their_channels(project: Workspace) -> None:
    who = logged_in(account(AccountRole.OPERATOR))
    page = who.post("/notifications/test", {"name": "anna"}, follow=True).content.decode()
    assert "log: sent" in page
    (line,) = (project.project.root / "told.jsonl").read_text().splitlines()
    assert json.loads(line)["type"] == "test"
    assert AuditLine.objects.filter(action="notify.test", about="person anna").exists()
    assert who.post("/notifications/test", {"name": "nobody"}).status_code == 400


def test_what_waits_is_told_with_its_time(project: Workspace) -> None:
    record(project.project, [bug()], import_name="")
    collect(project.project, datetime.now(UTC))
    (one,) = what_waits(project.project)
    assert one.recipient == "anna" and one.notices == 1 and one.due > datetime.now(UTC)
    assert "1</td>" in logged_in(account()).get("/notifications/").content.decode()


def test_what_failed_says_why_and_can_be_chosen(project: Workspace) -> None:
    sent("anna")
    sent("ben", "failed", "the server said no")
    who = logged_in(account())
    page = who.get("/notifications/?state=failed").content.decode()
    assert "the server said no" in page and "[job-pipe] for anna" not in page
    lines = who.get("/notifications/?as=csv&recipient=anna").content.decode().splitlines()
    assert len(lines) == 2 and ",anna,log,sent," in lines[1]
    api = Api(account(), Scope.NOTIFICATIONS_READ)
    assert [one["recipient"] for one in api.pages("/notifications?state=failed")] == ["ben"]


def test_everybody_sees_their_own_part_and_tests_it(project: Workspace) -> None:
    sent("anna")
    sent("ben")
    made = account(AccountRole.DEVELOPER, name="anna")
    who = logged_in(made)
    assert who.get("/notifications/").status_code == 403
    page = who.get("/account/").content.decode()
    assert "You are reached by log" in page and "[job-pipe] for anna" in page and "for ben" not in page
    assert "log: sent" in who.post("/account/notifications/test", follow=True).content.decode()
    client = logged_in(account(AccountRole.CLIENT, "Acme"))
    assert client.post("/account/notifications/test").status_code == 404
    assert "reached" not in client.get("/account/").content.decode()


def test_many_that_wait_cost_no_more_questions(project: Workspace) -> None:
    for number in range(30):
        record(project.project, [bug(f"trouble {chr(65 + number % 26) * (number + 1)}")], import_name="")
    collect(project.project, datetime.now(UTC))
    who = logged_in(account())
    with CaptureQueriesContext(connection) as asked:
        who.get("/notifications/")
    assert len(asked) <= 10


def test_without_a_channel_it_says_so() -> None:
    settings = Settings()
    assert ways_out(settings) == [] and "Nothing escalates" in " ".join(rules(settings))
