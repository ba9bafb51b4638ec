"""Who may use the interface: for admins. And the link by which a person sets a password."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from jobpipe.ledger.models import Account, AccountClient, AccountRole, Import
from jobpipe.web import audit, changing_accounts, notes
from jobpipe.web.making_accounts import AccountProblem, make_account
from jobpipe.web.password_links import account_of, code_for
from jobpipe.web.rights import Right
from jobpipe.web.routes import Request, page
from jobpipe.web.sessions import end_all_of
from jobpipe.web.tables import csv_file, wants_csv
from jobpipe.web.words import LANGUAGES, words_of, words_to
from jobpipe.web.words.refusals import why
from jobpipe.web.words.saying import switch

_NAMED = 40
_COLUMNS = ("name", "mail", "role", "clients", "second factor", "last login", "open")
_ROLES = [
    (AccountRole.ADMIN, "admin", "everything, accounts and the audit log too"),
    (AccountRole.DEVELOPER, "developer", "definitions, mappings, rules, runs of all imports"),
    (AccountRole.OPERATOR, "operator", "runs, incidents and deliveries of all imports"),
    (AccountRole.ACCOUNT_MANAGER, "account manager", "mappings, rules and held runs of the clients named, or of all"),
    (AccountRole.CLIENT, "client", "the imports of the clients named alone, in words of theirs"),
]


@page("accounts/", needs=Right.ACCOUNTS)
def index(request: Request) -> HttpResponse:
    if wants_csv(request):
        rows = Account.objects.prefetch_related("clients").order_by("name")
        return csv_file("accounts", _COLUMNS, map(_row, rows))
    return _list(request, {})


@page("accounts/make", needs=Right.ACCOUNTS, methods=("POST",))
def make(request: Request) -> HttpResponse:
    """Without a password: whoever it is for sets one, by a link that is shown once."""
    given = {name: request.POST.get(name, "").strip() for name in ("name", "role", "mail", "clients", "language")}
    try:
        if given["role"] not in AccountRole.values:
            raise AccountProblem("Choose a role.")
        clients, language = _lines(given["clients"]), given["language"] or "en"
        account = make_account(given["name"], "", given["role"], clients=clients, mail=given["mail"], language=language)
    except AccountProblem as error:
        return _list(request, {**given, "wrong": str(error)}, status=400)
    changing_accounts.take_password(account)
    audit.note(request, "account.make", f"account {account.name}", role=account.role, clients=clients)
    return _show(request, account, link=_link(request, account))


@page("accounts/<int:account_number>/", needs=Right.ACCOUNTS)
def one(request: Request, account_number: int) -> HttpResponse:
    return _show(request, _found(account_number))


@page("accounts/<int:account_number>/role", needs=Right.ACCOUNTS, methods=("POST",))
def change_role(request: Request, account_number: int) -> HttpResponse:
    account, clients = _found(account_number), _lines(request.POST.get("clients", ""))
    role = request.POST.get("role", "")
    try:
        changing_accounts.change_role(account, role, clients, may_see_all="all_clients" in request.POST)
    except AccountProblem as error:
        return _show(request, account, wrong=str(error))
    audit.note(request, "account.role", f"account {account.name}", role=role, was=account.role, clients=clients)
    return notes.done(request, f"{account.name} is now {_words(role)}.", f"/accounts/{account.pk}/")


@page("accounts/<int:account_number>/close", needs=Right.ACCOUNTS, methods=("POST",))
def close(request: Request, account_number: int) -> HttpResponse:
    account = _found(account_number)
    try:
        if account.pk == request.account.pk:
            raise AccountProblem("Your own account is closed by another admin.")
        changing_accounts.close(account)
    except AccountProblem as error:
        return _show(request, account, wrong=str(error))
    audit.note(request, "account.close", f"account {account.name}")
    return notes.done(request, f"{account.name} cannot log in any more.", f"/accounts/{account.pk}/")


@page("accounts/<int:account_number>/reopen", needs=Right.ACCOUNTS, methods=("POST",))
def reopen(request: Request, account_number: int) -> HttpResponse:
    account = _found(account_number)
    changing_accounts.reopen(account)
    audit.note(request, "account.reopen", f"account {account.name}")
    return notes.done(request, f"{account.name} may log in again.", f"/accounts/{account.pk}/")


@page("accounts/<int:account_number>/reset-password", needs=Right.ACCOUNTS, methods=("POST",))
def reset_password(request: Request, account_number: int) -> HttpResponse:
    """The old one is void at once; the link is shown in this answer and nowhere else."""
    account = _found(account_number)
    if account.pk == request.account.pk:
        return _show(request, account, wrong="Your own password is changed on the page of your account.")
    changing_accounts.take_password(account)
    audit.note(request, "account.reset_password", f"account {account.name}")
    return _show(request, account, link=_link(request, account))


@page("accounts/<int:account_number>/drop-second-factor", needs=Right.ACCOUNTS, methods=("POST",))
def drop_second_factor(request: Request, account_number: int) -> HttpResponse:
    account = _found(account_number)
    changing_accounts.drop_second_factor(account)
    audit.note(request, "account.drop_second_factor", f"account {account.name}")
    return notes.done(request, f"{account.name} logs in with the password alone.", f"/accounts/{account.pk}/")


@page("accounts/<int:account_number>/end-sessions", needs=Right.ACCOUNTS, methods=("POST",))
def end_sessions(request: Request, account_number: int) -> HttpResponse:
    account = _found(account_number)
    ended = end_all_of(account, but=request.logged_in)
    audit.note(request, "account.end_sessions", f"account {account.name}", ended=ended)
    return notes.done(request, f"{ended} sessions of {account.name} have ended.", f"/accounts/{account.pk}/")


@page("password", needs=Right.NOBODY, methods=("GET", "POST"))
def password(request: HttpRequest) -> HttpResponse:
    """By the link of an admin: sets a password; logging in comes after, with the second factor where there is one."""
    given = request.POST if request.method == "POST" else request.GET
    code = given.get("code", "")
    account = account_of(code)
    if account is None:
        say = words_to(request)
        void = {"heading": say["link_void"], "words": say["link_void_words"], "back_words": say["login_log_in"]}
        return render(request, "message.html", void, status=400)
    # The page is for one person, whose language is known.
    say = words_to(request) if request.GET.get("lang") else words_of(account.language)
    shown: dict[str, object] = {"say": say, "code": code, "name": account.name, **switch(request, code=code)}
    if request.method != "POST":
        return render(request, "account_password.html", shown)
    try:
        changing_accounts.set_password(account, request.POST.get("password", ""))
    except AccountProblem as error:
        return render(request, "account_password.html", {**shown, "wrong": why(say, error)}, status=400)
    audit.note_of(account.name, "account.password", f"account {account.name}", address=audit.address_of(request))
    return HttpResponseRedirect(f"/login?lang={say.language}")


def _found(number: int) -> Account:
    account = Account.objects.filter(pk=number).first()
    if account is None:
        raise Http404
    return account


def _row(one: Account) -> tuple[Any, ...]:
    clients = "; ".join(sorted(row.client for row in one.clients.all()))
    return (one.name, one.mail, one.role, clients, one.has_second_factor, one.last_login, one.is_active)


def _list(request: Request, given: dict[str, object], *, status: int = 200) -> HttpResponse:
    shown = {
        "accounts": Account.objects.prefetch_related("clients").order_by("name"),
        "roles": _ROLES,
        "known_clients": _known_clients(),
        "languages": list(LANGUAGES.items()),
        **given,
    }
    return notes.show(request, "accounts.html", shown, status=status)


def _show(request: Request, account: Account, *, link: str = "", wrong: str = "") -> HttpResponse:
    shown = {
        "one": account,
        "has_password": changing_accounts.has_password(account),
        "clients": "\n".join(account.clients.order_by("client").values_list("client", flat=True)),
        "known_clients": _known_clients(),
        "sessions": account.sessions.order_by("-last_seen")[:20],
        "tokens": account.tokens.filter(revoked_at=None).count(),
        "roles": _ROLES,
        "link": link,
        "wrong": wrong,
    }
    return notes.show(request, "accounts_one.html", shown, status=400 if wrong else 200)


def _link(request: Request, account: Account) -> str:
    return request.build_absolute_uri(f"/password?code={code_for(account)}")


def _known_clients() -> list[str]:
    """Those that imports are of, and those that accounts are for."""
    of_imports = Import.objects.exclude(client="").order_by().values_list("client", flat=True).distinct()
    of_accounts = AccountClient.objects.values_list("client", flat=True).distinct()
    return sorted({*of_imports, *of_accounts})[:_NAMED]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _words(role: str) -> str:
    return next((words for value, words, _ in _ROLES if value == role), role)
