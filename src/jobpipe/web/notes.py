"""What was done, said on the next page: kept in the session, shown once."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from jobpipe.ledger.models import WebSession
from jobpipe.ledger.turns import turn_to_write
from jobpipe.web.routes import Request

_KEY = "notes"


def say(request: Request, words: str) -> None:
    session = request.logged_in
    session.data = {**session.data, _KEY: [*session.data.get(_KEY, []), words][-5:]}
    with turn_to_write():
        session.save(update_fields=["data"])


def show(request: Request, template: str, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    """A page, with what is to be said."""
    session: WebSession = request.logged_in
    notes = session.data.get(_KEY, [])
    if notes and not request.headers.get("HX-Request"):
        session.data = {name: value for name, value in session.data.items() if name != _KEY}
        with turn_to_write():
            session.save(update_fields=["data"])
    return render(request, template, {**context, "notes": notes}, status=status)


def done(request: Request, words: str, address: str) -> HttpResponse:
    """After a POST: to the page, which says what was done. `next` of the form counts where it is one of ours."""
    say(request, words)
    wanted = request.POST.get("next", "")
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return HttpResponseRedirect(wanted if is_ours else address)
