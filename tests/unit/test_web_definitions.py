"""Definitions in the interface: drafts, what is wrong as one types, previews, plans, publishing, and a first import."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from project_folder import CLIENT_DEFINITION, ProjectFolder, xml_feed
from web_client import account, logged_in, shown

from jobpipe.ledger.models import AccountRole, AuditLine, DefinitionDraft, Plan, PlanState
from jobpipe.web.completing import words_at

DRAFT = "/imports/offers/definition/draft"
CHECK = "/imports/offers/definition/check"
BETTER = CLIENT_DEFINITION.replace("title: title", "title: [title, upper]") + "  description: text\n"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[ProjectFolder]:
    folder = ProjectFolder(tmp_path / "project", CLIENT_DEFINITION)
    folder.run(xml_feed({"1": "Mason", "2": "<![CDATA[<script>alert(1)</script>]]>"}), workers=0)
    with shown(folder):
        yield folder


@pytest.fixture
def developer(project: ProjectFolder) -> Client:
    return logged_in(account(AccountRole.DEVELOPER))


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.1)


def file_of(project: ProjectFolder) -> str:
    return (project.root / "imports" / "offers.yaml").read_text()


# Its text -------------------------------------------------------------------------------------------


def test_the_text_is_shown_to_staff_without_its_logins_and_changed_by_developers(project: ProjectFolder) -> None:
    project.define(CLIENT_DEFINITION.replace("record: offer", 'record: offer\n  auth: {basic: "me:hunter2"}'))
    page = logged_in(account(AccountRole.OPERATOR)).get("/imports/offers/definition/").content.decode()
    assert 'id="line-4"' in page and "hunter2" not in page and "a login stands in the file itself" in page
    operator = logged_in(account(AccountRole.OPERATOR))
    assert operator.get(DRAFT).status_code == 403
    assert operator.post(DRAFT, {"text": BETTER, "do": "publish"}).status_code == 403


@pytest.mark.parametrize(
    ("text", "line", "column", "path", "offered"),
    [
        ("", 1, 1, (), "source"),
        ("import: x\nsou", 2, 4, (), "source"),
        ("source:\n  ", 2, 3, ("source",), "feed"),
        ("source:\n  holds: ", 2, 10, ("source", "holds"), "changes"),
        ("posting:\n  ti", 2, 5, ("posting",), "title"),
        ("posting:\n  title:\n    then:\n      - cl", 4, 11, ("posting", "title", "then"), "clean"),
        ("posting:\n  salary:\n    ", 3, 5, ("posting", "salary"), "from"),
        ("source:\n  csv:\n    delimiter: ;\n\nexpire:\n  ", 6, 3, ("expire",), "guard"),
    ],
)
def test_the_words_at_the_caret_are_those_of_its_level(
    text: str, line: int, column: int, path: tuple[str, ...], offered: str
) -> None:
    offer = words_at(text, line, column)
    assert offer.path == path
    assert offered in {one.word for one in offer.words}


def test_words_that_stand_already_are_not_offered() -> None:
    words = {one.word for one in words_at("import: x\nsource:\n  feed: y\n", 4, 1).words}
    assert "posting" in words and not words & {"import", "source"}


def test_what_is_wrong_is_told_as_one_types_with_its_place(project: ProjectFolder, developer: Client) -> None:
    wrong = BETTER.replace("  title:", "  titel:")
    page = developer.post(
        "/imports/offers/definition/check", {"text": wrong, "line": "8", "column": "3"}
    ).content.decode()
    assert "line 8, column 3" in page and "titel" in page and 'data-insert="title: "' in page
    assert "Sound" in developer.post(CHECK, {"text": BETTER}).content.decode()
    assert not DefinitionDraft.objects.exists()


# Drafts ---------------------------------------------------------------------------------------------


def test_a_draft_is_kept_for_whoever_writes_it_and_the_file_stays(project: ProjectFolder, developer: Client) -> None:
    assert developer.post(DRAFT, {"text": BETTER, "do": "save"}).status_code == 302
    assert "[title, upper]" in developer.get(DRAFT).content.decode()
    assert "[title, upper]" not in logged_in(account()).get(DRAFT).content.decode()
    assert file_of(project) == CLIENT_DEFINITION
    patch = developer.get("/imports/offers/definition/patch").content.decode()
    assert (
        patch.startswith("--- a/imports/offers.yaml\n+++ b/imports/offers.yaml\n") and "+  description: text" in patch
    )
    developer.post(DRAFT, {"text": BETTER, "do": "discard"})
    assert not DefinitionDraft.objects.exists()


def test_a_preview_shows_kept_records_before_and_after_without_asking_the_source(
    project: ProjectFolder, developer: Client
) -> None:
    (project.root / "feed.xml").unlink()
    page = developer.post(DRAFT, {"text": BETTER, "do": "preview"}).content.decode()
    assert "read from what the last run kept" in page
    assert "<del>Mason</del>" in page and "<ins>MASON</ins>" in page and "Texte de Mason" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize("place", ["/etc/passwd", "file:///etc/passwd", "../outside.xml", ".jobpipe/web-key"])
def test_a_draft_reads_no_files_but_the_projects(project: ProjectFolder, developer: Client, place: str) -> None:
    text = BETTER.replace("feed: feed.xml", f"feed: {place}")
    state = str(project.open().project.state_dir.name)
    text = text.replace(".jobpipe", state)
    for act in ("preview", "publish", "plan"):
        page = developer.post(DRAFT, {"text": text, "do": act}).content.decode()
        assert "is no file of the project" in page and "root:" not in page
    assert file_of(project) == CLIENT_DEFINITION


def test_publishing_writes_the_file_and_refuses_what_is_wrong(project: ProjectFolder, developer: Client) -> None:
    answer = developer.post(DRAFT, {"text": BETTER.replace("title:", "titel:"), "do": "publish"})
    assert answer.status_code == 400 and "Not published" in answer.content.decode()
    assert file_of(project) == CLIENT_DEFINITION
    assert developer.post(DRAFT, {"text": BETTER, "do": "publish"}).status_code == 302
    assert file_of(project) == BETTER
    assert not DefinitionDraft.objects.exists()
    assert "definition.publish" in developer.get("/imports/offers/history/").content.decode()


def test_publishing_over_what_was_changed_meanwhile_is_refused_with_the_difference(
    project: ProjectFolder, developer: Client
) -> None:
    developer.post(DRAFT, {"text": BETTER, "do": "save"})
    project.define(CLIENT_DEFINITION + "  url: link\n")
    answer = developer.post(DRAFT, {"text": BETTER, "do": "publish"})
    page = answer.content.decode()
    assert answer.status_code == 409 and "was changed since this draft began" in page and "-  url: link" in page
    assert "url: link" in file_of(project)
    developer.post(DRAFT, {"text": BETTER, "do": "rebase"})
    assert developer.post(DRAFT, {"text": BETTER, "do": "publish"}).status_code == 302
    assert file_of(project) == BETTER


# Plans ----------------------------------------------------------------------------------------------


def test_a_plan_of_a_draft_says_what_would_change_and_is_applied(project: ProjectFolder, developer: Client) -> None:
    answer = developer.post(DRAFT, {"text": BETTER, "do": "plan"})
    (plan,) = Plan.objects.all()
    assert answer.headers["Location"] == f"/plans/{plan.pk}/"
    page = developer.get(f"/plans/{plan.pk}/").content.decode()
    assert "<del>Mason</del>" in page and "<ins>MASON</ins>" in page and "filled in 2" in page
    assert logged_in(account(AccountRole.OPERATOR)).post(f"/plans/{plan.pk}/apply").status_code == 403
    assert logged_in(account(AccountRole.ACCOUNT_MANAGER, "Other")).get(f"/plans/{plan.pk}/").status_code == 404
    assert developer.post(f"/plans/{plan.pk}/apply").status_code == 302
    plan.refresh_from_db()
    assert plan.state == PlanState.APPLIED and plan.applied_by == "developer-all"
    assert project.postings()["1"]["title"] == "MASON" and file_of(project) == BETTER
    again = developer.post(f"/plans/{plan.pk}/apply")
    assert again.status_code == 409 and "was applied" in again.content.decode()


def test_a_stale_plan_is_refused(project: ProjectFolder, developer: Client) -> None:
    developer.post(DRAFT, {"text": BETTER, "do": "plan"})
    (plan,) = Plan.objects.all()
    project.run(xml_feed({"1": "Mason", "3": "Nurse"}), workers=0)
    assert "A run was made since" in developer.get(f"/plans/{plan.pk}/").content.decode()
    answer = developer.post(f"/plans/{plan.pk}/apply")
    assert answer.status_code == 409 and "was made on another state" in answer.content.decode()
    assert file_of(project) == CLIENT_DEFINITION


def test_what_touches_many_postings_is_planned_and_applied_by_a_process_of_its_own(
    project: ProjectFolder, developer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobpipe.runs.plans.apart.FEW", 1)
    developer.post(DRAFT, {"text": BETTER, "do": "plan"})
    assert "The plan is being made" in developer.get(DRAFT).content.decode()
    wait_until(Plan.objects.exists)
    (plan,) = Plan.objects.all()
    developer.post(f"/plans/{plan.pk}/apply")
    wait_until(Plan.objects.filter(state=PlanState.APPLIED).exists)
    assert project.postings()["1"]["title"] == "MASON" and file_of(project) == BETTER
    assert Plan.objects.get().applied_by == "developer-all"


def test_a_draft_that_changes_no_posting_makes_no_plan(project: ProjectFolder, developer: Client) -> None:
    answer = developer.post(DRAFT, {"text": CLIENT_DEFINITION, "do": "plan"})
    assert answer.headers["Location"] == DRAFT
    assert "Nothing would change" in developer.get(DRAFT).content.decode()


# A first import -------------------------------------------------------------------------------------


def test_a_file_becomes_a_draft_a_preview_and_with_publishing_an_import(
    project: ProjectFolder, developer: Client
) -> None:
    file = SimpleUploadedFile("export.xml", xml_feed({"7": "Smith", "8": "Cook"}))
    answer = developer.post("/imports/new/", {"name": "fresh", "client": "Acme: Söhne", "feed": "", "file": file})
    address = answer.headers["Location"]
    page = developer.get(address).content.decode()
    assert "Smith" in page and "What is made of it" in page
    draft = DefinitionDraft.objects.get()
    assert "Drafted from 2 records" in draft.text and "Acme: Söhne" in draft.text and "feeds/fresh.xml" in draft.text
    assert developer.post("/imports/fresh/definition/draft", {"text": draft.text, "do": "publish"}).status_code == 302
    assert "It never ran" in developer.get("/imports/fresh/").content.decode()
    assert AuditLine.objects.filter(action="definition.publish", about="import fresh").exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": "../evil"}, "A name has letters"),
        ({"name": "new"}, "A name has letters"),
        ({"name": "offers"}, "There is an import offers already"),
        ({"feed": ""}, "Give the address of a feed"),
        ({"feed": "/etc/passwd"}, "is no file of the project"),
        ({"feed": "nothing.xml"}, "nothing.xml"),
        ({"feed": "http://169.254.169.254/latest"}, "169.254.169.254"),
    ],
)
def test_a_first_import_says_what_is_wrong_beside_the_field(
    project: ProjectFolder, developer: Client, given: dict[str, str], said: str
) -> None:
    answer = developer.post("/imports/new/", {"name": "fresh", "client": "", "feed": "feed.xml", **given})
    assert answer.status_code == 400 and said in answer.content.decode()
    assert not DefinitionDraft.objects.exists()


# All of them ----------------------------------------------------------------------------------------


def test_each_page_asks_little_and_is_small(project: ProjectFolder, developer: Client) -> None:
    developer.post(DRAFT, {"text": BETTER, "do": "plan"})
    (plan,) = Plan.objects.all()
    pages = ("/imports/", "/imports/offers/", "/imports/offers/history/", "/imports/offers/definition/", DRAFT)
    runs = ("/runs/", "/runs/1/", "/runs/1/changes/", "/runs/1/rejected/", f"/plans/{plan.pk}/", "/imports/new/")
    for address in (*pages, *runs):
        # What has changed of imports is summed up at the first look.
        developer.get(address)
        with CaptureQueriesContext(connection) as asked:
            answer = developer.get(address)
        assert answer.status_code == 200
        assert len(asked) <= 10, (address, [one["sql"][:120] for one in asked])
        assert len(answer.content) < 100_000
