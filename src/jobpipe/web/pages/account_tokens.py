"""Tokens by which programs ask in one's name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.http import Http404, HttpResponse

from jobpipe.web import audit, notes
from jobpipe.web.api import tokens
from jobpipe.web.api.scopes import Scope
from jobpipe.web.rights import Right, Viewer
from jobpipe.web.routes import Request, page
from jobpipe.web.words import Words, words_to

# Days that a token may be good for; 0 = until it is revoked.
_DAYS = (30, 90, 365, 0)


@page("account/tokens/", needs=Right.SELF, methods=("GET", "POST"))
def index(request: Request) -> HttpResponse:
    """What is made is shown in this answer and nowhere else."""
    if request.method != "POST":
        return _show(request)
    name, days = request.POST.get("name", "").strip(), request.POST.get("days", "")
    scopes = sorted({*request.POST.getlist("scopes")} & {*_scopes_of(request.viewer)})
    if not name or not scopes or days not in map(str, _DAYS):
        return _show(request, wrong=words_to(request)["tokens_wrong"])
    expires = datetime.now(UTC) + timedelta(days=int(days)) if int(days) else None
    made = tokens.make_token(request.account, name, scopes, expires)
    audit.note(request, "token.make", f"token {name}", scopes=scopes, days=int(days))
    return _show(request, made=made)


@page("account/tokens/<int:token>/revoke", needs=Right.SELF, methods=("POST",))
def revoke(request: Request, token: int) -> HttpResponse:
    found = request.account.tokens.filter(pk=token, revoked_at=None).first()
    if found is None:
        raise Http404
    tokens.revoke(found)
    audit.note(request, "token.revoke", f"token {found.name}")
    return notes.done(request, words_to(request)["tokens_void"].format(name=found.name), "/account/tokens/")


def _scopes_of(viewer: Viewer) -> list[Scope]:
    """Those that give this account something."""
    return [scope for scope in Scope if any(viewer.may(right) for right in scope.rights)]


def _in_words(say: Words, scope: str) -> str:
    return say.get(f"scope_{scope.replace(':', '_')}", scope)


def _show(request: Request, *, made: str = "", wrong: str = "") -> HttpResponse:
    say, is_client = words_to(request), request.viewer.is_client
    tokens_now = request.account.tokens.filter(revoked_at=None)
    shown: dict[str, object] = {
        "tokens": [
            (
                one,
                [_in_words(say, scope) for scope in one.scopes] if is_client else one.scopes,
                say["tokens_sure"].format(name=one.name),
            )
            for one in tokens_now
        ],
        "scopes": [
            (scope, _in_words(say, scope) if is_client else scope.words) for scope in _scopes_of(request.viewer)
        ],
        "days": [(one, say["tokens_days"].format(count=one) if one else say["tokens_for_ever"]) for one in _DAYS],
        "made": made,
        "wrong": wrong,
    }
    return notes.show(request, "account_tokens.html", shown, status=400 if wrong else 200)
