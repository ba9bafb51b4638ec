"""Logged-in browsers: a random key in a cookie, its digest in the ledger."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from django.http import HttpRequest, HttpResponse

from jobpipe.ledger.models import Account, WebSession
from jobpipe.ledger.turns import turn_to_write

COOKIE = "jobpipe_session"
# Of `WebSession.data`: the client whose space is looked at.
AS_CLIENT = "as_client"
# Without a page, and in all.
IDLE, LONGEST = timedelta(hours=12), timedelta(days=14)
# How often it is noted that somebody is still there.
_SEEN_EVERY = timedelta(minutes=5)


def digest_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def begin(request: HttpRequest, response: HttpResponse, account: Account) -> WebSession:
    """A new key at each login, so that none is known from before."""
    key = secrets.token_urlsafe(32)
    now = datetime.now(UTC)
    with turn_to_write():
        WebSession.objects.filter(expires_at__lt=now).delete()
        session = WebSession.objects.create(
            digest=digest_of(key),
            account=account,
            created_at=now,
            last_seen=now,
            expires_at=now + LONGEST,
            agent=request.headers.get("User-Agent", "")[:200],
        )
        Account.objects.filter(pk=account.pk).update(last_login=now)
    response.set_cookie(
        COOKIE, key, max_age=int(LONGEST.total_seconds()), httponly=True, samesite="Lax", secure=request.is_secure()
    )
    return session


def of_request(request: HttpRequest) -> WebSession | None:
    """The session of whoever asks; None = nobody is logged in, or was away for too long."""
    key = request.COOKIES.get(COOKIE, "")
    if not key:
        return None
    session = WebSession.objects.select_related("account").filter(digest=digest_of(key)).first()
    now = datetime.now(UTC)
    if session is None or session.account is None or not session.account.is_active:
        return None
    if session.expires_at <= now or session.last_seen + IDLE <= now:
        return None
    if session.last_seen + _SEEN_EVERY <= now:
        with turn_to_write():
            WebSession.objects.filter(pk=session.pk).update(last_seen=now)
    return session


def end(request: HttpRequest, response: HttpResponse) -> None:
    key = request.COOKIES.get(COOKIE, "")
    with turn_to_write():
        WebSession.objects.filter(digest=digest_of(key)).delete()
    response.delete_cookie(COOKIE, samesite="Lax")


def end_all_of(account: Account, *, but: WebSession | None = None) -> int:
    """When a password changes or an account is closed."""
    with turn_to_write():
        found = WebSession.objects.filter(account=account)
        done, _ = (found.exclude(pk=but.pk) if but else found).delete()
    return done
