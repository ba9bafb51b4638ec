"""One's own account: password, second factor, language, sessions."""

from __future__ import annotations

from django.http import Http404, HttpResponse

from jobpipe.incidents.notifications.standing import messages, reached
from jobpipe.ledger.models import WebSession
from jobpipe.ledger.turns import turn_to_write
from jobpipe.web import audit, changing_accounts, enrolling, notes
from jobpipe.web.logging_in import LoginRefusedError, Refusal, proven, with_code
from jobpipe.web.making_accounts import AccountProblem
from jobpipe.web.pages.notifications import test_of
from jobpipe.web.project import workspace
from jobpipe.web.rights import Right
from jobpipe.web.routes import Request, page
from jobpipe.web.second_factor import secret_of
from jobpipe.web.words import LANGUAGES, words_to
from jobpipe.web.words.refusals import why

_HERE = "/account/"
# Messages to oneself that are shown.
_TOLD = 10


@page("account/", needs=Right.SELF)
def show(request: Request) -> HttpResponse:
    return _show(request)


@page("account/password", needs=Right.SELF, methods=("POST",))
def change_password(request: Request) -> HttpResponse:
    """Who only found a browser open cannot: the old one is asked for."""
    try:
        _prove(request)
        changing_accounts.set_password(request.account, request.POST.get("new", ""), stays=request.logged_in)
    except (LoginRefusedError, AccountProblem) as error:
        return _show(request, wrong_password=why(words_to(request), error))
    audit.note(request, "account.password", f"account {request.account.name}")
    return notes.done(request, words_to(request)["account_password_changed"], _HERE)


@page("account/details", needs=Right.SELF, methods=("POST",))
def change_details(request: Request) -> HttpResponse:
    account, language, person = request.account, request.POST.get("language", ""), request.POST.get("person", "")
    if language in LANGUAGES:
        account.language = language
    # A client's people are nobody of `people`: what these are told is the house's.
    if not request.viewer.is_client and person in ("", *_people()):
        account.person = person
    with turn_to_write():
        account.save(update_fields=["language", "person"])
    audit.note(request, "account.details", f"account {account.name}", language=account.language, person=account.person)
    return notes.done(request, words_to(request)["account_details_kept"], _HERE)


# The second factor ------------------------------------------------------------------------------------


@page("account/second-factor", needs=Right.SELF, methods=("POST",))
def begin_second_factor(request: Request) -> HttpResponse:
    """A picture for the device; nothing counts before its first code."""
    try:
        if request.account.has_second_factor:
            raise LoginRefusedError(Refusal.HAS_FACTOR)
        _prove(request)
    except LoginRefusedError as error:
        return _show(request, wrong_factor=why(words_to(request), error))
    enrolling.begin(request.account)
    return _show_picture(request)


@page("account/second-factor/confirm", needs=Right.SELF, methods=("POST",))
def confirm_second_factor(request: Request) -> HttpResponse:
    account = request.account
    try:
        if account.has_second_factor or not account.second_factor:
            raise LoginRefusedError(Refusal.AGAIN)
        with_code(account, request.POST.get("code", ""), audit.address_of(request))
    except LoginRefusedError as error:
        said = why(words_to(request), error)
        return _show_picture(request, said) if account.second_factor else _show(request, wrong_factor=said)
    codes = enrolling.finish(account)
    audit.note(request, "account.second_factor_on", f"account {account.name}")
    return notes.show(request, "account_codes.html", {"codes": codes})


@page("account/second-factor/off", needs=Right.SELF, methods=("POST",))
def end_second_factor(request: Request) -> HttpResponse:
    account = request.account
    try:
        _prove(request)
        if account.has_second_factor:
            with_code(account, request.POST.get("code", ""), audit.address_of(request))
    except LoginRefusedError as error:
        return _show(request, wrong_factor=why(words_to(request), error))
    changing_accounts.drop_second_factor(account)
    audit.note(request, "account.second_factor_off", f"account {account.name}")
    return notes.done(request, words_to(request)["account_factor_gone"], _HERE)


# Sessions ---------------------------------------------------------------------------------------------


@page("account/sessions/<str:session_mark>/end", needs=Right.SELF, methods=("POST",))
def end_session(request: Request, session_mark: str) -> HttpResponse:
    """`session_mark`: the first 16 digits of its digest."""
    found = WebSession.objects.filter(account=request.account, digest__startswith=session_mark)
    if len(session_mark) != 16 or not found.exists():
        raise Http404
    with turn_to_write():
        found.delete()
    audit.note(request, "account.end_session", f"account {request.account.name}")
    return notes.done(request, words_to(request)["account_session_ended"], _HERE)


def _prove(request: Request) -> None:
    """Raises LoginRefusedError. Guessing is slowed down as at logging in."""
    proven(request.account.name, request.POST.get("password", ""), audit.address_of(request))


def _people() -> list[str]:
    return sorted(workspace().project.settings.people)


def _show(request: Request, **more: str) -> HttpResponse:
    account = request.account
    shown = {
        "languages": list(LANGUAGES.items()),
        "people": [] if request.viewer.is_client else _people(),
        "sessions": account.sessions.order_by("-last_seen")[:20],
        "this_session": request.logged_in.pk,
        "codes_left": len(account.recovery_codes),
        **({} if request.viewer.is_client else _told(request.viewer.person)),
        **more,
    }
    is_wrong = any(name.startswith("wrong") for name in more)
    return notes.show(request, "account.html", shown, status=400 if is_wrong else 200)


def _told(person: str) -> dict[str, object]:
    """How one is reached, and the last that one was told."""
    wanted = person.casefold()
    mine = next((one for one in reached(workspace().project.settings) if one.name.casefold() == wanted), None)
    told = list(messages().filter(recipient__iexact=person).order_by("-pk")[:_TOLD]) if mine is not None else []
    return {"reached": mine, "told": told}


@page("account/notifications/test", needs=Right.SELF, methods=("POST",))
def test_notifications(request: Request) -> HttpResponse:
    """A message to oneself; a client's people are reached by reports alone."""
    if request.viewer.is_client:
        raise Http404
    return test_of(request, request.viewer.person, _HERE)


def _show_picture(request: Request, wrong: str = "") -> HttpResponse:
    shown: dict[str, object] = {
        "picture": enrolling.picture_of(request.account),
        "secret": enrolling.in_groups(secret_of(request.account)),
        "wrong": wrong,
    }
    return notes.show(request, "account_picture.html", shown, status=400 if wrong else 200)
