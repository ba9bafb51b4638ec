"""A client's people who read French read no English: on no page, in no answer to a form, in no mail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.test import Client
from project_folder import CLIENT_DEFINITION, ProjectFolder
from web_client import PASSWORD, account, logged_in, shown

from jobpipe.errors import OutOfReachError
from jobpipe.ledger.models import Account, AccountRole, Override
from jobpipe.runs.source_reports.gathering import report_of_import
from jobpipe.runs.source_reports.page import as_page
from jobpipe.runs.source_reports.wording import Wording
from jobpipe.web.password_links import code_for
from jobpipe.web.plain_rules import ACTS, groups_of, in_words, needs_words, written
from jobpipe.web.words import PHRASES, words_of

POSTING = """\
  contract: {from: type, map: contracts, unmapped: default, default: other}
  locations: {from: place, then: place}
  salary: {from: pay, then: salary}
  positions: count
"""
# Words of English that no French text has, and no data of this project.
ENGLISH = re.compile(
    r"\b(the|is|are|was|of|and|not|has|have|with|cannot|there|which|what|does|no (?:title|number)|line|column|posting"
    r"|import|imports|runs?|expired|excluded|live|until|unmapped|rejected|internship|permanent|fixed_term|ago)\b",
    re.IGNORECASE,
)
# A phrase that is the same in both languages says nothing.
PHRASES_OF_ENGLISH = [re.split(r"\{\w+\}", said[0]) for said in PHRASES.values() if said[0] != said[1]]
SPACE = "/clients/Acme/"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[ProjectFolder]:
    folder = ProjectFolder(tmp_path / "project", CLIENT_DEFINITION + POSTING)
    (folder.root / "mappings").mkdir()
    (folder.root / "mappings" / "contracts.csv").write_text("label,code\nCDI,permanent\n")
    for title in ("Menuisier", "Menuisière"):
        folder.run(feed(title), workers=0)
    with shown(folder):
        yield folder


def feed(title: str) -> bytes:
    offers = "".join(
        f'<offer id="{key}"><title>{title} {key}</title><type>{kind}</type><place>69001 Lyon</place>'
        f"<pay>2 500 € par mois</pay></offer>\n"
        for key, kind in {"1": "CDI", "2": "stagiaire", "3": "stagiaire"}.items()
    )
    wrong = '<offer id="4"><title>Faux</title><count>beaucoup</count></offer>\n<offer id="5"><title></title></offer>'
    return f"<offers>\n{offers}{wrong}\n</offers>".encode()


class Texts(HTMLParser):
    """What a person reads of a page: texts, and what stands in attributes for them; not what is code or data."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._skipped = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        names = ("title", "placeholder", "aria-label", "alt", "data-confirm", "label")
        self.found += [said for name in names if (said := given.get(name)) and tag != "time"]
        if tag in ("pre", "code", "textarea", "script") or given.get("lang") == "en":
            self._skipped += tag not in ("option", "a")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("pre", "code", "textarea", "script", "div") and self._skipped:
            self._skipped -= 1

    def handle_data(self, data: str) -> None:
        if not self._skipped and data.strip() and data.strip() != "English":
            self.found.append(" ".join(data.split()))


def english_in(page: str) -> list[str]:
    texts = Texts(page).found
    whole = " ".join(texts)
    phrases = [parts for parts in PHRASES_OF_ENGLISH if len(parts[0]) > 8 and all(part in whole for part in parts)]
    return [text for text in texts if ENGLISH.search(text)] + ["…".join(parts) for parts in phrases]


def reader() -> Account:
    who = account(AccountRole.CLIENT, "Acme", name="amélie")
    Account.objects.filter(pk=who.pk).update(language="fr")
    who.refresh_from_db()
    return who


def answers(client: Client, project: ProjectFolder) -> Iterator[tuple[str, str]]:
    """All that a client's people come to see: pages, what forms answer, what is refused."""

    def get(address: str) -> tuple[str, str]:
        return address, client.get(address).content.decode()

    def post(address: str, **given: object) -> tuple[str, str]:
        return f"{address} {given}", client.post(address, given, follow=True).content.decode()

    yield from map(get, (SPACE, *(f"{SPACE}{tab}/" for tab in ("refused", "labels", "rules", "offers", "settings"))))
    yield from map(get, (f"{SPACE}labels/?suggest=1", f"{SPACE}refused/?import=offers", f"{SPACE}labels/codes"))
    yield from map(get, ("/postings/", "/postings/?q=menuisière", "/postings/?q=4", "/postings/?q=rien&state=expired"))
    yield from map(
        get, ("/postings/?contract=permanent&country=FR", "/postings/offers/?key=1", "/postings/offers/?key=2")
    )
    yield from map(get, ("/account/", "/account/tokens/", "/nowhere", "/runs/", "/clients/Other/", "/?q=%00"))
    label = {"table-0": "contracts", "label-0": "stagiaire", "scope-0": "client", "owner-0": "Acme"}
    yield post(f"{SPACE}labels/effect", **label, **{"value-0": "n'importe quoi"})
    yield post(f"{SPACE}labels/effect")
    effect = post(f"{SPACE}labels/effect", **label, **{"value-0": "Stage"})
    yield effect
    packed = re.search(r'<textarea name="decisions" hidden>(.*?)</textarea>', effect[1], re.DOTALL)
    assert packed is not None
    yield post(f"{SPACE}labels/save", decisions=unescape(packed[1]))
    yield post(f"{SPACE}labels/save", decisions=unescape(packed[1]))  # once more: it was changed meanwhile
    yield post(f"{SPACE}labels/save", decisions="[]")
    yield post(f"{SPACE}labels/save", decisions="nothing")
    rule = {"for": "client Acme", "act": "drop"}
    yield post(f"{SPACE}rules/effect", **rule)
    yield post(f"{SPACE}rules/effect", **rule, about="title")
    yield post(f"{SPACE}rules/effect", **rule, rule="drop wen posting.contract == 'x'")
    yield post(f"{SPACE}rules/effect", **rule, rule="drop when posting.nothing")
    yield post(f"{SPACE}rules/effect", **rule, rule="set contract = 'for ever'")
    yield post(f"{SPACE}rules/effect", **rule, rule="default working_time = 'full_time'")
    yield post(f"{SPACE}rules/effect", **rule, about="title", words="menuisière 2")
    yield post(
        f"{SPACE}rules/save", **rule, about="contract=internship", rule="drop when posting.contract == 'internship'"
    )
    number = Override.objects.exclude(scope="posting").latest("pk").pk
    yield post(f"{SPACE}rules/effect", number=number, do="remove")
    yield post(f"{SPACE}rules/save", number=number, do="remove", revision=10**6)
    offer = {"import": "offers", "key": "1", "until": "", "reason": ""}
    for wrong in ({"key": "9"}, {"until": "2001-01-01"}, {"import": ""}):
        yield post(f"{SPACE}offers/exclude", **{**offer, **wrong})
    yield post(f"{SPACE}offers/exclude", **{**offer, "until": "2099-03-12"})
    yield from map(get, (f"{SPACE}offers/", "/postings/?state=excluded", "/postings/offers/?key=1"))
    yield post(f"{SPACE}offers/restore", **offer)
    yield post("/postings/offers/exclude", key="1", until="2001-01-01")
    yield post("/postings/offers/correct", key="1", field="contract", value="à vie")
    yield post("/postings/offers/correct", key="1", field="contract", value="CDD", until="2099-03-01")
    yield post("/postings/offers/correct", key="1", field="title", value="")
    yield post("/postings/offers/restore", key="1")
    yield post("/postings/offers/restore", key="1")
    for wrong in ({"to": "nobody"}, {"to": "\n".join(f"a{n}@example.org" for n in range(30))}, {"when": "hourly"}):
        yield post(f"{SPACE}settings/", **{"to": "", "language": "fr", "when": "always", **wrong})
    yield post(f"{SPACE}settings/", to="a@example.org", language="fr", when="weekly", pages="fr")
    yield post("/account/password", password="wrong", new="x")
    yield post("/account/password", password=PASSWORD, new="x")
    yield post("/account/password", password=PASSWORD, new="aaaaaaaaaaaaaaaa")
    yield post("/account/second-factor", password="wrong")
    yield post("/account/second-factor", password=PASSWORD)
    yield post("/account/second-factor/confirm", code="000000")
    yield post("/account/second-factor/off", password="wrong")
    yield post("/account/details", language="fr")
    yield post("/account/tokens/", name="")
    yield post("/account/tokens/", name="notre logiciel", scopes=["push:write", "postings:read"], days="30")
    yield post("/runs/1/accept")


def test_no_english_is_left_on_a_page_of_a_client_who_reads_french(project: ProjectFolder) -> None:
    who = reader()
    client = logged_in(who)
    left = {address: found for address, page in answers(client, project) if (found := english_in(page))}
    assert left == {}


def test_english_would_be_found(project: ProjectFolder) -> None:
    client = logged_in(account(AccountRole.CLIENT, "Acme"))
    pages = (
        SPACE,
        f"{SPACE}refused/",
        f"{SPACE}rules/",
        "/postings/",
        "/postings/offers/?key=1",
        "/account/",
        "/nowhere",
    )
    assert all(english_in(client.get(address).content.decode()) for address in pages)


def test_whoever_comes_by_a_link_or_logs_in_reads_french_too(project: ProjectFolder) -> None:
    who = reader()
    code = code_for(who)
    browser = Client(headers={"Accept-Language": "fr"})
    pages = [browser.get("/login"), browser.post("/login", {"name": who.name, "password": "x"})]
    pages += [
        Client().get("/password", {"code": code}),
        Client().post("/password", {"code": code, "password": "court"}),
    ]
    pages += [browser.get("/password", {"code": "none"}), browser.get("/nowhere")]
    pages.append(Client(enforce_csrf_checks=True, headers={"Accept-Language": "fr"}).post("/login", {}))
    pages += [browser.post("/login", {"name": who.name, "password": "x"}) for _ in range(6)]
    assert [found for page in pages if (found := english_in(page.content.decode()))] == []


def test_a_report_by_mail_in_french_has_no_english(project: ProjectFolder) -> None:
    with project.open() as workspace:
        report = report_of_import(workspace, "offers")
    page = as_page(report, Wording("fr", "Europe/Paris")).replace(str(project.root), "")
    assert "beaucoup" in page
    assert english_in(page) == []


def test_numbers_and_days_are_written_as_in_french() -> None:
    say = words_of("fr")
    assert say.number(1234) == "1\u202f234"
    assert (say.iso_day("2026-03-12"), say.iso_day("2026-03-01T10:00:00Z")) == ("12 mars 2026", "1er mars 2026")
    assert words_of("en").iso_day("2026-03-12") == "12 March 2026"
    assert say.iso_day("no day") == "no day"


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_rule_that_was_chosen_is_said_again_as_it_was_chosen(language: str) -> None:
    say = words_of(language)
    for _, choices in groups_of(say, ""):
        for one in choices:
            for act in ACTS:
                for words in ("l'été \\ {}", "X" * 300) if needs_words(one.name) else ("",):
                    said = in_words(say, written(act, one.name, words))
                    part = words[:100].upper() if one.name == "country" else words[:100].lower()
                    assert part in said, (one.name, words)
    assert in_words(say, "drop when posting.title == posting.reference") == ""
    assert written("drop", "nothing", "x") == ""


def test_every_rule_of_the_lists_can_be_used(project: ProjectFolder) -> None:
    client = logged_in(reader())
    for _, choices in groups_of(words_of("fr"), ""):
        for one in choices:
            for act in ACTS:
                given = {"for": "client Acme", "act": act, "about": one.name, "words": 'été d\'un "an"'}
                page = client.post(f"{SPACE}rules/effect", given)
                assert page.status_code == 200, one.name
                assert "ne peut pas s'appliquer" not in page.content.decode(), one.name
    found = client.post(f"{SPACE}rules/effect", {"for": "client Acme", "act": "drop", "about": "city", "words": "LYON"})
    assert "<dt>écartées</dt><dd>3</dd>" in found.content.decode()


def test_a_ledger_that_is_busy_or_away_and_a_fault_of_ours_are_told_in_french(
    project: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = logged_in(reader())
    client.raise_request_exception = False
    for error, status in ((OutOfReachError("no server"), 503), (RuntimeError("a bug"), 500)):

        def fails(*_: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr("jobpipe.web.pages.clients.flows", fails)
        page = client.get(SPACE)
        assert page.status_code == status
        assert english_in(page.content.decode()) == []
    for name in ("error_busy", "error_busy_words", "error_busy_hint"):
        assert not ENGLISH.search(words_of("fr")[name])
