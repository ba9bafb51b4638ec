"""Postings in the interface: found by words and facts, one with its whole way, and decided over."""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.http import urlencode
from project_folder import ProjectFolder
from web_client import account, logged_in, shown

from jobpipe.ledger.models import AccountRole, AuditLine
from jobpipe.runs.conducting import run_import
from jobpipe.runs.progress import Progress
from jobpipe.runs.starting import StopRequest

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
DEFINITION = """\
import: {name}
client: {client}
source: {{feed: {name}.xml, record: offer}}
deliver: [partner]
posting:
  reference: id
  title: title
  company: company
  description: text
  locations: place
  contract: contract
"""


def offer(key: str, title: str, *, text: str = "Texte", company: str = "Acme", place: str = "Paris") -> str:
    fields = {"id": key, "title": title, "text": text, "company": company, "place": place, "contract": "permanent"}
    return "<offer>" + "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in fields.items()) + "</offer>"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[ProjectFolder]:
    """Two clients, the one with hostile content."""
    folder = ProjectFolder(tmp_path / "project", DEFINITION.format(name="offers", client="Acme"))
    (folder.root / "imports" / "others.yaml").write_text(DEFINITION.format(name="others", client="Bolt"))
    evil = offer(f"a/b {EVIL}", EVIL, text=EVIL, company=EVIL, place=EVIL)
    feeds = {"offers": [offer("1", "Chef de cuisine", place="Zürich"), evil], "others": [offer("1", "Baker of Bolt")]}
    for name, offers in feeds.items():
        (folder.root / f"{name}.xml").write_text(f"<offers>{''.join(offers)}</offers>")
    with shown(folder) as workspace:
        for name in feeds:
            run_import(workspace, name, progress=Progress(), stop=StopRequest(), workers=0)
        yield folder


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def posting(key: str, name: str = "offers") -> str:
    return f"/postings/{name}/?{urlencode({'key': key})}"


class Elements(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.attributes: set[str] = set()
        self.inline: list[str] = []
        self._in_script = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes |= {name for name, _ in attrs}
        self._in_script = tag == "script"

    def handle_data(self, data: str) -> None:
        if self._in_script and data.strip():
            self.inline.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False


def test_postings_are_found_by_words_and_narrowed_down(project: ProjectFolder) -> None:
    client = logged_in(account())
    found = page(client, "/postings/?q=zurich+CHEF")
    assert "Chef de cuisine" in found
    assert "Baker" not in found
    assert "1 posting<" in found
    everything = page(client, "/postings/")
    assert "3 postings<" in everything
    assert "?import=others" in everything
    assert "?contract=permanent" in everything
    narrowed = page(client, "/postings/?client=Bolt&state=live")
    assert "Baker of Bolt" in narrowed
    assert "Chef" not in narrowed
    assert "No posting is like that" in page(client, "/postings/?state=expired")
    assert page(client, f"/postings/?{urlencode({'q': EVIL, 'before': EVIL, 'import': EVIL})}")


def test_the_found_ones_come_as_a_file_without_formulas(project: ProjectFolder) -> None:
    (project.root / "others.xml").write_text(f"<offers>{offer('=1+1', '=cmd()')}</offers>")
    from jobpipe.web.project import workspace

    run_import(workspace(), "others", progress=Progress(), stop=StopRequest(), workers=0)
    answer = logged_in(account()).get("/postings/?import=others&as=csv&state=live")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [(row["import"], row["key"], row["title"]) for row in rows] == [("others", "'=1+1", "'=cmd()")]


def test_what_sources_write_is_text_on_every_page(project: ProjectFolder) -> None:
    client = logged_in(account())
    for address in ("/postings/", f"/postings/?{urlencode({'q': 'script'})}", posting(f"a/b {EVIL}")):
        text = page(client, address)
        elements = Elements(text)
        assert "&lt;script&gt;" in text
        assert not elements.inline
        assert not {name for name in elements.attributes if name.startswith("on")}
        assert "style" not in elements.attributes


def test_a_posting_shows_its_whole_way(project: ProjectFolder) -> None:
    text = page(logged_in(account()), posting("1"))
    assert "<code>title</code> Chef de cuisine" in text
    assert "&lt;title&gt;&lt;![CDATA[Chef de cuisine]]" in text
    assert "name: Acme" in text
    assert "Revision 1" in text
    assert '<a href="/destinations/partner/">partner</a>' in text
    assert "never delivered" in text
    assert "/destinations/" not in page(logged_in(account(AccountRole.CLIENT, "Acme")), posting("1"))


def test_revisions_are_shown_field_by_field(project: ProjectFolder) -> None:
    from jobpipe.web.project import workspace

    (project.root / "others.xml").write_text(f"<offers>{offer('1', 'Head baker')}</offers>")
    run_import(workspace(), "others", progress=Progress(), stop=StopRequest(), workers=0)
    text = page(logged_in(account()), posting("1", "others"))
    assert "<del>Baker of Bolt</del>" in text
    assert "<ins>Head baker</ins>" in text


def test_a_posting_is_excluded_corrected_and_restored_at_once(project: ProjectFolder) -> None:
    client = logged_in(account())
    evil = f"a/b {EVIL}"
    answer = client.post("/postings/offers/exclude", {"key": evil, "reason": "asked for", "until": "2099-01-31"})
    assert answer.headers["Location"] == posting(evil)
    text = page(client, posting(evil))
    assert "excluded until 2099-01-31 (asked for)" in text
    assert evil in {row.key for row in project.rows() if row.status.name == "EXCLUDED"}
    assert "1 posting<" in page(client, "/postings/?state=excluded")
    client.post("/postings/offers/correct", {"key": "1", "field": "title", "value": "Head chef", "reason": ""})
    assert project.postings()["1"]["title"] == "Head chef"
    assert "by override" in page(client, posting("1"))
    client.post("/postings/offers/restore", {"key": "1"})
    assert project.postings()["1"]["title"] == "Chef de cuisine"
    assert AuditLine.objects.filter(action="posting.exclude", account="admin-all").exists()


def test_what_is_excluded_leaves_destinations_at_once(project: ProjectFolder) -> None:
    for name in ("destinations", "out"):
        (project.root / name).mkdir()
    (project.root / "destinations" / "partner.yaml").write_text("destination: partner\nto: {file: out/jobs.jsonl}\n")
    client = logged_in(account())
    client.post("/postings/offers/correct", {"key": "1", "field": "title", "value": "Head chef"})
    _wait_for(project.root / "out" / "jobs.jsonl", "Head chef")
    client.post("/postings/others/exclude", {"key": "1"})
    _wait_for(project.root / "out" / "jobs.jsonl", "Head chef", without="Baker")
    text = page(client, posting("1"))
    assert "it should be there" in text
    assert "the posting is excluded: it should not be there" in page(client, posting("1", "others"))


def _wait_for(path: Path, words: str, *, without: str = "") -> None:
    """Deliveries go beside the request."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        text = path.read_text() if path.exists() else ""
        if words in text and (not without or without not in text):
            return
        time.sleep(0.02)
    raise AssertionError(f"{path} is not as it should be: {text}")


@pytest.mark.parametrize(
    ("act", "given", "said"),
    [
        ("exclude", {"until": "2001-01-01"}, "is over"),
        ("exclude", {"until": "someday"}, "is no day"),
        ("correct", {"field": "contract", "value": "forever"}, "cannot be"),
        ("correct", {"field": "", "value": "x"}, "is no field=value"),
        ("correct", {"field": EVIL, "value": EVIL}, "&lt;script&gt;"),
    ],
)
def test_a_decision_that_does_not_go_says_why_beside_the_form(
    project: ProjectFolder, act: str, given: dict[str, str], said: str
) -> None:
    answer = logged_in(account()).post(f"/postings/offers/{act}", {"key": "1", **given})
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not Elements(answer.content.decode()).inline


def test_clients_and_their_account_managers_see_and_decide_over_theirs_only(project: ProjectFolder) -> None:
    for role in (AccountRole.CLIENT, AccountRole.ACCOUNT_MANAGER):
        client = logged_in(account(role, "Bolt"))
        found = page(client, "/postings/")
        assert "Baker of Bolt" in found
        assert "Chef" not in found
        for narrowed in ("/postings/?import=offers", "/postings/?client=Acme", "/postings/?q=chef"):
            assert re.search("No (posting|offer) is like that", page(client, narrowed))
        assert "Chef" not in client.get("/postings/?as=csv").content.decode()
        assert client.get(posting("1", "offers")).status_code == 404
        assert client.post("/postings/offers/exclude", {"key": "1"}).status_code == 404
        assert client.post("/postings/others/exclude", {"key": "1"}).status_code == 302
        assert client.post("/postings/others/restore", {"key": "1"}).status_code == 302
    assert project.keys() >= {"1"}


def test_a_posting_that_is_not_there_is_not_found(project: ProjectFolder) -> None:
    client = logged_in(account())
    assert client.get(posting("none")).status_code == 404
    assert client.get("/postings/offers/").status_code == 404
    assert client.post("/postings/offers/exclude", {"key": "none"}).status_code == 404


def test_pages_cost_few_queries(project: ProjectFolder) -> None:
    client = logged_in(account())
    page(client, "/postings/")
    for address in ("/postings/?q=chef", posting("1")):
        with CaptureQueriesContext(connection) as queries:
            page(client, address)
        assert len(queries) <= 10, [one["sql"][:150] for one in queries]
