"""Where a draft may lead whoever writes it in a browser: no inner network, no file of the machine, no odd scheme."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from http_source import HttpSource
from project_folder import CLIENT_DEFINITION, ProjectFolder, xml_feed
from web_client import account, logged_in, shown

from jobpipe.ledger.models import AccountRole, DefinitionDraft
from jobpipe.safety.network import make_strict

DRAFT = "/imports/offers/definition/draft"
NEVER = (
    *("http://169.254.169.254/latest/meta-data/", "http://2852039166/", "http://[::ffff:169.254.169.254]/"),
    *("http://[fe80::1]/", "http://100.100.100.200/", "http://0.0.0.0/", "http://224.0.0.1/"),
)
SCHEMES = (
    "gopher://127.0.0.1/",
    "dict://127.0.0.1/",
    "ldap://127.0.0.1/",
    "jar:file:///etc/passwd!/",
    "data:text/xml,<a/>",
)
FILES = (
    *(
        "/etc/passwd",
        "file:///etc/passwd",
        "FILE:///etc/passwd",
        "file://localhost/etc/passwd",
        "../../../../etc/passwd",
    ),
    *("%2e%2e/%2e%2e/etc/passwd", "feeds/link.xml", ".jobpipe/web-key", "./.jobpipe/ledger.sqlite3", "${A_PLACE}"),
)


@pytest.fixture
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[ProjectFolder]:
    folder = ProjectFolder(tmp_path / "project", CLIENT_DEFINITION)
    folder.run(xml_feed({"1": "Mason"}), workers=0)
    (folder.root / "feeds").mkdir()
    (folder.root / "feeds" / "link.xml").symlink_to("/etc/passwd")
    folder.configure(getattr(request, "param", ""))
    with shown(folder):
        yield folder
    make_strict(strict=False)


@pytest.fixture
def developer(project: ProjectFolder) -> Client:
    return logged_in(account(AccountRole.DEVELOPER))


@pytest.fixture
def inner() -> Iterator[HttpSource]:
    """A machine beside ours: nobody is to ask it anything."""
    with HttpSource() as running:
        running.serve("/feed.xml", xml_feed({"9": "Inner secret"}))
        yield running
        assert running.requests == []


def refuses(developer: Client, place: str, said: str = "") -> None:
    """Wherever a place can be given: a first import, and each act on a draft."""
    answer = developer.post("/imports/new/", {"name": "fresh", "client": "", "feed": place})
    page = answer.content.decode()
    assert answer.status_code == 400 and said in page, page
    text = CLIENT_DEFINITION.replace("feed: feed.xml", f'feed: "{place}"')
    pages = [page, developer.post(DRAFT, {"text": text, "do": "preview"}).content.decode()]
    pages.append(developer.post("/imports/offers/definition/check", {"text": text}).content.decode())
    assert 'class="error"' in pages[1], pages[1]
    for shown_page in pages:
        assert "root:" not in shown_page and "Inner secret" not in shown_page
    DefinitionDraft.objects.all().delete()


def test_what_answers_machines_alone_is_never_asked(project: ProjectFolder, developer: Client) -> None:
    for place in NEVER:
        refuses(developer, place)


def test_a_scheme_that_is_none_of_ours_is_not_followed(project: ProjectFolder, developer: Client) -> None:
    for place in SCHEMES:
        refuses(developer, place)


def test_a_file_beside_the_project_is_not_read_however_it_is_written(
    project: ProjectFolder, developer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_PLACE", "/etc/passwd")
    for place in FILES:
        refuses(developer, place, "is no file of the project")


ELSEWHERE = (
    "  auth: {private_key: /root/.ssh/id_rsa, basic: me}\n",
    "  auth: {known_hosts: /etc/passwd, basic: me}\n",
    "  files: {afterwards: move, move_to: /etc/cron.d}\n",
)


def test_nor_is_one_named_elsewhere_in_a_draft(project: ProjectFolder, developer: Client) -> None:
    for more in ELSEWHERE:
        place = "sftp://drop.example/in.xml" if "auth" in more else "feed.xml"
        source = f"feed: {place}\n{more}  record: offer\n"
        text = CLIENT_DEFINITION.replace("feed: feed.xml\n  record: offer\n", source)
        for act in ("preview", "publish", "plan"):
            page = developer.post(DRAFT, {"text": text, "do": act}).content.decode()
            assert "is no file of the project" in page, page


def test_a_source_leads_into_no_inner_network(project: ProjectFolder, developer: Client, inner: HttpSource) -> None:
    for leads_to in ("http://169.254.169.254/", inner.url("/feed.xml"), "file:///etc/passwd", "//10.0.0.1/"):
        with HttpSource() as source:
            source.serve("/away", redirect=leads_to)
            refuses(developer, source.url("/away"))


@pytest.mark.parametrize("project", ["guard: strict\n"], indirect=True)
def test_where_the_guard_is_strict_no_inner_host_is_asked_whatever_its_name(
    project: ProjectFolder, developer: Client, inner: HttpSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = socket.getaddrinfo

    def resolve(name: Any, *more: Any, **options: Any) -> Any:
        return ask("127.0.0.1" if name in ("jobs.example", b"jobs.example") else name, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    for host in ("127.0.0.1", "localhost", "127.1", "0x7f000001", "[::1]", "jobs.example"):
        place = inner.url("/feed.xml").replace("127.0.0.1", host)
        refuses(developer, place)
        allowed = CLIENT_DEFINITION.replace("feed: feed.xml", f'feed: "{place}"\n  allow: ["127.0.0.0/8", "::1/128"]')
        assert "Inner secret" not in developer.post(DRAFT, {"text": allowed, "do": "preview"}).content.decode()


def test_a_client_and_whoever_writes_no_definitions_cannot_ask_for_any_of_it(project: ProjectFolder) -> None:
    given = {"name": "fresh", "client": "", "feed": "feed.xml", "text": CLIENT_DEFINITION, "do": "preview"}
    for role, *clients in ((AccountRole.CLIENT, "Acme"), (AccountRole.ACCOUNT_MANAGER,), (AccountRole.OPERATOR,)):
        client = logged_in(account(role, *clients))
        for address in ("/imports/new/", DRAFT, "/imports/offers/definition/check"):
            assert client.post(address, given).status_code == 403, (role, address)
