"""Incidents in the interface: the inbox of a person and a role, one with its samples, and what may be done by whom."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from project_folder import ProjectFolder
from web_client import account, logged_in, shown

from jobpipe.incidents.bugs import bug_of
from jobpipe.incidents.occurrence import Occurrence, Sample
from jobpipe.incidents.recording import record
from jobpipe.ledger.models import AccountRole, AuditLine, Incident, Run
from jobpipe.runs.conducting import run_import
from jobpipe.runs.progress import Progress
from jobpipe.runs.starting import StopRequest
from jobpipe.web.marking import marked
from jobpipe.web.project import workspace

EVIL = "<script>alert(1)</script>"
DEFINITION = """\
import: {name}
client: {client}
source: {{feed: {name}.xml, record: offer}}
posting:
  reference: "@id"
  title: title
  positions: [count, {{python: "hooks:number"}}]
"""
STRICT = "def number(value):\n    return int(value)\n"
LENIENT = "def number(value):\n    return int(value.strip('n'))\n"
OWNERS = "owners: {source: anna, mapping: anna, developer: bert}\npeople: {anna: {mail: anna@example.org}}\n"


def feed(*counts: str) -> str:
    offers = (
        f'<offer id="k{place}"><title>Cook {place}</title><count><![CDATA[{count}]]></count></offer>\n'
        for place, count in enumerate(counts)
    )
    return "<offers>\n" + "".join(offers) + "</offers>\n"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[ProjectFolder]:
    """Two imports of two clients, each with broken records; and an incident of the project as a whole."""
    folder = ProjectFolder(tmp_path / "project", DEFINITION.format(name="offers", client="Acme"))
    folder.configure(OWNERS)
    (folder.root / "hooks.py").write_text(STRICT)
    (folder.root / "imports" / "others.yaml").write_text(DEFINITION.format(name="others", client="Bolt"))
    (folder.root / "offers.xml").write_text(feed("1", "n2", "n3", EVIL))
    (folder.root / "others.xml").write_text(feed("n1", "2"))
    with shown(folder) as opened:
        for name in ("offers", "others"):
            run_import(opened, name, progress=Progress(), stop=StopRequest(), workers=0)
        try:
            raise ValueError(f"of job-pipe itself {EVIL}")
        except ValueError as error:
            record(opened.project, [bug_of(error, stage="schedule")])
        yield folder


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def of_import(name: str) -> Incident:
    return Incident.objects.get(import_name=name)


def person(role: str, name: str, *clients: str) -> Client:
    return logged_in(account(role, *clients, name=name))


def test_the_inbox_is_that_of_the_person_and_the_role(project: ProjectFolder) -> None:
    record(workspace().project, [Occurrence(kind="source-unreachable", message="away")], import_name="others")
    developer = person(AccountRole.DEVELOPER, "bert")
    mine = page(developer, "/incidents/")
    assert 'aria-current="page">mine' in mine
    assert "of job-pipe itself" in mine
    assert "away" not in mine
    manager = person(AccountRole.ACCOUNT_MANAGER, "anna")
    of_roles = page(manager, "/incidents/?whose=roles")
    assert "away" in of_roles
    assert "of job-pipe itself" not in of_roles
    assert "Nothing waits for you" in page(person(AccountRole.OPERATOR, "otto"), "/incidents/?whose=mine")
    chosen = page(developer, "/incidents/?whose=all&import=others&kind=hook-failed")
    assert chosen.count('name="incident"') == 1
    assert "No incident is like that" in page(developer, "/incidents/?whose=all&state=resolved")
    assert developer.get("/incidents/?whose=all&as=csv").content.decode().count("hook-failed") == 2


def test_an_incident_says_what_to_do_and_shows_its_samples_with_the_spot_marked(project: ProjectFolder) -> None:
    one = of_import("offers")
    client = logged_in(account())
    text = page(client, f"/incidents/{one.pk}/")
    assert "What to do." in text
    assert "3 of 4 records (75 %)" in text
    assert "k1" in text
    assert "<mark>n2</mark>" in text
    assert "Why this group" in text
    assert "the field</dt><dd>positions" in text
    assert "&lt;value&gt;" in text
    assert "No posting has this key" in text
    assert "<rect" in text
    assert client.get(f"/incidents/{one.pk}").headers["Location"] == f"/incidents/{one.pk}/"


def test_the_posting_that_a_broken_record_had_stands_beside_it(project: ProjectFolder) -> None:
    (project.root / "offers.xml").write_text(feed("n1"))
    run_import(workspace(), "offers", progress=Progress(), stop=StopRequest(), workers=0)
    text = page(logged_in(account()), f"/incidents/{of_import('offers').pk}/")
    assert 'href="/postings/offers/?key=k0"' in text


def test_what_sources_write_is_text(project: ProjectFolder) -> None:
    occurrence = Occurrence(
        kind=of_import("offers").kind,
        message=f"{EVIL} said '{EVIL}'",
        hint=EVIL,
        place=EVIL,
        field=EVIL,
        samples=(Sample(key=EVIL, message=f"'{EVIL}' is no number", part=EVIL, raw=f"<a>{EVIL}</a>"),),
    )
    found = record(workspace().project, [occurrence], import_name="offers").new[0]
    client = logged_in(account())
    text = page(client, f"/incidents/{found.pk}/") + page(client, "/incidents/?whose=all")
    assert EVIL not in text
    assert "<mark>&lt;script&gt;" in text


def test_a_spot_is_marked_and_the_rest_stays_text() -> None:
    assert marked("<b>1 & n2</b>", "'n2' is no number") == "&lt;b&gt;1 &amp; <mark>n2</mark>&lt;/b&gt;"
    assert marked("<b>", "no quotes (") == "&lt;b&gt;"
    assert marked("a.c abc", "'a.c'") == "<mark>a.c</mark> abc"


def test_each_act_is_done_by_one_click_and_noted(project: ProjectFolder) -> None:
    client = person(AccountRole.OPERATOR, "otto")
    number = of_import("offers").pk

    def after(act: str, **given: str) -> Incident:
        assert client.post(f"/incidents/{number}/{act}", given).headers["Location"] == f"/incidents/{number}/"
        return Incident.objects.get(pk=number)

    assert after("acknowledge").state == "acknowledged"
    assert after("mute", **{"for": "7d"}).state == "muted"
    assert after("mute", until="2099-01-31").muted_until is not None
    assert after("assign", person="anna").owner == "anna"
    assert after("assign").assigned_to == ""
    assert after("resolve", why="mended").state == "resolved"
    assert "mended" in page(client, f"/incidents/{number}/")
    assert client.post(f"/incidents/{number}/resolve").status_code == 400
    assert client.post(f"/incidents/{number}/mute", {"until": "someday"}).status_code == 400
    acts = set(AuditLine.objects.filter(account="otto").values_list("action", flat=True))
    assert acts == {f"incident.{one}" for one in ("acknowledge", "mute", "assign", "resolve")}


def test_several_are_acknowledged_at_once_but_none_that_one_may_not_see(project: ProjectFolder) -> None:
    numbers = list(Incident.objects.values_list("pk", flat=True))
    given = {"incident": [*map(str, numbers), "x", "99999"], "next": "/incidents/?whose=all"}
    answer = person(AccountRole.ACCOUNT_MANAGER, "mia", "Bolt").post("/incidents/acknowledge", given)
    assert answer.headers["Location"] == "/incidents/?whose=all"
    acknowledged = Incident.objects.filter(state="acknowledged")
    assert [one.import_name for one in acknowledged] == ["others"]
    person(AccountRole.OPERATOR, "otto").post("/incidents/acknowledge", given)
    assert acknowledged.all().count() == len(numbers)


def test_its_records_are_retried_at_once_or_the_command_is_named(
    project: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = logged_in(account())
    number = of_import("offers").pk
    (project.root / "hooks.py").write_text(LENIENT)
    monkeypatch.setattr("jobpipe.web.pages.incidents._RETRIED_AT_ONCE", 1)
    many = client.post(f"/incidents/{number}/retry")
    assert many.status_code == 400
    assert f"--incident {number}" in many.content.decode()
    monkeypatch.undo()
    assert client.post(f"/incidents/{number}/retry").status_code == 302
    assert project.keys() == {"k0", "k1", "k2"}
    assert f"Run {Run.objects.filter(kind='retry').get().pk}: of 3 records 2" in page(client, f"/incidents/{number}/")


def test_the_traceback_is_for_developers(project: ProjectFolder) -> None:
    number = Incident.objects.get(kind="bug").pk
    assert "Traceback (most recent call last)" in page(person(AccountRole.DEVELOPER, "dora"), f"/incidents/{number}/")
    assert "most recent call" not in page(person(AccountRole.OPERATOR, "otto"), f"/incidents/{number}/")


def test_whoever_looks_after_a_client_sees_its_incidents_alone(project: ProjectFolder) -> None:
    manager = person(AccountRole.ACCOUNT_MANAGER, "mia", "Bolt")
    theirs, other = of_import("others").pk, of_import("offers").pk
    listed = page(manager, "/incidents/?whose=all&state=all")
    assert f"/incidents/{theirs}/" in listed
    assert f"/incidents/{other}/" not in listed
    assert manager.get(f"/incidents/{other}/").status_code == 404
    for act in ("acknowledge", "mute", "assign", "resolve", "comment"):
        assert manager.post(f"/incidents/{other}/{act}", {"for": "7d", "why": "x"}).status_code == 404
    assert manager.post(f"/incidents/{theirs}/retry").status_code == 403
    client = person(AccountRole.CLIENT, "zoe", "Bolt")
    assert client.get("/incidents/").status_code == 403
    assert client.post(f"/incidents/{theirs}/resolve").status_code == 403


def test_pages_cost_few_queries_however_many_there_are(project: ProjectFolder) -> None:
    kind = of_import("offers").kind
    record(workspace().project, [Occurrence(kind=kind, message="m", field=f"f{n}", identity=str(n)) for n in range(30)])
    client = logged_in(account())
    for address in ("/incidents/?whose=all", f"/incidents/{of_import('offers').pk}/"):
        with CaptureQueriesContext(connection) as queries:
            page(client, address)
        assert len(queries) <= 10, [one["sql"][:150] for one in queries]


def test_a_comment_stands_in_the_history_and_changes_nothing_else(project: ProjectFolder) -> None:
    one = of_import("offers")
    who = person(AccountRole.OPERATOR, "otto")
    said = f"asked them, see https://tickets.example.org/42?a=1&b=2 {EVIL}"
    who.post(f"/incidents/{one.pk}/comment", {"why": said})
    who.post(f"/incidents/{one.pk}/resolve")
    who.post(f"/incidents/{one.pk}/comment", {"why": "it was their export"})
    assert who.post(f"/incidents/{one.pk}/comment", {"why": "  "}).status_code == 400
    text = page(who, f"/incidents/{one.pk}/")
    assert 'href="https://tickets.example.org/42?a=1&amp;b=2"' in text and EVIL not in text
    assert "it was their export" in text
    lines = list(one.changes.filter(action="commented").order_by("id"))
    assert [(line.by, line.before, line.after) for line in lines] == [("otto", "", "")] * 2
    assert AuditLine.objects.filter(action="incident.comment").count() == 2
    assert of_import("offers").state == "resolved"
