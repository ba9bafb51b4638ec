"""Who is let in, and how: the first account, passwords, second factors, sessions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
from django.core import signing
from django.test import Client
from project_folder import CLIENT_DEFINITION, ProjectFolder, xml_feed
from web_client import PASSWORD, FewRounds, account, logged_in, shown

from jobpipe.ledger.models import Account, AccountRole, AuditLine, LoginTrouble
from jobpipe.web.making_accounts import welcome_code
from jobpipe.web.second_factor import sealed

LOGIN = {"name": "admin-all", "password": PASSWORD}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[ProjectFolder]:
    folder = ProjectFolder(tmp_path / "project", CLIENT_DEFINITION)
    folder.run(xml_feed({"1": "Mason"}), workers=0)
    with shown(folder):
        yield folder


def test_the_first_account_is_for_whoever_reads_the_terminal(project: ProjectFolder) -> None:
    client = Client()
    assert client.get("/login").headers["Location"] == "/welcome"
    given = {"name": "ada", "password": PASSWORD}
    assert client.post("/welcome", {**given, "code": "guessed"}).status_code == 400
    assert client.post("/welcome", {**given, "password": "short", "code": welcome_code()}).status_code == 400
    assert client.post("/welcome", {**given, "code": welcome_code()}).headers["Location"] == "/"
    assert client.get("/").status_code == 200
    assert Account.objects.get().role == AccountRole.ADMIN
    assert Client().get("/welcome").headers["Location"] == "/login"


def test_whoever_is_not_logged_in_is_led_there_and_back(project: ProjectFolder) -> None:
    account()
    client = Client()
    assert client.get("/?state=late").headers["Location"] == "/login?next=%2F%3Fstate%3Dlate"
    assert client.post("/login", {**LOGIN, "next": "/?state=late"}).headers["Location"] == "/?state=late"
    assert client.get("/").status_code == 200
    assert AuditLine.objects.filter(action="login", account="admin-all").exists()


@pytest.mark.parametrize("next_page", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x"])
def test_logging_in_leads_to_no_other_site(project: ProjectFolder, next_page: str) -> None:
    account()
    assert Client().post("/login", {**LOGIN, "next": next_page}).headers["Location"] == "/"


def test_a_wrong_password_says_nothing_and_many_of_them_wait(project: ProjectFolder) -> None:
    account()
    client = Client()
    for _ in range(5):
        answer = client.post("/login", {**LOGIN, "password": "wrong"})
        assert answer.status_code == 403
        assert b"Name or password is wrong" in answer.content
    assert b"Too many tries" in client.post("/login", LOGIN).content
    LoginTrouble.objects.all().delete()
    assert client.post("/login", LOGIN).status_code == 302


def test_a_second_factor_is_asked_for_and_its_code_is_good_once(project: ProjectFolder) -> None:
    who = account()
    secret = pyotp.random_base32()
    Account.objects.filter(pk=who.pk).update(second_factor=sealed(secret), has_second_factor=True)
    client = Client()
    page = client.post("/login", LOGIN)
    assert b"one-time-code" in page.content
    assert client.get("/").status_code == 302
    pending = page.content.decode().split('name="pending" value="')[1].split('"')[0]
    assert client.post("/login", {"pending": pending, "code": "000000"}).status_code == 403
    code = pyotp.TOTP(secret).now()
    assert client.post("/login", {"pending": pending, "code": code}).status_code == 302
    assert client.get("/").status_code == 200
    assert Client().post("/login", {"pending": pending, "code": code}).status_code == 403


def factor_of(who: Account) -> str:
    secret = pyotp.random_base32()
    Account.objects.filter(pk=who.pk).update(second_factor=sealed(secret), has_second_factor=True)
    return secret


def test_who_has_learnt_the_password_does_not_begin_to_guess_codes_anew_with_it(project: ProjectFolder) -> None:
    factor_of(account())
    client = Client()
    answers = []
    pending = ""
    for _ in range(3):
        page = client.post("/login", LOGIN).content.decode()
        pending = page.split('name="pending" value="')[1].split('"')[0] if 'name="pending"' in page else pending
        answers += [client.post("/login", {"pending": pending, "code": "000000"}).content for _ in range(3)]
    assert [b"Too many tries" in one for one in answers] == [False] * 5 + [True] * 4


def test_a_page_between_password_and_code_says_nothing_of_the_password(project: ProjectFolder) -> None:
    who = account()
    factor_of(who)
    page = Client().post("/login", LOGIN).content.decode()
    pending = page.split('name="pending" value="')[1].split('"')[0]
    assert Account.objects.get(pk=who.pk).password[-12:] not in str(signing.loads(pending, salt="jobpipe.login"))


def test_a_name_that_there_is_not_takes_as_long_as_one_that_there_is(
    project: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    account()
    account(AccountRole.OPERATOR, name="nobody-yet")
    Account.objects.filter(name="nobody-yet").update(password="!" + "x" * 24)
    hashed: list[str] = []
    encode = FewRounds.encode

    def counted(self: FewRounds, password: str, *more: Any, **named: Any) -> str:
        hashed.append(password)
        return encode(self, password, *more, **named)

    monkeypatch.setattr(FewRounds, "encode", counted)
    took = {}
    for name in ("admin-all", "is-not-there", "nobody-yet"):
        hashed.clear()
        Client().post("/login", {"name": name, "password": "wrong"}, REMOTE_ADDR=f"203.0.113.{len(name)}")
        took[name] = len(hashed)
    assert took == {"admin-all": 1, "is-not-there": 1, "nobody-yet": 1}


def test_whoever_has_an_account_too_guesses_those_of_others_no_faster(project: ProjectFolder) -> None:
    account()
    mine = account(AccountRole.CLIENT, "Acme")
    own = {"name": mine.name, "password": PASSWORD}
    said = []
    for number in range(8):
        said.append(Client().post("/login", {"name": f"guess-{number}", "password": "x"}).content)
        Client().post("/login", own)
    assert b"Too many tries" in said[-1]
    LoginTrouble.objects.update(last=datetime.now(UTC) - timedelta(hours=2))
    assert Client().post("/login", {**own, "password": "x"}).status_code == 403
    assert LoginTrouble.objects.count() == 2  # what was tried long ago is forgotten
    assert Client().post("/login", own).status_code == 302
    assert not LoginTrouble.objects.filter(count__gt=0).exists()


def test_tries_that_have_to_wait_fill_no_log(project: ProjectFolder) -> None:
    account()
    for _ in range(12):
        Client().post("/login", {**LOGIN, "password": "wrong"})
    assert AuditLine.objects.filter(action="login.refused").count() == 5


def test_the_page_for_logging_in_speaks_the_browsers_language_or_the_chosen_one(project: ProjectFolder) -> None:
    account()
    french = Client(headers={"Accept-Language": "fr-CA,fr;q=0.9,en;q=0.5"})
    page = french.get("/login?next=/runs/").content.decode()
    assert '<html lang="fr">' in page and "Se connecter" in page
    assert "?next=%2Fruns%2F&amp;lang=en" in page
    assert "Log in" in french.get("/login?lang=en").content.decode()
    for odd in ("de", "", "*", "x" * 5_000, "fr;q=,;;"):
        assert "Log in" in Client(headers={"Accept-Language": odd}).get("/login").content.decode()
    wrong = french.post("/login", {**LOGIN, "password": "x"}).content.decode()
    assert "Le nom ou le mot de passe est incorrect." in wrong
    assert "Introuvable" in french.get("/clients").content.decode()
    chosen = Client().post("/login?lang=fr", {**LOGIN, "password": "x"}).content.decode()
    assert "incorrect" in chosen and 'action="/login?lang=fr"' in chosen
    assert french.get("/login?lang=xx").status_code == 200


def test_logging_out_ends_the_session_and_a_closed_account_has_none(project: ProjectFolder) -> None:
    who = account()
    client = logged_in(who)
    assert client.get("/").status_code == 200
    assert client.post("/logout").status_code == 302
    assert client.get("/").status_code == 302
    other = logged_in(who)
    Account.objects.filter(pk=who.pk).update(is_active=False)
    assert other.get("/").status_code == 302


def test_a_form_of_another_site_is_refused(project: ProjectFolder) -> None:
    client = logged_in(account(), checks_csrf=True)
    assert client.post("/logout").status_code == 403
    assert client.get("/").status_code == 200


def test_every_page_lets_nothing_in_from_elsewhere(project: ProjectFolder) -> None:
    for address in ("/login", "/nowhere"):
        headers = Client().get(address).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
