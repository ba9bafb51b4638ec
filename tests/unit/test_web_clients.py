"""A client's own space: what it shows, in which language, what is decided there, and that nobody else's is reached."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from project_folder import CLIENT_DEFINITION, ProjectFolder
from web_client import account, logged_in, shown

from jobpipe.ledger.models import Account, AccountRole, Import, MappingEntry, Override, ReportSetting, WebSession
from jobpipe.runs.source_reports.wishes import wishes_of_import
from jobpipe.web.words import LANGUAGES, PHRASES

WEB = Path(__file__).parent.parent.parent / "src" / "jobpipe" / "web"
POSTING = """\
  contract: {from: type, map: contracts, unmapped: default, default: other}
  positions: [count]
"""


def feed() -> bytes:
    kinds = {"1": "CDI", "2": "stage", "3": "stage"}
    good = [f'<offer id="{key}"><title>Job {key}</title><type>{kind}</type></offer>' for key, kind in kinds.items()]
    bad = '<offer id="4"><title>Bad</title>\n<count>many</count></offer>'
    return f"<offers>\n{''.join(good)}\n{bad}\n</offers>".encode()


@pytest.fixture
def project(tmp_path: Path) -> Iterator[ProjectFolder]:
    folder = ProjectFolder(tmp_path / "project", CLIENT_DEFINITION + POSTING)
    (folder.root / "mappings").mkdir()
    (folder.root / "mappings" / "contracts.csv").write_text("label,code\nCDI,permanent\n")
    folder.run(feed(), workers=0)
    with shown(folder):
        yield folder


def client_of(name: str = "Acme", language: str = "en") -> Client:
    who = account(AccountRole.CLIENT, name)
    Account.objects.filter(pk=who.pk).update(language=language)
    who.refresh_from_db()
    return logged_in(who)


def decisions_in(page: bytes) -> str:
    found = re.search(r'<textarea name="decisions" hidden>(.*?)</textarea>', page.decode(), re.DOTALL)
    assert found is not None
    return unescape(found[1])


def row(label: str = "stage", scope: str = "client", owner: str = "Acme") -> dict[str, str]:
    words = {"table": "contracts", "label": label, "scope": scope, "owner": owner, "value": "internship"}
    return {f"{name}-0": said for name, said in words.items()}


def test_a_client_lands_on_its_space_and_reads_its_language(project: ProjectFolder) -> None:
    client = client_of(language="fr")
    page = client.get("/", follow=True)
    assert page.redirect_chain[-1][0] == "/clients/Acme/"
    text = page.content.decode()
    assert '<html lang="fr">' in text
    assert "en ligne" in text
    assert "Se déconnecter" in text
    assert 'href="/imports/' not in text
    assert 'href="/mappings/' not in text
    english = client_of().get("/clients/Acme/").content.decode()
    assert "online now" in english
    assert "<dd>3</dd>" in english


def test_every_page_asks_few_questions_of_the_ledger_and_is_small(project: ProjectFolder) -> None:
    client = client_of()
    for tab in ("", "refused/", "labels/", "rules/", "offers/", "settings/"):
        client.get(f"/clients/Acme/{tab}")
        with CaptureQueriesContext(connection) as queries:
            page = client.get(f"/clients/Acme/{tab}")
        assert page.status_code == 200
        assert len(queries) <= 10, tab
        assert len(page.content) < 100_000
    with CaptureQueriesContext(connection) as queries:
        assert b"Acme" in logged_in(account()).get("/clients/").content
    assert len(queries) <= 12


def test_what_was_refused_is_said_with_its_line_and_how_to_mend_it(project: ProjectFolder) -> None:
    text = client_of().get("/clients/Acme/refused/").content.decode()
    assert "line 3" in text
    assert "Bad" in text
    assert "How to mend it" in text
    assert "ligne 3" in client_of(language="fr").get("/clients/Acme/refused/?import=offers").content.decode()
    assert client_of().get("/clients/Acme/refused/?import=other").status_code == 404


def test_a_client_says_what_its_words_mean_after_seeing_what_changes(project: ProjectFolder) -> None:
    client = client_of()
    assert b"stage" in client.get("/clients/Acme/labels/").content
    pieces = client.get("/clients/Acme/labels/", headers={"HX-Request": "true"})
    assert b"suggested-0" in pieces.content
    page = client.post("/clients/Acme/labels/effect", row())
    assert b"Offers that change: 2" in page.content
    assert not MappingEntry.objects.exists()
    said = client.post("/clients/Acme/labels/save", {"decisions": decisions_in(page.content)}, follow=True)
    assert b"2 offers were made again" in said.content
    assert project.postings()["2"]["contract"] == "internship"
    assert client.post("/clients/Acme/labels/effect", {}).status_code == 400


def test_a_client_sees_what_a_rule_does_before_it_counts(project: ProjectFolder) -> None:
    client = client_of()
    rule = {"rule": "drop when posting.contract == 'other'", "for": "client Acme", "note": ""}
    tried = client.post("/clients/Acme/rules/effect", rule).content.decode()
    assert "<dt>left out</dt><dd>2</dd>" in tried
    client.post("/clients/Acme/rules/save", rule)
    assert project.keys() == {"1"}
    assert b"posting.contract" in client.get("/clients/Acme/rules/").content
    gone = {"number": Override.objects.get().pk, "do": "remove"}
    assert b"come in again" in client.post("/clients/Acme/rules/effect", gone).content
    client.post("/clients/Acme/rules/save", gone)
    assert len(project.keys()) == 3
    wrong = client.post("/clients/Acme/rules/effect", {**rule, "rule": "drop wen x"})
    assert wrong.status_code == 400
    assert b"line 1, column" in wrong.content


def test_an_offer_is_taken_down_at_once_and_comes_back(project: ProjectFolder) -> None:
    client = client_of()
    form = {"import": "offers", "key": "1", "until": "", "reason": "filled"}
    assert client.post("/clients/Acme/offers/exclude", {**form, "key": "nine"}).status_code == 400
    assert client.post("/clients/Acme/offers/exclude", {**form, "until": "2001-01-01"}).status_code == 400
    assert b"is taken down" in client.post("/clients/Acme/offers/exclude", form, follow=True).content
    assert project.keys() == {"2", "3"}
    client.post("/clients/Acme/offers/restore", form)
    assert project.keys() == {"1", "2", "3"}


def test_a_client_says_who_gets_its_reports(project: ProjectFolder) -> None:
    client = client_of()
    form = {"to": "a@example.org\nb@example.org", "language": "fr", "when": "weekly", "pages": "fr"}
    assert "Enregistré." in client.post("/clients/Acme/settings/", form, follow=True).content.decode()
    with project.open() as workspace:
        wishes = wishes_of_import(workspace.project, "offers")
    assert (wishes.to, wishes.language, wishes.when) == (("a@example.org", "b@example.org"), "fr", "weekly")
    assert '<html lang="fr">' in client.get("/clients/Acme/settings/").content.decode()
    assert client.post("/clients/Acme/settings/", {**form, "to": "no address"}).status_code == 400
    assert client.post("/clients/Acme/settings/", {**form, "when": "hourly"}).status_code == 400


def test_a_client_reaches_nothing_of_another(project: ProjectFolder) -> None:
    acme, other = client_of(), client_of("Other")
    Import.objects.create(name="others", client="Other")
    acme.post("/clients/Acme/rules/save", {"rule": "drop when posting.title == 'x'", "for": "client Acme"})
    number = Override.objects.get().pk
    for tab in ("", "refused/", "labels/", "labels/codes", "rules/", "offers/", "settings/"):
        assert other.get(f"/clients/Acme/{tab}").status_code == 404, tab
    packed = (
        '[{"table":"contracts","label":"x","value":"permanent","scope":"%s","owner":"%s","is_pattern":false,'
        '"revision":null}]'
    )
    posts = ("labels/effect", "labels/save", "rules/effect", "rules/save", "offers/exclude", "offers/restore")
    for tab in (*posts, "settings/"):
        assert other.post(f"/clients/Acme/{tab}", {}).status_code == 404, tab
    # In its own space, with what is of another in the form.
    for scope, owner in (("client", "Acme"), ("import", "offers"), ("global", ""), ("posting", "offers")):
        assert other.post("/clients/Other/labels/effect", row(scope=scope, owner=owner)).status_code == 404
        saved = other.post("/clients/Other/labels/save", {"decisions": packed % (scope, owner)})
        assert saved.status_code == 404
        rule = {"rule": "drop when posting.title == 'y'", "for": f"{scope} {owner}".strip()}
        for act in ("effect", "save"):
            assert other.post(f"/clients/Other/rules/{act}", rule).status_code == 404
            assert other.post(f"/clients/Other/rules/{act}", {"number": number, "do": "remove"}).status_code == 404
    for act in ("exclude", "restore"):
        assert other.post(f"/clients/Other/offers/{act}", {"import": "offers", "key": "1"}).status_code == 404
    assert other.get("/clients/Other/refused/?import=offers").status_code == 404
    assert b"stage" not in other.get("/clients/Other/labels/?import=offers").content
    # The pages of the house, and acts on them.
    assert other.get("/mappings/").status_code == 403
    assert other.get("/rules/").status_code == 403
    assert other.post("/mappings/effect", row()).status_code == 404
    assert other.post("/mappings/save", {"decisions": packed % ("client", "Acme")}).status_code == 404
    assert other.post("/rules/save", {"number": number, "do": "remove"}).status_code == 404
    assert other.post("/clients/look-as", {"client": "Acme"}).status_code == 404
    assert Override.objects.filter(active=True).count() == 1
    assert not MappingEntry.objects.exists()
    assert not ReportSetting.objects.exists()
    assert len(project.keys()) == 3


def test_staff_look_as_a_client_does_and_change_nothing(project: ProjectFolder) -> None:
    manager = logged_in(account(AccountRole.ACCOUNT_MANAGER, "Acme"))
    assert b"Look as they do" in manager.get("/clients/").content
    assert "en ligne" in manager.get("/clients/Acme/?lang=fr").content.decode()
    assert "Règles" in manager.get("/clients/Acme/rules/").content.decode()
    assert manager.post("/clients/look-as", {"client": "Other"}).status_code == 404
    assert manager.post("/clients/look-as", {"client": "Acme"}).headers["Location"] == "/clients/Acme/"
    page = manager.get("/clients/Acme/").content.decode()
    assert "nothing can be changed" in page
    assert 'href="/imports/' not in page
    assert manager.get("/mappings/").status_code == 403
    assert manager.post("/clients/Acme/labels/effect", row()).status_code == 403
    assert manager.post("/clients/look-as").headers["Location"] == "/clients/"
    assert manager.get("/mappings/").status_code == 200
    assert logged_in(account(AccountRole.OPERATOR)).post("/clients/look-as", {"client": "Acme"}).status_code == 404
    assert WebSession.objects.filter(data__has_key="as_client").count() == 0


def test_a_clients_people_read_their_language_on_every_page_of_their_own(project: ProjectFolder) -> None:
    who = account(AccountRole.CLIENT, "Acme")
    who.language = "fr"
    who.save()
    client = logged_in(who)
    page = client.get("/account/").content.decode()
    assert "Votre compte" in page and "Mot de passe" in page and "Second facteur" in page
    assert "Introuvable" in client.get("/clients/Other/").content.decode()
    refused = client.get("/runs/")
    assert refused.status_code == 403 and "Interdit" in refused.content.decode()
    assert "Not there" in logged_in(account()).get("/nowhere").content.decode()


def test_no_phrase_is_missing_in_a_language_and_each_is_used() -> None:
    used: set[str] = set()
    for template in (WEB / "templates").glob("*.html"):
        used |= set(re.findall(r"\bsay\.(\w+)", template.read_text()))
    families: set[str] = set()
    named: set[str] = set()
    for code in (one for one in WEB.rglob("*.py") if one.parent.name != "phrases"):
        text = code.read_text()
        used |= set(re.findall(r"(?:\bsay|\(request\))\[[\"'](\w+)[\"']\]", text))
        families |= set(re.findall(r"\b(?:say|self|\(request\))(?:\.get\(|\[)f\"(\w+_)\{", text))
        named |= set(re.findall(r"[\"'](\w+)[\"']", text))
    used -= {"language"}
    assert used <= PHRASES.keys()
    assert {name for name in PHRASES if not name.startswith(tuple(families))} <= used | named
    for name, said in PHRASES.items():
        assert len(said) == len(LANGUAGES), name
        assert all(said), name
        fields = [{field for _, field, _, _ in string.Formatter().parse(one) if field} for one in said]
        assert fields[0] == fields[1], name


def test_a_client_whose_name_has_a_slash_has_its_space_too(project: ProjectFolder) -> None:
    Import.objects.filter(name="offers").update(client="Dupont / Fils")
    client = logged_in(account(AccountRole.CLIENT, "Dupont / Fils", name="dupont"))
    space = client.get("/", follow=True)
    assert space.status_code == 200
    assert space.redirect_chain[-1][0] == "/clients/Dupont%20%2F%20Fils/"
    for tab in ("refused/", "labels/", "rules/", "offers/", "settings/"):
        assert client.get(f"/clients/Dupont%20%2F%20Fils/{tab}").status_code == 200, tab
    assert client_of("Dupont").get("/clients/Dupont%20%2F%20Fils/").status_code == 404
    assert client_of("Dupont").get("/clients/Dupont%20%2F%20Fils/rules/").status_code == 404
