"""Who is let in, and how: the first account, passwords, second factors, sessions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from django.test import Client
from project_folder import CLIENT_DEFINITION, ProjectFolder, xml_feed
from web_client import PASSWORD, account, logged_in, shown

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
