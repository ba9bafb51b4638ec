"""The pages of imports: their list, one's health and history, and what people decide of it as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from project_folder import CLIENT_DEFINITION, ProjectFolder, xml_feed
from web_client import account, logged_in, shown

from jobpipe.ledger.models import AccountRole, AuditLine, ImportDecision, Run, RunState
from jobpipe.runs.progress import Progress
from jobpipe.runs.starting import StopRequest
from jobpipe.runs.taking_up import take_up, waiting_imports

PAUSE = {"reason": "the source moves house", "postings": "keep", "until": ""}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[ProjectFolder]:
    """Two runs, the second with another definition, and an import that never ran."""
    folder = ProjectFolder(tmp_path / "project", CLIENT_DEFINITION + "schedule: '0 4 * * *'\n")
    folder.run(xml_feed({"1": "Mason", "2": "Baker"}), workers=0)
    folder.define(CLIENT_DEFINITION + "  description: text\n" + "schedule: '0 4 * * *'\n")
    folder.run(xml_feed({"1": "Mason", "2": "Baker", "3": "Nurse"}), workers=0)
    (folder.root / "imports" / "other.yaml").write_text(CLIENT_DEFINITION.replace("offers", "other"))
    with shown(folder):
        yield folder


def test_the_list_is_chosen_by_its_address_and_is_given_as_a_file(project: ProjectFolder) -> None:
    client = logged_in(account())
    everything = client.get("/imports/").content.decode()
    assert 'href="/imports/offers/"' in everything and 'href="/imports/other/"' in everything
    assert 'href="/imports/other/"' not in client.get("/imports/?client=Acme").content.decode()
    assert "No import is like that" in client.get("/imports/?q=zzz").content.decode()
    lines = client.get("/imports/?as=csv&q=offers").content.decode().splitlines()
    assert len(lines) == 2 and lines[1].startswith("offers,Acme,")
    theirs = logged_in(account(AccountRole.ACCOUNT_MANAGER, "Other")).get("/imports/").content.decode()
    assert "/imports/offers/" not in theirs


def test_an_import_shows_its_runs_fields_schedule_and_who_looks_after_it(project: ProjectFolder) -> None:
    one = logged_in(account(name="one"))
    # What has changed of imports is summed up at the first look.
    one.get("/imports/offers/")
    with CaptureQueriesContext(connection) as asked:
        page = one.get("/imports/offers/").content.decode()
    assert len(asked) <= 10
    assert "04:00" in page and "Runs over time" in page
    assert "<td>description</td>" in page and "100 %" in page
    assert "nobody holds it" in page
    assert len(page) < 100_000
    assert "It never ran" in logged_in(account()).get("/imports/other/").content.decode()
    assert logged_in(account()).get("/imports/nothing/").status_code == 404


def test_run_now_asks_once_and_only_whom_it_is_for(project: ProjectFolder) -> None:
    client = logged_in(account(AccountRole.OPERATOR))
    client.post("/imports/offers/run")
    (run,) = Run.objects.filter(state=RunState.QUEUED)
    assert "begins when there is room" in client.get(f"/runs/{run.pk}/").content.decode()
    client.post("/imports/offers/run")
    assert Run.objects.filter(state=RunState.QUEUED).count() == 1
    manager = logged_in(account(AccountRole.ACCOUNT_MANAGER, "Acme"))
    assert manager.get("/imports/offers/").status_code == 200
    assert manager.post("/imports/offers/run").status_code == 403
    assert client.post("/imports/nothing/run").status_code == 400


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"reason": " "}, "Say why"),
        ({"postings": ""}, "there is no default"),
        ({"until": "soon"}, "is no day"),
        ({"until": "2001-01-01"}, "is over already"),
    ],
)
def test_a_pause_says_why_and_what_becomes_of_the_postings(
    project: ProjectFolder, change: dict[str, str], said: str
) -> None:
    answer = logged_in(account()).post("/imports/offers/pause", {**PAUSE, **change})
    assert answer.status_code == 400 and said in answer.content.decode()
    assert not ImportDecision.objects.exists()


def test_several_are_paused_and_resumed_together_and_each_refusal_has_its_reason(project: ProjectFolder) -> None:
    client = logged_in(account())
    both = {"import": ["offers", "other", "nowhere"]}
    assert client.post("/imports/pause", {**PAUSE, **both}).headers["Location"] == "/imports/"
    page = client.get("/imports/").content.decode()
    assert "2 of 3 imports are paused. Refused: nowhere: " in page
    assert ImportDecision.objects.filter(standing="paused", reason=PAUSE["reason"]).count() == 2
    client.post("/imports/run", both)
    page = client.get("/imports/").content.decode()
    assert "0 of 3 imports are asked to run. Refused: offers is paused since" in page
    client.post("/imports/resume", both)
    assert "2 of 3 imports are resumed" in client.get("/imports/").content.decode()
    client.post("/imports/resume", {"import": ["offers"], "next": "/imports/?client=Acme"})
    page = client.get("/imports/?client=Acme").content.decode()
    assert "0 of 1 imports are resumed. Refused: offers is neither paused nor removed." in page
    done = AuditLine.objects.filter(action__in=("import.pause", "import.resume"))
    assert sorted(done.values_list("action", "about")) == [
        (f"import.{act}", f"import {name}") for act in ("pause", "resume") for name in ("offers", "other")
    ]


def test_several_are_asked_to_run_each_once(project: ProjectFolder) -> None:
    client = logged_in(account())
    client.post("/imports/run", {"import": ["offers", "other"]})
    assert "2 of 2 imports are asked to run." in client.get("/imports/").content.decode()
    assert Run.objects.filter(state=RunState.QUEUED).count() == 2
    client.post("/imports/run", {"import": ["other", "other"]})
    page = client.get("/imports/").content.decode()
    assert "0 of 1 imports are asked to run. Refused: other: run" in page and "waits or goes already" in page
    client.post("/imports/run", {})
    assert "Nothing was ticked." in client.get("/imports/").content.decode()


def test_a_pause_of_several_wants_its_reason_too(project: ProjectFolder) -> None:
    client = logged_in(account())
    client.post("/imports/pause", {**PAUSE, "reason": "", "until": "soon", "import": ["offers"]})
    page = client.get("/imports/").content.decode()
    assert "Nothing is paused. Say why" in page and "no day" in page
    assert not ImportDecision.objects.exists()


def test_of_several_those_of_others_are_not_there(project: ProjectFolder) -> None:
    manager = logged_in(account(AccountRole.ACCOUNT_MANAGER, "Other"))
    manager.post("/imports/pause", {**PAUSE, "import": ["offers"]})
    assert "Refused: offers: there is no such import" in manager.get("/imports/").content.decode()
    assert not ImportDecision.objects.exists()
    assert manager.post("/imports/run", {"import": ["offers"]}).status_code == 403
    assert 'type="checkbox"' in logged_in(account(AccountRole.OPERATOR)).get("/imports/").content.decode()


def test_postings_are_made_again_from_what_is_stored_by_whoever_serves(project: ProjectFolder) -> None:
    project.define(CLIENT_DEFINITION.replace("title: title", "title: [title, {default: none}]"))
    client = logged_in(account(AccountRole.OPERATOR))
    (project.root / "feed.xml").unlink()
    assert "Make again from what is stored" in client.get("/imports/offers/").content.decode()
    for words in ("makes all postings again", "waits or goes already"):
        address = client.post("/imports/offers/reprocess").headers["Location"]
        assert words in client.get(address).content.decode()
    with project.open() as workspace:
        assert [one.name for one in waiting_imports(workspace)] == ["offers"]
        report = take_up(workspace, "offers", progress=Progress(), stop=StopRequest(), workers=0)
    assert (f"/runs/{report.run}/", report.kind, report.state, report.account["read"]) == (
        *(address, "reprocess", "succeeded"),
        3,
    )
    assert Run.objects.filter(kind="reprocess").count() == 1
    assert client.post("/imports/other/reprocess").status_code == 400
    assert AuditLine.objects.filter(action="import.reprocess", about="import offers").count() == 2


def test_what_was_to_be_made_again_is_cancelled_before_it_begins(project: ProjectFolder) -> None:
    client = logged_in(account(AccountRole.OPERATOR))
    address = client.post("/imports/offers/reprocess").headers["Location"]
    client.post(f"{address}cancel")
    with project.open() as workspace:
        assert waiting_imports(workspace) == []
        report = take_up(workspace, "offers", progress=Progress(), stop=StopRequest(), workers=0)
    assert report.state == "skipped" and "cancelled by" in client.get(address).content.decode()


def test_a_paused_import_says_so_until_somebody_resumes_it(project: ProjectFolder) -> None:
    client = logged_in(account())
    assert client.post("/imports/offers/pause", {**PAUSE, "postings": "expire"}).status_code == 302
    assert project.keys() == set()
    page = client.get("/imports/offers/").content.decode()
    assert "by admin-all: the source moves house" in page and "Run now" not in page
    assert client.post("/imports/offers/resume").status_code == 302
    assert "Run now" in client.get("/imports/offers/").content.decode()
    assert client.post("/imports/offers/resume").status_code == 400
    assert AuditLine.objects.filter(about="import offers", action="import.pause").exists()


def test_the_history_tells_decisions_and_other_definitions(project: ProjectFolder) -> None:
    client = logged_in(account())
    client.post("/imports/offers/pause", PAUSE)
    page = client.get("/imports/offers/history/").content.decode()
    assert "paused, its postings kept: the source moves house" in page and "by admin-all" in page
    assert "was the first with another definition" in page and "+  description: text" in page
