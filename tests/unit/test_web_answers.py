"""A new import by clicks: its address is tested, its questions are answered in a form, and it runs."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from certificates import certificate
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from http_source import HttpSource
from job_site import JobSite
from project_folder import CLIENT_DEFINITION, ProjectFolder, xml_feed
from web_client import account, logged_in, shown

from jobpipe.drafting.draft import Draft
from jobpipe.ledger.models import AccountRole, DefinitionDraft
from jobpipe.runs.conducting import StopRequest, run_import
from jobpipe.runs.progress import Progress
from jobpipe.runs.report import RunReport
from jobpipe.runs.secret_values import set_secret
from jobpipe.web.proposals import proposal_of

ANSWERS = "/imports/fresh/definition/answers"
PEOPLE = "people:\n  ines: {mail: ines@example.com}\n"
OFFERS = [
    {"nr": f"A-{number}", "bezeichnung": title, "wo": town, "parution": f"0{number + 3}/04/2026", "intern": "x"}
    for number, (title, town) in enumerate(
        [("Koch", "Berlin"), ("Maurer", "Hamburg"), ("Bäcker", "Köln"), ("Pflegerin", "Leipzig")]
    )
]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[ProjectFolder]:
    folder = ProjectFolder(tmp_path / "project", CLIENT_DEFINITION)
    folder.configure(PEOPLE)
    with shown(folder):
        yield folder


@pytest.fixture
def developer(project: ProjectFolder) -> Client:
    return logged_in(account(AccountRole.DEVELOPER))


@pytest.fixture
def source() -> Iterator[HttpSource]:
    with HttpSource() as running:
        running.serve("/jobs.json", json.dumps({"jobs": OFFERS}).encode(), content_type="application/json")
        yield running


def begun(developer: Client, feed: str = "", **given: Any) -> str:
    """The page of its answers."""
    answer = developer.post("/imports/new/", {"name": "fresh", "client": "", "feed": feed, **given})
    assert answer.status_code == 302, answer.content.decode()
    assert answer.headers["Location"] == ANSWERS
    page: str = developer.get(ANSWERS).content.decode()
    return page


def proposal() -> Draft:
    """With the answers."""
    found = proposal_of(DefinitionDraft.objects.get())
    assert found is not None
    return found.answered()


def rules() -> dict[str, Any]:
    return {one.field: one.rule for one in proposal().taken}


# Answers --------------------------------------------------------------------------------------------


def test_questions_stand_in_a_form_with_values_of_the_source(developer: Client, source: HttpSource) -> None:
    page = begun(developer, source.url("/jobs.json"))
    assert "Only you can say" in page and "Whose jobs are these?" in page
    assert "wo: Berlin" in page and "it is not in this source" in page
    assert "Maurer" in page and "The record as it is read" in page


def test_an_answer_rewrites_the_definition_and_the_preview(developer: Client, source: HttpSource) -> None:
    begun(developer, source.url("/jobs.json"))
    asked = len(source.requests)
    given = {"answer-title": "part-bezeichnung", "words-company": "Acme", "answer-locations": "part-wo"}
    page = developer.post(ANSWERS, given, follow=True).content.decode()
    assert rules()["title"] == ["bezeichnung", "clean"] and rules()["company"] == {"value": "Acme"}
    assert 'value="Acme"' in page and 'value="part-wo" selected' in page
    text = DefinitionDraft.objects.get().text
    assert "value: Acme" in text and "QUESTION, company" not in text
    # The records of the draft make the preview.
    assert len(source.requests) == asked


def test_an_order_of_day_and_month_is_a_choice_of_two(developer: Client, source: HttpSource) -> None:
    page = begun(developer, source.url("/jobs.json"))
    (question,) = (one for one in proposal().questions if one.about == "posted_at")
    assert "is the day first or the month?" in question.text and "parution, day first" in page
    developer.post(ANSWERS, {"answer-posted_at": "option-0"})
    assert rules()["posted_at"] == ["parution", {"date": "DMY"}]
    # Whoever thinks again says otherwise, or takes it back.
    developer.post(ANSWERS, {"answer-posted_at": "option-1"})
    assert rules()["posted_at"] == ["parution", {"date": "MDY"}]
    developer.post(ANSWERS, {"answer-posted_at": ""})
    assert "posted_at" not in rules()


def test_later_leaves_a_question_open_and_not_in_this_source_ends_it(developer: Client, source: HttpSource) -> None:
    begun(developer, source.url("/jobs.json"))
    developer.post(ANSWERS, {"answer-url": "", "answer-description": "none", "answer-title": "none"})
    asked = {one.about for one in proposal().questions}
    assert "url" in asked and "description" not in asked
    assert "title" in asked | rules().keys()


def test_any_field_can_be_made_of_another_part_and_others_be_added(developer: Client, source: HttpSource) -> None:
    begun(developer, source.url("/jobs.json"))
    answer = developer.post(ANSWERS, {"change": "locations", "answer-title": "part-bezeichnung"})
    assert answer.headers["Location"] == f"{ANSWERS}?change=locations#answer-locations"
    page = developer.get(f"{ANSWERS}?change=locations").content.decode()
    assert 'name="answer-locations"' in page and "part-intern" in page
    developer.post(ANSWERS, {"add": "industry"})
    page = developer.get(f"{ANSWERS}?change=industry").content.decode()
    assert 'name="answer-industry"' in page
    developer.post(ANSWERS, {"answer-industry": "part-intern"})
    assert "industry" in rules()


@pytest.mark.parametrize(
    "given",
    [
        {"answer-title": "part-nothing"},
        {"answer-title": "option-99"},
        {"answer-title": "option-x"},
        {"answer-title": "<script>"},
        {"answer-source.holds": "option-7"},
        {"change": "nothing", "add": "../x"},
    ],
)
def test_what_was_not_offered_changes_nothing(developer: Client, source: HttpSource, given: dict[str, str]) -> None:
    begun(developer, source.url("/jobs.json"))
    text = DefinitionDraft.objects.get().text
    assert developer.post(ANSWERS, given).status_code == 302
    assert DefinitionDraft.objects.get().text == text


def test_words_that_mean_nothing_stay_in_their_field_with_what_is_wrong(developer: Client, source: HttpSource) -> None:
    begun(developer, source.url("/jobs.json"))
    given = {"words-url": "https://example.org/{number}"}
    for status, more in ((400, {}), (200, {"headers": {"HX-Request": "true"}})):
        answer = developer.post(ANSWERS, given, **more)
        page = answer.content.decode()
        assert answer.status_code == status and "a record has no &#x27;number&#x27;" in page
        assert 'value="https://example.org/{number}"' in page
    assert "url" not in rules()


def test_what_was_written_by_hand_is_not_lost_to_an_answer(developer: Client, source: HttpSource) -> None:
    begun(developer, source.url("/jobs.json"))
    text = DefinitionDraft.objects.get().text + "  # by hand\n"
    developer.post("/imports/fresh/definition/draft", {"text": text, "do": "save"})
    answer = developer.post(ANSWERS, {"words-company": "Acme"})
    assert answer.status_code == 409 and "was changed by hand since" in answer.content.decode()
    assert "by hand" in DefinitionDraft.objects.get().text
    developer.post(ANSWERS, {"words-company": "Acme", "do": "again"})
    assert "by hand" not in DefinitionDraft.objects.get().text and rules()["company"] == {"value": "Acme"}


# Whose it is, and when it runs ------------------------------------------------------------------------


def test_schedule_owner_and_client_are_chosen_in_words(
    project: ProjectFolder, developer: Client, source: HttpSource
) -> None:
    begun(developer, source.url("/jobs.json"), client="Acme")
    given = {"schedule": "0 6 * * 1-5", "owner": "ines", "client": "Acme Söhne", "answer-title": "part-bezeichnung"}
    page = developer.post(ANSWERS, given, follow=True).content.decode()
    assert "Next: " in page and page.count(", 06:00") == 3
    assert rules()["company"] == {"value": "Acme Söhne"}
    developer.post(ANSWERS, {"do": "publish"})
    made = project.open().project.load("fresh").definition
    assert (made.schedule, made.client) == ("0 6 * * 1-5", "Acme Söhne")
    assert made.owners == {"source": "ines", "developer": "ines"}


@pytest.mark.parametrize("given", [{"schedule": "* * * * *"}, {"owner": "nobody"}])
def test_what_a_person_could_not_choose_is_refused(
    developer: Client, source: HttpSource, given: dict[str, str]
) -> None:
    begun(developer, source.url("/jobs.json"))
    assert developer.post(ANSWERS, given).status_code == 400


# To a first run ---------------------------------------------------------------------------------------

FLAT = [{"id": f"{n}", "title": f"Cook {n}", "url": f"https://example.org/{n}", "city": "Leeds"} for n in range(3)]


def ran(project: ProjectFolder) -> RunReport:
    with project.open() as workspace:
        return run_import(workspace, "fresh", progress=Progress(), stop=StopRequest(), workers=0)


def table(delimiter: str = ";") -> bytes:
    rows = [list(FLAT[0]), *([*one.values()] for one in FLAT)]
    return "".join(delimiter.join(row) + "\r\n" for row in rows).encode()


def workbook() -> bytes:
    openpyxl = pytest.importorskip("openpyxl")
    book, made = openpyxl.Workbook(), io.BytesIO()
    for row in (list(FLAT[0]), *([*one.values()] for one in FLAT)):
        book.active.append(row)
    book.save(made)
    return made.getvalue()


def zipped() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("jobs.csv", table())
    return made.getvalue()


def gzipped() -> bytes:
    import gzip

    return gzip.compress(xml_feed({f"{n}": f"Cook {n}" for n in range(3)}))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("jobs.xml", lambda: xml_feed({f"{n}": f"Cook {n}" for n in range(3)})),
        ("jobs.json", lambda: json.dumps(FLAT).encode()),
        ("jobs.csv", table),
        ("jobs.xlsx", workbook),
        ("jobs.zip", zipped),
        ("jobs.xml.gz", gzipped),
    ],
)
def test_a_file_of_any_format_becomes_an_import_that_runs(
    project: ProjectFolder, developer: Client, name: str, content: Any
) -> None:
    page = begun(developer, file=SimpleUploadedFile(name, content()), client="Acme")
    assert "Cook 1" in page
    assert developer.post(ANSWERS, {"do": "publish"}).status_code == 302
    assert not DefinitionDraft.objects.exists()
    report = ran(project)
    assert report.complete and report.account["new"] == 3
    assert (project.root / "drafts" / "fresh.yaml").exists()


def test_a_site_whose_pages_say_what_a_posting_is_becomes_an_import(project: ProjectFolder, developer: Client) -> None:
    pytest.importorskip("scrapy")
    with JobSite() as site:
        page = begun(developer, site.url("/jobs"))
        assert "The source says itself what each field is" in page and "Cook 1" in page
        developer.post(ANSWERS, {"add": "industry"})
        page = developer.get(f"{ANSWERS}?change=industry").content.decode()
        assert "Parts of a record" in page
        assert developer.post(ANSWERS, {"do": "publish"}).status_code == 302
        assert ran(project).account["new"] == 6


def test_a_file_that_was_no_feed_leaves_its_place_to_the_next(project: ProjectFolder, developer: Client) -> None:
    wrong = SimpleUploadedFile("jobs.pdf", b"%PDF-1.7 ...")
    answer = developer.post("/imports/new/", {"name": "fresh", "file": wrong})
    assert answer.status_code == 400 and "a PDF document" in answer.content.decode()
    assert not list((project.root / "feeds").iterdir())
    (project.root / "feeds" / "fresh.csv").write_text("of another import")
    begun(developer, file=SimpleUploadedFile("jobs.csv", table()))
    assert (project.root / "feeds" / "fresh-2.csv").exists()
    assert (project.root / "feeds" / "fresh.csv").read_text() == "of another import"


# The connection -----------------------------------------------------------------------------------------


def trial_of(developer: Client, feed: str, **given: str) -> str:
    page: str = developer.post("/imports/new/", {"feed": feed, "do": "test", **given}).content.decode()
    return page


def test_what_stands_in_the_way_is_told_in_words(developer: Client, source: HttpSource) -> None:
    source.serve("/closed", basic="me:hunter2")
    source.serve("/empty", b"")
    source.serve("/page", b"<!doctype html><title>Sign in</title><p>Who are you?")
    source.serve("/picture", b"\x89PNG\r\n\x1a\n0000", content_type="image/png")
    source.serve("/broken").statuses += [500] * 9
    for path, said in (
        ("/closed", "asks for a login (HTTP 401). Choose below how to log in"),
        ("/nothing", "is not there (HTTP 404)"),
        ("/empty", "with nothing: not one byte"),
        ("/page", "A web page answers: &#x27;Sign in&#x27;"),
        ("/broken", "has trouble of its own (HTTP 500)"),
        ("/picture", "with nothing that can be read"),
    ):
        assert said in trial_of(developer, source.url(path)), path
    assert "no host has this name" in trial_of(developer, "http://no-such-host.invalid/jobs.xml")
    assert "nobody answers at this host and port" in trial_of(developer, "http://127.0.0.1:9/jobs.xml")
    assert not DefinitionDraft.objects.exists()


def test_a_certificate_that_nobody_vouches_for_is_told(developer: Client, source: HttpSource, tmp_path: Path) -> None:
    address = source.serve_tls(certificate(tmp_path), "/jobs.json", b"[]")
    assert "its certificate is not trusted" in trial_of(developer, address)


def test_a_server_that_is_silent_is_not_waited_for(
    developer: Client, source: HttpSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobpipe.web.pages.new_import._PATIENCE_OF_TEST", 0.5)
    source.serve("/slow", delay=20.0)
    assert "The source is too slow: it took longer than 0" in trial_of(developer, source.url("/slow"))


def test_what_is_there_is_told_before_anything_is_drafted(developer: Client, source: HttpSource) -> None:
    source.serve("/feed.xml", xml_feed({"1": "Mason"}))
    page = trial_of(developer, source.url("/feed.xml"))
    assert "The connection works." in page and "XML" in page and "records called offer" in page
    assert "JSON" in trial_of(developer, source.url("/jobs.json"))


def test_one_logs_in_with_the_names_of_sealed_secrets(
    project: ProjectFolder, developer: Client, source: HttpSource
) -> None:
    source.serve("/feed.xml", xml_feed({"1": "Mason", "2": "Nurse"}), basic="me:sesame-open")
    with project.open() as workspace:
        set_secret(workspace, "ACME_PASSWORD", "sesame-open", by="me")
    login = {"login": "basic", "user": "me", "secret": "ACME_PASSWORD"}
    assert "The connection works." in trial_of(developer, source.url("/feed.xml"), **login)
    page = begun(developer, source.url("/feed.xml"), **login)
    text = DefinitionDraft.objects.get().text
    assert "me:${ACME_PASSWORD}" in text and "sesame" not in text + page
    developer.post(ANSWERS, {"do": "publish"})
    assert ran(project).account["new"] == 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"login": "bearer", "secret": ""}, "Which secret is it?"),
        ({"login": "basic", "secret": "ACME_PASSWORD"}, "Who logs in?"),
        ({"login": "header", "secret": "ACME_PASSWORD", "header": "X Y"}, "Which header takes the key?"),
        ({"login": "bearer", "secret": "DATABASE_PASSWORD"}, "DATABASE_PASSWORD is no sealed secret"),
        ({"login": "bearer", "secret": "JOBPIPE_KEY"}, "own"),
    ],
)
def test_a_login_that_is_no_whole_or_no_sealed_secret_is_refused_and_nothing_is_sent(
    developer: Client, source: HttpSource, given: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "hunter2-of-the-database")
    assert said in trial_of(developer, source.url("/jobs.json"), **given)
    answer = developer.post("/imports/new/", {"name": "fresh", "feed": source.url("/jobs.json"), **given})
    assert answer.status_code == 400 and said in answer.content.decode()
    assert source.requests == []


# The page -----------------------------------------------------------------------------------------------


def test_who_has_no_draft_is_led_to_the_text_and_others_answers_are_not_seen(
    developer: Client, source: HttpSource
) -> None:
    begun(developer, source.url("/jobs.json"))
    other = logged_in(account(AccountRole.ADMIN))
    assert other.get(ANSWERS).headers["Location"] == "/imports/fresh/definition/draft"
    assert logged_in(account(AccountRole.OPERATOR)).get(ANSWERS).status_code == 403


def test_answers_are_not_lost_to_a_second_look_under_the_same_name(developer: Client, source: HttpSource) -> None:
    begun(developer, source.url("/jobs.json"))
    begun(developer, source.url("/jobs.json"))
    developer.post(ANSWERS, {"words-company": "Acme"})
    answer = developer.post("/imports/new/", {"name": "fresh", "feed": source.url("/jobs.json")})
    assert answer.status_code == 400 and f'href="{ANSWERS}"' in answer.content.decode()
    assert rules()["company"] == {"value": "Acme"}


def test_the_folder_of_the_definitions_is_made_with_the_first_one(project: ProjectFolder, developer: Client) -> None:
    shutil.rmtree(project.root / "imports")
    begun(developer, file=SimpleUploadedFile("jobs.csv", table()))
    assert developer.post(ANSWERS, {"do": "publish"}).status_code == 302
    assert (project.root / "imports" / "fresh.yaml").is_file()


def test_a_wide_record_makes_no_large_page(developer: Client, source: HttpSource) -> None:
    wide = [{f"part {number}": f"value {row} " * 9 for number in range(180)} for row in range(3)]
    source.serve("/wide.json", json.dumps([{**one, **FLAT[0]} for one in wide]).encode())
    begun(developer, source.url("/wide.json"))
    with CaptureQueriesContext(connection) as asked:
        answer = developer.get(f"{ANSWERS}?change=title")
    assert len(answer.content) < 100_000 and len(asked) <= 10
