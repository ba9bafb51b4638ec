"""Logging in and out, and the first account."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from jobpipe.ledger.models import Account, AccountRole
from jobpipe.web import sessions
from jobpipe.web.audit import address_of, note, note_of
from jobpipe.web.logging_in import LoginRefusedError, Refusal, pending_of, proven, signed_pending, with_code
from jobpipe.web.making_accounts import AccountProblem, is_first, make_account, matches_welcome_code
from jobpipe.web.rights import Right
from jobpipe.web.routes import Request, page
from jobpipe.web.words import words_of, words_to
from jobpipe.web.words.refusals import why
from jobpipe.web.words.saying import switch


@page("login", needs=Right.NOBODY, methods=("GET", "POST"))
def login(request: HttpRequest) -> HttpResponse:
    """In two steps where the account has a second factor."""
    if is_first():
        return HttpResponseRedirect("/welcome")
    wanted = _safe(request, request.POST.get("next") or request.GET.get("next", ""))
    shown: dict[str, object] = {"next": wanted, **switch(request, next=wanted)}
    if request.method != "POST":
        return render(request, "login.html", shown)
    try:
        if pending := request.POST.get("pending", ""):
            account = with_code(pending_of(pending), request.POST.get("code", ""), address_of(request))
        else:
            shown["name"] = request.POST.get("name", "")
            account = proven(request.POST.get("name", ""), request.POST.get("password", ""), address_of(request))
            if account.has_second_factor:
                return render(request, "login.html", {**shown, "asks_code": True, "pending": signed_pending(account)})
    except LoginRefusedError as error:
        if error.why is not Refusal.WAIT:
            # Who only waits has tried nothing: nobody fills the log that way.
            note_of(request.POST.get("name", "")[:100], "login.refused", address=address_of(request))
        again = {"asks_code": True, "pending": request.POST.get("pending")} if error.asks_code else {}
        return render(request, "login.html", {**shown, **again, "wrong": why(words_to(request), error)}, status=403)
    response = HttpResponseRedirect(str(shown["next"]) or "/")
    sessions.begin(request, response, account)
    note_of(account.name, "login", address=address_of(request))
    return response


@page("logout", needs=Right.SELF, methods=("POST",))
def logout(request: Request) -> HttpResponse:
    response = HttpResponseRedirect("/login")
    note(request, "logout")
    sessions.end(request, response)
    return response


@page("welcome", needs=Right.NOBODY, methods=("GET", "POST"))
def welcome(request: HttpRequest) -> HttpResponse:
    """The first account; afterwards there is no such page."""
    if not is_first():
        return HttpResponseRedirect("/login")
    given = request.POST if request.method == "POST" else request.GET
    # Whoever installs it reads the terminal beside, which is in English.
    code, name = given.get("code", ""), given.get("name", "")
    shown: dict[str, object] = {"code": code, "name": name, "say": words_of("en")}
    if request.method != "POST":
        return render(request, "welcome.html", shown)
    wrong = [] if matches_welcome_code(code) else ["That is not the code in the terminal."]
    account: Account | None = None
    if not wrong:
        try:
            account = make_account(name, request.POST.get("password", ""), AccountRole.ADMIN)
        except AccountProblem as error:
            wrong = [str(error)]
    if account is None:
        return render(request, "welcome.html", {**shown, "wrong": wrong}, status=400)
    response = HttpResponseRedirect("/")
    sessions.begin(request, response, account)
    note_of(account.name, "account.first", f"account {account.name}", address=address_of(request))
    return response


def _safe(request: HttpRequest, address: str) -> str:
    """Only our own pages; "" = the overview."""
    is_ours = url_has_allowed_host_and_scheme(address, allowed_hosts=None) and address.startswith("/")
    return address if is_ours and not address.startswith("//") else ""
