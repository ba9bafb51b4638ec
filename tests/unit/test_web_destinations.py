"""The pages of destinations: how each fares, what waits for a person, and sending again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from partner import FEEDING
from project_folder import ProjectFolder, xml_feed
from web_client import account, logged_in, shown

from jobpipe.ledger.models import AccountRole, AuditLine, Delivery, DeliveryState, Destination, Run
from jobpipe.runs.deliveries.several import deliver_and_tell

BOARD = """\
destination: partner
format: jsonl
fields: {name: title}
to:
  http: https://partner.example.org/postings
  auth: {basic: "ana:very-plain-password"}
  headers: {X-Api-Key: "literal-key-1", X-Other: "${OTHER_KEY}"}
"""
FILE = "destination: partner\nformat: indeed\nto: {file: out/jobs.xml}\n"
OFFERS = {str(number): f"Mason {number}" for number in range(20)}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[ProjectFolder]:
    folder = ProjectFolder(tmp_path / "project", FEEDING)
    (folder.root / "destinations").mkdir()
    (folder.root / "destinations" / "partner.yaml").write_text(
        "destination: partner\nformat: jsonl\nto: {file: out/jobs.jsonl}\n"
    )
    (folder.root / "out").mkdir()
    folder.run(xml_feed(OFFERS), workers=0)
    deliver(folder)
    with shown(folder):
        yield folder


def deliver(folder: ProjectFolder) -> None:
    with folder.open() as workspace:
        deliver_and_tell(workspace, "partner", at_once=True)


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def test_each_destination_says_how_it_fares_and_hands_out_the_very_file(project: ProjectFolder) -> None:
    client = logged_in(account())
    listed = text_of(client, "/destinations/")
    assert "partner" in listed
    assert ">20<" in listed
    page = text_of(client, "/destinations/partner/")
    assert "jobs.jsonl" in page
    assert f"{Run.objects.get().started_at:%Y-%m-%d %H:%M} UTC" in page
    answer = client.get("/destinations/partner/files/jobs.jsonl")
    assert b"".join(answer.streaming_content) == (project.root / "out" / "jobs.jsonl").read_bytes()  # type: ignore[attr-defined]
    assert answer.headers["Content-Disposition"].startswith("attachment")
    for name in ("made.msgpack", "..%2Fnext", "../../../jobpipe.yaml", "other"):
        assert client.get(f"/destinations/partner/files/{name}").status_code == 404


def test_a_file_that_waits_says_what_would_vanish_and_goes_when_it_is_let_go(project: ProjectFolder) -> None:
    path = project.root / "destinations" / "partner.yaml"
    path.write_text(path.read_text() + "limit: 1\n")
    deliver(project)
    held = Delivery.objects.get(state=DeliveryState.HELD)
    client = logged_in(account())
    assert "A file waits for you" in text_of(client, "/destinations/partner/")
    page = text_of(client, f"/deliveries/{held.pk}/")
    assert "<strong>19</strong>" in page
    assert client.post(f"/deliveries/{held.pk}/accept").headers["Location"] == "/destinations/partner/"
    assert Delivery.objects.get(pk=held.pk).state == DeliveryState.PREPARED
    # It waits with nothing any more.
    assert client.post(f"/deliveries/{held.pk}/dismiss").status_code == 400
    deliver(project)
    assert Delivery.objects.get(pk=held.pk).state == DeliveryState.ACKNOWLEDGED
    assert AuditLine.objects.get(action="delivery.accept").about == f"delivery {held.pk}"


def test_sending_again_is_asked_for_and_the_next_sitting_does_it(project: ProjectFolder) -> None:
    client = logged_in(account(AccountRole.OPERATOR))
    before = Destination.objects.get(name="partner")
    assert client.post("/destinations/partner/replay", {"run": ""}).status_code == 400
    assert client.post("/destinations/partner/replay", {"run": "999"}).status_code == 400
    assert client.post("/destinations/partner/replay", {"run": "1"}).status_code == 302
    replayed = Destination.objects.get(name="partner")
    assert replayed.sequence < before.sequence
    assert client.post("/destinations/partner/resync").status_code == 302
    assert Destination.objects.get(name="partner").sweep
    assert client.post("/destinations/partner/retry").status_code == 302
    deliver(project)
    assert not Destination.objects.get(name="partner").sweep


def test_a_preflight_says_what_would_be_refused_by_which_rule_and_whose_matter_it_is(project: ProjectFolder) -> None:
    (project.root / "destinations" / "partner.yaml").write_text(FILE)
    page = text_of(logged_in(account()), "/destinations/partner/preflight")
    assert "For whoever holds the role" in page
    assert "Would be refused</dt><dd>20" in page
    assert "Mason 1" in page


def test_its_file_is_shown_without_what_it_logs_in_with(project: ProjectFolder) -> None:
    path = project.root / "destinations" / "partner.yaml"
    client = logged_in(account())
    path.write_text(BOARD)
    page = text_of(client, "/destinations/partner/")
    assert "${OTHER_KEY}" in page
    assert "partner.example.org" in page
    assert "very-plain-password" not in page
    assert "literal-key-1" not in page
    # Where it cannot be told what is a secret nothing is shown.
    path.write_text('destination: partner\nto: {http: "https://x.example", auth: {bearer: "very\\x2dplain"}}\n')
    assert "dplain" not in text_of(client, "/destinations/partner/")
    path.write_text("destination: partner\nauth: {bearer: [broken\n")
    page = text_of(client, "/destinations/partner/")
    assert "is not shown" in page


def test_only_those_who_see_all_see_destinations_and_only_some_send(project: ProjectFolder) -> None:
    manager, of_client = account(AccountRole.ACCOUNT_MANAGER, "Acme"), account(AccountRole.CLIENT, "Acme")
    delivery = Delivery.objects.latest("pk").pk
    for who, status in ((manager, 404), (of_client, 403)):
        client = logged_in(who)
        for address in ("/destinations/", "/destinations/partner/", f"/deliveries/{delivery}/"):
            assert client.get(address).status_code == status
    # One who looks after all clients sees, and sends nothing.
    client = logged_in(account(AccountRole.ACCOUNT_MANAGER))
    assert "Replay" not in text_of(client, "/destinations/partner/")
    assert client.post("/destinations/partner/resync").status_code == 403
    assert client.get("/destinations/nowhere/").status_code == 404


def test_however_many_destinations_there_are_the_queries_are_few(project: ProjectFolder) -> None:
    for number in range(30):
        (project.root / "destinations" / f"d{number}.yaml").write_text(
            f"destination: d{number}\nto: {{file: out/{number}.xml}}\n"
        )
        Destination.objects.create(name=f"d{number}")
    client = logged_in(account())
    for address in ("/destinations/", "/destinations/partner/", "/destinations/partner/preflight"):
        with CaptureQueriesContext(connection) as queries:
            text_of(client, address)
        assert len(queries) <= 10, address


def test_the_tables_are_given_as_files(project: ProjectFolder) -> None:
    deliver(project)
    who = logged_in(account())
    assert text_of(who, "/destinations/?as=csv").splitlines()[0].startswith("destination,state,runs behind")
    name = Destination.objects.latest("pk").name
    lines = text_of(who, f"/destinations/{name}/?as=csv").splitlines()
    assert len(lines) == 1 + Delivery.objects.filter(destination__name=name).count() > 1
    assert text_of(who, "/accounts/?as=csv").splitlines()[1].startswith("admin-all,,admin,")
    assert text_of(who, "/clients/?as=csv").startswith("client,state,imports")
