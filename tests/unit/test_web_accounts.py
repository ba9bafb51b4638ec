"""Accounts: made and changed by admins, one's own by oneself, on pages and by the command; what was done is kept."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from click.testing import CliRunner
from django.test import Client
from project_folder import CLIENT_DEFINITION, ProjectFolder
from web_client import PASSWORD, account, logged_in, shown

from jobpipe.cli.commands.accounts import command
from jobpipe.ledger.models import Account, AccountRole, AuditLine, WebSession
from jobpipe.web.api.tokens import token_of
from jobpipe.web.audit import note_of

NEW = "another long phrase"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[ProjectFolder]:
    folder = ProjectFolder(tmp_path / "project", CLIENT_DEFINITION)
    folder.configure("people:\n  ines: {mail: ines@example.com}\n")
    with shown(folder):
        yield folder


def link_in(page: str) -> str:
    found = re.search(r"http://testserver(/password\?code=[^<\s]+)", page)
    assert found is not None
    return found[1]


def test_an_account_begins_by_a_link_that_is_good_once(project: ProjectFolder) -> None:
    admin = logged_in(account())
    made = admin.post("/accounts/make", {"name": "ines", "role": "client", "clients": "Acme\r\n\r\nBolt"})
    page = made.content.decode()
    link = link_in(page)
    who = Account.objects.get(name="ines")
    assert sorted(who.clients.values_list("client", flat=True)) == ["Acme", "Bolt"]
    assert link not in admin.get(f"/accounts/{who.pk}/").content.decode()
    assert Client().post("/login", {"name": "ines", "password": ""}).status_code == 403

    code = link.partition("code=")[2]
    guest = Client()
    assert b"Set your password" in guest.get(link).content
    assert guest.post("/password", {"code": code, "password": "short"}).status_code == 400
    assert guest.post("/password", {"code": code, "password": NEW}).headers["Location"] == "/login?lang=en"
    assert guest.post("/password", {"code": code, "password": PASSWORD}).status_code == 400
    assert guest.post("/login", {"name": "ines", "password": NEW}).status_code == 302


def test_what_cannot_be_an_account_is_said_beside_what_was_typed(project: ProjectFolder) -> None:
    admin = logged_in(account())
    for name, role in (("admin-all", "client"), ("a b", "client"), ("x", "")):
        answer = admin.post("/accounts/make", {"name": name, "role": role})
        assert answer.status_code == 400
        assert f'value="{name}"' in answer.content.decode()
    assert Account.objects.count() == 1


def test_a_reset_ends_the_old_password_the_sessions_and_links_made_before(project: ProjectFolder) -> None:
    admin, who = logged_in(account()), account(AccountRole.OPERATOR)
    theirs = logged_in(who)
    first = link_in(admin.post(f"/accounts/{who.pk}/reset-password").content.decode())
    assert theirs.get("/").status_code == 302
    assert Client().post("/login", {"name": who.name, "password": PASSWORD}).status_code == 403
    second = link_in(admin.post(f"/accounts/{who.pk}/reset-password").content.decode())
    assert Client().get(first).status_code == 400
    assert Client().get(second).status_code == 200


def test_a_role_counts_at_once_and_a_closed_account_is_out(project: ProjectFolder) -> None:
    admin, who = logged_in(account()), account(AccountRole.OPERATOR)
    theirs = logged_in(who)
    assert theirs.get("/accounts/").status_code == 403
    admin.post(f"/accounts/{who.pk}/role", {"role": "admin"})
    assert theirs.get("/accounts/").status_code == 200
    admin.post(f"/accounts/{who.pk}/role", {"role": "client", "clients": "Acme"})
    assert theirs.get("/accounts/").status_code == 403
    admin.post(f"/accounts/{who.pk}/close")
    assert theirs.get("/account/").status_code == 302
    assert Client().post("/login", {"name": who.name, "password": PASSWORD}).status_code == 403
    admin.post(f"/accounts/{who.pk}/reopen")
    assert Client().post("/login", {"name": who.name, "password": PASSWORD}).status_code == 302
    acts = AuditLine.objects.filter(about=f"account {who.name}").values_list("action", flat=True)
    assert sorted(acts) == ["account.close", "account.reopen", "account.role", "account.role"]


def test_somebody_always_stays_admin(project: ProjectFolder) -> None:
    who = account()
    admin = logged_in(who)
    assert admin.post(f"/accounts/{who.pk}/role", {"role": "operator"}).status_code == 400
    assert admin.post(f"/accounts/{who.pk}/close").status_code == 400
    other = account(AccountRole.ADMIN, name="second")
    assert admin.post(f"/accounts/{who.pk}/close").status_code == 400  # one's own
    assert admin.post(f"/accounts/{other.pk}/role", {"role": "operator"}).status_code == 302
    assert Account.objects.get(pk=who.pk).role == AccountRole.ADMIN


def test_whoever_loses_the_last_client_does_not_see_all_by_that(project: ProjectFolder) -> None:
    admin, manager = logged_in(account()), account("account_manager", "Acme")
    refused = admin.post(f"/accounts/{manager.pk}/role", {"role": "account_manager", "clients": ""})
    assert refused.status_code == 400 and "tick “All clients”" in refused.content.decode()
    assert [one.client for one in manager.clients.all()] == ["Acme"]

    meant = admin.post(f"/accounts/{manager.pk}/role", {"role": "account_manager", "all_clients": "on"})
    assert meant.status_code == 302 and not manager.clients.exists()


def test_ones_password_asks_for_the_old_one_and_ends_the_other_sessions(project: ProjectFolder) -> None:
    who = account(AccountRole.CLIENT, "Acme")
    here, elsewhere = logged_in(who), logged_in(who)
    assert here.post("/account/password", {"password": "wrong", "new": NEW}).status_code == 400
    assert here.post("/account/password", {"password": PASSWORD, "new": "short"}).status_code == 400
    assert elsewhere.get("/account/").status_code == 200
    assert here.post("/account/password", {"password": PASSWORD, "new": NEW}).status_code == 302
    assert here.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302
    assert Client().post("/login", {"name": who.name, "password": NEW}).status_code == 302


def test_guessing_the_old_password_has_to_wait_as_at_logging_in(project: ProjectFolder) -> None:
    here = logged_in(account())
    for _ in range(5):
        here.post("/account/password", {"password": "wrong", "new": NEW})
    assert b"Too many tries" in here.post("/account/password", {"password": PASSWORD, "new": NEW}).content


def test_a_second_factor_is_set_up_used_and_switched_off(project: ProjectFolder) -> None:
    who = account()
    here = logged_in(who)
    assert here.post("/account/second-factor", {"password": "wrong"}).status_code == 400
    page = here.post("/account/second-factor", {"password": PASSWORD}).content.decode()
    assert 'src="data:image/svg+xml' in page
    assert "style=" not in page
    secret = "".join(re.findall(r'<code class="wide">([A-Z2-7 ]+)</code>', page)).replace(" ", "")
    assert here.post("/account/second-factor/confirm", {"code": "000000"}).status_code == 400
    assert Client().post("/login", {"name": who.name, "password": PASSWORD}).status_code == 302  # it does not count yet

    totp = pyotp.TOTP(secret)
    confirmed = here.post("/account/second-factor/confirm", {"code": totp.now()}).content.decode()
    codes = re.findall(r"^(?:<pre>|  <pre>)?([a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4})$", confirmed, re.MULTILINE)
    assert len(codes) == 10
    assert not any(code in here.get("/account/").content.decode() for code in codes)

    guest = Client()
    asked = guest.post("/login", {"name": who.name, "password": PASSWORD}).content.decode()
    pending = asked.split('name="pending" value="')[1].split('"')[0]
    assert guest.post("/login", {"pending": pending, "code": codes[0]}).status_code == 302
    assert Client().post("/login", {"pending": pending, "code": codes[0]}).status_code == 403  # good once

    off = "/account/second-factor/off"
    assert here.post(off, {"password": PASSWORD, "code": "000000"}).status_code == 400
    assert here.post(off, {"password": PASSWORD, "code": codes[1]}).status_code == 302
    assert Client().post("/login", {"name": who.name, "password": PASSWORD}).status_code == 302
    assert Account.objects.get(pk=who.pk).recovery_codes == []


def test_one_sees_ones_sessions_and_ends_one_and_nobody_elses(project: ProjectFolder) -> None:
    who, other = account(AccountRole.OPERATOR), account(AccountRole.DEVELOPER)
    here, elsewhere, theirs = logged_in(who), logged_in(who), logged_in(other)
    marks = re.findall(r"/account/sessions/(\w+)/end", here.get("/account/").content.decode())
    assert len(marks) == 1
    assert here.post(f"/account/sessions/{marks[0]}/end").status_code == 302
    assert elsewhere.get("/").status_code == 302
    foreign = WebSession.objects.get(account=other).digest[:16]
    assert here.post(f"/account/sessions/{foreign}/end").status_code == 404
    assert theirs.get("/").status_code == 200


def test_language_and_person_are_kept_and_a_client_is_none_of_the_people(project: ProjectFolder) -> None:
    staff, client = account(AccountRole.OPERATOR), account(AccountRole.CLIENT, "Acme")
    for who in (staff, client):
        logged_in(who).post("/account/details", {"language": "fr", "person": "ines"})
    logged_in(staff).post("/account/details", {"language": "xx", "person": "nobody"})
    assert [(one.language, one.person) for one in Account.objects.filter(role="operator")] == [("fr", "ines")]
    assert [(one.language, one.person) for one in Account.objects.filter(role="client")] == [("fr", "")]


def test_a_token_is_shown_once_and_of_what_the_role_may(project: ProjectFolder) -> None:
    who = account(AccountRole.CLIENT, "Acme")
    here = logged_in(who)
    given = {"name": "their system", "days": "90", "scopes": ["push:write", "runs:start"]}
    page = here.post("/account/tokens/", given).content.decode()
    shown_token = re.search(r"<pre[^>]*>(\S+)</pre>", page)
    assert shown_token is not None
    found = token_of(shown_token[1])
    assert found is not None
    assert found.scopes == ["push:write"]  # starting runs is no right of clients
    again = here.get("/account/tokens/").content.decode()
    assert found.prefix in again
    assert shown_token[1] not in again
    assert here.post("/account/tokens/", {**given, "scopes": []}).status_code == 400
    other = logged_in(account(AccountRole.ADMIN))
    assert other.post(f"/account/tokens/{found.pk}/revoke").status_code == 404
    assert here.post(f"/account/tokens/{found.pk}/revoke").status_code == 302
    assert token_of(shown_token[1]) is None


def test_the_audit_log_is_chosen_from_and_handed_out_without_formulas(project: ProjectFolder) -> None:
    for number in range(60):
        note_of("ines", "run.accept", f"run {number}", why="fine")
    note_of("=cmd()", "mapping.set", "label")
    admin = logged_in(account())
    assert admin.get("/audit/").content.decode().count("run.accept</a>") == 24
    chosen = admin.get("/audit/?account=ines&action=run.&about=run%2017")
    assert chosen.content.decode().count("run.accept</a>") == 1
    assert b"No line is like that" in admin.get("/audit/?until=2001-01-01").content
    text = b"".join(admin.get("/audit/lines.csv?action=mapping").streaming_content).decode()  # type: ignore[attr-defined]
    assert [row["account"] for row in csv.DictReader(io.StringIO(text))] == ["'=cmd()"]


def test_accounts_are_made_and_closed_on_the_command_line(tmp_path: Path) -> None:
    folder = ProjectFolder(tmp_path / "project", CLIENT_DEFINITION)

    def jobpipe(*arguments: str, given: str = "") -> str:
        done = CliRunner().invoke(command, arguments, input=given, obj=str(folder.root), catch_exceptions=False)
        return done.output

    jobpipe("add", "ada", "--role", "admin", given=f"{PASSWORD}\n")
    jobpipe("add", "ines", "--role", "client", "--client", "Acme", given=f"{PASSWORD}\n")
    assert re.search(r"ines +client +Acme +no", jobpipe("list"))
    jobpipe("password", "ines", "--by", "ada", given=f"{NEW}\n")
    jobpipe("disable", "ines")
    assert "closed" in jobpipe()
    with shown(folder):
        assert Client().post("/login", {"name": "ada", "password": PASSWORD}).status_code == 302
        assert Client().post("/login", {"name": "ines", "password": NEW}).status_code == 403
        assert AuditLine.objects.get(action="account.password").account == "ada"
        Account.objects.filter(name="ines").update(is_active=True)
        assert Client().post("/login", {"name": "ines", "password": NEW}).status_code == 302
