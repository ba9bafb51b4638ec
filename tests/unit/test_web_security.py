"""What hostile people, sources and sites try with the interface, and what holds it (OWASP's usual suspects).

Whose things one sees is tried by test_web_matrix.
"""

from __future__ import annotations

import csv
import http.client
import importlib
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from browser import served
from django.conf import settings
from django.db import transaction
from django.test import Client
from two_clients import CLIENTS, TwoClients, two_clients
from web_addresses import Place, Who, address_of, page_of, parts_of
from web_client import PASSWORD, account, logged_in, show

from jobpipe.ledger.models import Account, AccountRole, ApiToken, AuditLine, LoginTrouble, Override, WebSession
from jobpipe.runs.overrides.deciding import decide_postings
from jobpipe.runs.secret_values import set_secret
from jobpipe.web.api.scopes import Scope
from jobpipe.web.api.tokens import make_token
from jobpipe.web.audit import note_of
from jobpipe.web.changing_accounts import set_password, take_password
from jobpipe.web.making_accounts import AccountProblem
from jobpipe.web.middleware import LARGEST, LARGEST_OF_STRANGERS
from jobpipe.web.rights import Right
from jobpipe.web.routes import ROUTES, Route
from jobpipe.web.sessions import COOKIE, digest_of
from jobpipe.web.settings import configure
from jobpipe.web.tables import csv_file

NAME = next(iter(CLIENTS))
MARK = """<script>alert(1)</script>"'><img src=x onerror=alert(2)>{{ 7|add:7 }}"""
# Where something of `MARK` would be markup: a tag of it, or the end of an attribute that it stands in.
AS_MARKUP = re.compile(r"<script>alert|<img src=x|\"'>")
QUERY = (
    "q",
    "state",
    "client",
    "import",
    "account",
    "action",
    "about",
    "since",
    "until",
    "kind",
    "page",
    "before",
    "next",
)
SECRET, SEALED = "plain-secret-of-the-environment", "sealed-secret-of-the-ledger"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoClients]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FEED_LOGIN", f"acme:{SECRET}")
        with two_clients(tmp_path_factory.mktemp("security") / "project", mark=MARK) as made:
            show(made.workspace)
            importlib.import_module("jobpipe.web.urls")
            _tell_secrets(made)
            note_of(MARK[:150], f"run.{MARK}"[:60], MARK, by=MARK)
            yield made


def _tell_secrets(made: TwoClients) -> None:
    """From now on a definition and a destination ask for secrets."""
    set_secret(made.workspace, "PARTNER_TOKEN", SEALED, by="ines")
    definition = made.root / "imports" / f"{NAME}.yaml"
    source = f'feed: https://feeds.example.com/{NAME}.xml\n  auth: {{basic: "${{FEED_LOGIN}}"}}'
    definition.write_text(definition.read_text().replace(f"feed: {NAME}.xml", source))
    to = 'to: {http: "https://partner.example.com/", headers: {Authorization: "Bearer ${PARTNER_TOKEN}"}}'
    (made.root / "destinations" / "partner.yaml").write_text(f"destination: partner\n{to}\n")


@pytest.fixture(scope="module")
def admin(project: TwoClients) -> Who:
    account(AccountRole.OPERATOR, name="somebody")
    made = account()
    ApiToken.objects.create(account=made, name=MARK[:100], prefix="jp", digest="x", created_at=datetime.now(UTC))
    key = logged_in(made).cookies[COOKIE].value
    WebSession.objects.filter(account=made).update(agent=MARK)
    return Who("admin", made, True, key)


class Inline(HTMLParser):
    """Scripts, styles and handlers that stand in a page itself."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attributes}
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append(tag)
        self.found += [name for name in names if name == "style" or name.startswith(("on", "hx-on"))]


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def shown_pages(project: TwoClients, who: Who, query: str = "") -> Iterator[tuple[str, str]]:
    for route in ROUTES:
        if "GET" in route.methods:
            address = page_of(route, Place(project, NAME, who))
            more = query.replace("?", "&") if "?" in address else query
            answer: Any = who.client().get(address + more)
            if answer.headers.get("Content-Type", "").startswith("text/html"):
                yield route.path, answer.content.decode()


def test_nothing_that_a_source_a_browser_or_an_address_says_is_markup(project: TwoClients, admin: Who) -> None:
    pages = dict(shown_pages(project, admin))
    assert "&lt;script&gt;alert(1)" in pages["runs/<int:run>/changes/"]  # it is there, as text
    assert "&lt;script&gt;alert(1)" in pages["audit/"]
    assert [path for path, page in pages.items() if AS_MARKUP.search(page)] == []
    asked = "?" + urlencode(dict.fromkeys(QUERY, MARK))
    assert [path for path, page in shown_pages(project, admin, asked) if AS_MARKUP.search(page)] == []
    assert [path for path, page in pages.items() if re.search(r"href=\"?\s*javascript:", page, re.IGNORECASE)] == []


def test_a_page_has_no_script_or_style_of_its_own(project: TwoClients, admin: Who) -> None:
    made = account(AccountRole.CLIENT, "Acme")
    client = Who("client", made, False, logged_in(made).cookies[COOKIE].value)
    pages = [(who.words, path, page) for who in (admin, client) for path, page in shown_pages(project, who)]
    assert [(words, path, found) for words, path, page in pages if (found := Inline(page).found)] == []


def test_no_page_shows_a_secret(project: TwoClients, admin: Who) -> None:
    hidden = (SECRET, SEALED, settings.SECRET_KEY, "pbkdf2_sha256", digest_of(admin.key), admin.key)
    found = [(path, secret) for path, page in shown_pages(project, admin) for secret in hidden if secret in page]
    assert found == []


def test_whatever_stands_in_an_address_is_no_failure(project: TwoClients, admin: Who) -> None:
    words = ("..", ".", "a%00b", "x" * 400, quote("💩"), "-", "0", "..%2F..%2Fjobpipe.yaml", "%2e%2e", quote(MARK))
    wrong = []
    for route in ROUTES:
        if "GET" not in route.methods or not parts_of(route):
            continue
        for word in words:
            address = "/" + re.sub(r"<(\w+):\w+>", lambda part, word=word: _odd(part[1], word), route.path)  # type: ignore[misc]
            answer = admin.client().get(address)
            if answer.status_code >= 500:
                wrong.append((route.path, word, answer.status_code))
    assert wrong == []


def _odd(kind: str, word: str) -> str:
    return "9" * 30 if kind == "int" else word


def test_no_form_is_taken_from_another_site(project: TwoClients, admin: Who) -> None:
    posts = [route for route in ROUTES if "POST" in route.methods]
    assert len(posts) > 10
    assert [route.path for route in posts if _posted_from_elsewhere(project, admin, route) != 403] == []


def _posted_from_elsewhere(project: TwoClients, who: Who, route: Route) -> int:
    client = Client(enforce_csrf_checks=True)
    client.cookies[COOKIE] = who.key
    with undone():
        return client.post(address_of(route, Place(project, NAME, who))).status_code


def test_what_changes_something_is_never_done_by_a_link(project: TwoClients, admin: Who) -> None:
    before = AuditLine.objects.latest("pk").pk
    list(shown_pages(project, admin))
    done = AuditLine.objects.filter(pk__gt=before).values_list("action", flat=True)
    assert [action for action in done if "download" not in action] == []


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example"])
def test_no_form_leads_to_another_site(project: TwoClients, admin: Who, wanted: str) -> None:
    with undone():
        answer = admin.client().post("/account/details", {"language": "en", "next": wanted})
    assert answer.headers["Location"] == "/account/"


def test_logging_in_makes_a_new_session_whatever_the_browser_brings(project: TwoClients) -> None:
    who = account(AccountRole.DEVELOPER)
    client = Client()
    client.cookies[COOKIE] = "known-to-somebody-else"
    client.post("/login", {"name": who.name, "password": PASSWORD})
    cookie = client.cookies[COOKIE]
    assert cookie.value != "known-to-somebody-else"
    assert not WebSession.objects.filter(digest=digest_of("known-to-somebody-else")).exists()
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "Lax", "/", "")
    over_tls = Client()
    over_tls.post("/login", {"name": who.name, "password": PASSWORD}, secure=True)
    assert over_tls.cookies[COOKIE]["secure"]
    assert "max-age" in over_tls.get("/", secure=True).headers["Strict-Transport-Security"]


def test_who_tries_many_names_from_one_address_has_to_wait_and_others_need_not(project: TwoClients) -> None:
    who = account(AccountRole.DEVELOPER)
    right = {"name": who.name, "password": PASSWORD}
    for number in range(5):
        Client().post("/login", {"name": f"guess-{number}", "password": "x"}, REMOTE_ADDR="203.0.113.9")
    assert b"Too many tries" in Client().post("/login", right, REMOTE_ADDR="203.0.113.9").content
    assert Client().post("/login", right, REMOTE_ADDR="203.0.113.10").status_code == 302
    LoginTrouble.objects.all().delete()


def test_behind_a_proxy_the_address_that_it_names_counts_and_else_what_anybody_says_does_not(
    project: TwoClients, monkeypatch: pytest.MonkeyPatch
) -> None:
    Client().post("/login", {"name": "x", "password": "x"}, headers={"X-Forwarded-For": "198.51.100.7"})
    assert AuditLine.objects.latest("pk").address == "127.0.0.1"
    monkeypatch.setattr(settings, "SECURE_PROXY_SSL_HEADER", ("HTTP_X_FORWARDED_PROTO", "https"))
    Client().post("/login", {"name": "x", "password": "x"}, headers={"X-Forwarded-For": "10.9.9.9, 198.51.100.7"})
    assert AuditLine.objects.latest("pk").address == "198.51.100.7"
    LoginTrouble.objects.all().delete()


def test_every_answer_lets_nothing_in_from_elsewhere_and_stays_in_no_cache(project: TwoClients, admin: Who) -> None:
    addresses = [address_of(route, Place(project, NAME, admin)) for route in ROUTES if "GET" in route.methods]
    for client in (admin.client(), Client()):
        for address in [*addresses, "/nowhere", "/logout"]:
            headers = client.get(address).headers
            policy = headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy and "unsafe" not in policy, address
            assert "frame-ancestors 'none'" in policy, address
            assert headers["X-Content-Type-Options"] == "nosniff", address
            assert "no-store" in headers["Cache-Control"], address


def test_no_page_believes_what_host_a_request_says_it_is_for(project: TwoClients, admin: Who) -> None:
    told = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    assert Client().get("/", headers=told).headers["Location"].startswith("/login")
    for address in ("/login", "/"):
        answer = admin.client().get(address, headers=told)
        assert b"evil.example" not in answer.content
        assert "Strict-Transport-Security" not in answer.headers
    for odd in ("a b", "evil.example/x", "", "[::1"):
        assert Client().get("/login", headers={"Host": odd}).status_code < 500


def test_what_is_too_large_is_refused_before_it_is_read(project: TwoClients, admin: Who) -> None:
    def sent(client: Client, length: int) -> int:
        return client.post("/login", {"name": "x"}, CONTENT_LENGTH=str(length)).status_code

    assert sent(Client(), LARGEST_OF_STRANGERS + 1) == 413
    assert sent(Client(headers={"Authorization": "Bearer x"}), LARGEST_OF_STRANGERS + 1) == 413
    assert sent(admin.client(), LARGEST + 1) == 413
    many = {f"field-{number}": "x" for number in range(10_001)}
    assert admin.client().post("/account/details", many).status_code == 400


def test_no_file_but_ours_is_handed_out(project: TwoClients, admin: Who) -> None:
    run = project.run(NAME)
    ways = ("/../", "/..%2f", "/%2e%2e/", "//", "/..%5c")
    files = ("settings.py", "etc/passwd")
    paths = [f"{start}{way}{file}" for start in ("/static", "/static/htmx") for way in ways for file in files]
    partner = "/destinations/partner/files"
    paths += [f"/runs/{run}/archive/99", f"{partner}/..%2F..%2Fjobpipe.yaml", f"{partner}/jobpipe.yaml"]
    with served(project.workspace) as url:
        connection = http.client.HTTPConnection(url.removeprefix("http://"))
        for path in paths:
            connection.request("GET", path, headers={"Cookie": f"{COOKIE}={admin.key}"})
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status in (302, 400, 404), path
            assert b"SECRET_KEY" not in body and b"root:" not in body and b"owners:" not in body
        connection.request("GET", "/static/app.css")
        answer = connection.getresponse()
        assert (answer.status, answer.getheader("X-Content-Type-Options")) == (200, "nosniff")
        assert answer.read()
        connection.close()


def test_an_account_is_never_made_an_admin_by_itself(project: TwoClients) -> None:
    """What a form does not ask for does not count."""
    who = account(AccountRole.CLIENT, "Acme")
    given = {"language": "en", "role": "admin", "clients": "Bolt", "is_active": "1", "person": "ines"}
    logged_in(who).post("/account/details", given)
    again = Account.objects.get(pk=who.pk)
    assert (again.role, again.person, list(again.clients.values_list("client", flat=True))) == ("client", "", ["Acme"])


def test_what_no_ledger_stores_is_refused_wherever_it_stands(project: TwoClients, admin: Who) -> None:
    """NUL: PostgreSQL fails over it, and each failure is a traceback and an incident."""
    posts = [route for route in ROUTES if "POST" in route.methods]
    for route in posts:
        client = admin.client() if route.needs is not Right.NOBODY else Client()
        with undone():
            answer = client.post(address_of(route, Place(project, NAME, admin)), {"some-field": "a\x00b"})
        assert answer.status_code == 400, route.path
    for address in (
        "/login?next=a%00b",
        "/postings/?q=a%00b",
        f"/postings/{NAME}/?key=a%00b",
        "/api/v1/runs?import=%00",
    ):
        assert admin.client().get(address).status_code == 400, address
    assert admin.account is not None
    token = make_token(admin.account, "x", [Scope.MAPPINGS_WRITE, Scope.POSTINGS_DECIDE])
    headers = {"Authorization": f"Bearer {token}"}
    row = {"table": "functions", "label": "a\x00b", "code": "F1", "owner": "Acme"}
    for address, given in (
        ("/api/v1/mappings", [row]),
        (f"/api/v1/imports/{NAME}/exclusions/1", {"reason": "\x00"}),
        (f"/api/v1/imports/{NAME}/exclusions/a%00b", {}),
    ):
        answer = Client().put(address, given, content_type="application/json", headers=headers)
        assert answer.status_code in (400, 422), address


def test_the_log_keeps_what_it_is_told_whatever_that_is(project: TwoClients) -> None:
    note_of("a\x00b", "x", "\x00", reason="\x00 \ud800", deep={"list": ["\x00"]})
    line = AuditLine.objects.latest("pk")
    assert "\x00" not in f"{line.account}{line.about}{line.details}"


def test_no_cell_is_a_formula_where_a_spreadsheet_parts_cells_elsewhere() -> None:
    """A title with a semicolon is two cells to a French spreadsheet."""
    answer = csv_file(
        "x", ("title",), [["Cook;=HYPERLINK(1)"], ["a\t@SUM(1)"], ["x\n+1"], ["=1"], ["Baker; day shift"]]
    )
    cells = [row[0] for row in csv.reader(io.StringIO(answer.content.decode()))]
    assert cells == ["title", "Cook;'=HYPERLINK(1)", "a\t'@SUM(1)", "x\n'+1", "'=1", "Baker; day shift"]


def test_the_cookie_of_forms_is_sent_over_tls_alone_and_read_by_no_script(
    project: TwoClients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBPIPE_BEHIND_PROXY", "1")
    configure(project.workspace.project)
    try:
        page = Client().get("/login", headers={"X-Forwarded-Proto": "https"})
        cookie = page.cookies["jobpipe_csrf"]
        assert (bool(cookie["secure"]), bool(cookie["httponly"]), cookie["samesite"]) == (True, True, "Lax")
    finally:
        monkeypatch.delenv("JOBPIPE_BEHIND_PROXY")
        configure(project.workspace.project)
        show(project.workspace)


def test_what_was_decided_of_another_clients_posting_stays_also_where_it_once_went_together(
    project: TwoClients, admin: Who
) -> None:
    """An import that was handed to another client: its exclusions still name the posting that they went with."""
    other = next(name for name in CLIENTS if name != NAME)
    with undone():
        decide_postings(
            project.workspace,
            [(other, "1")],
            lambda posting, before: {"exclude": {"until": "", "reason": "", "with": [NAME, "1"]}},
            by="ines",
        )
        client = logged_in(account(AccountRole.CLIENT, "Acme"))
        client.post(f"/postings/{NAME}/restore", {"key": "1"})
        token = make_token(account(AccountRole.CLIENT, "Acme"), "x", [Scope.POSTINGS_DECIDE])
        headers = {"Authorization": f"Bearer {token}"}
        Client().delete(f"/api/v1/imports/{NAME}/exclusions/1", headers=headers)
        assert Override.objects.get(scope="posting", owner=other, key="1").active


def test_staff_who_look_as_a_client_does_can_leave(project: TwoClients) -> None:
    manager = logged_in(account(AccountRole.ACCOUNT_MANAGER, "Acme"))
    manager.post("/clients/look-as", {"client": "Acme"})
    assert manager.post("/logout").headers["Location"] == "/login"
    assert manager.get("/clients/").status_code == 302


def test_of_two_who_have_one_link_the_first_sets_the_password(project: TwoClients) -> None:
    who = account(AccountRole.OPERATOR, name="linked")
    take_password(who)
    first, second = Account.objects.get(pk=who.pk), Account.objects.get(pk=who.pk)
    set_password(first, "a first long phrase")
    with pytest.raises(AccountProblem):
        set_password(second, "a second long phrase")
    assert Client().post("/login", {"name": "linked", "password": "a first long phrase"}).status_code == 302
