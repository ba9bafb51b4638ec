"""Tokens by which programs ask in an account's name: shown once, kept as a digest."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db.models import Q

from jobpipe.errors import UsageError
from jobpipe.ledger.models import Account, ApiToken
from jobpipe.ledger.text import storable
from jobpipe.ledger.turns import turn_to_write
from jobpipe.web.api.scopes import Scope

# What every token begins with, so that one is known where it lies about.
MARK = "jp_"
_PREFIX = 10
_USED_EVERY = timedelta(minutes=1)


def make_token(account: Account, name: str, scopes: Iterable[str], expires: datetime | None = None) -> str:
    """The token, which is nowhere to be read afterwards; `expires`: None = never.

    Raises UsageError for a name that says nothing, a scope that there is not, or an end that has passed.
    """
    name = storable(name.strip())[:100]
    if not name:
        raise UsageError("a token needs a name", hint="say which program uses it")
    wanted = sorted(set(scopes))
    if unknown := [word for word in wanted if word not in set(Scope)]:
        raise UsageError(f"there is no scope {unknown[0]}", hint=f"there are: {', '.join(Scope)}")
    if not wanted:
        raise UsageError("a token without a scope may do nothing", hint="choose what it is for")
    now = datetime.now(UTC)
    if expires is not None and expires <= now:
        raise UsageError("that end has passed", hint="choose a day to come, or none")
    token = MARK + secrets.token_urlsafe(32)
    with turn_to_write():
        ApiToken.objects.create(
            account=account,
            name=name,
            prefix=token[:_PREFIX],
            digest=digest_of(token),
            scopes=wanted,
            created_at=now,
            expires_at=expires,
        )
    return token


def token_of(text: str) -> ApiToken | None:
    """The token, with its account, that counts now; None = it is unknown, revoked, past its end, or of a closed
    account."""
    now = datetime.now(UTC)
    valid = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    found = ApiToken.objects.select_related("account").filter(valid, digest=digest_of(text), revoked_at__isnull=True)
    return found.filter(account__is_active=True).first()


def note_use(token: ApiToken) -> None:
    """At most once a minute."""
    now = datetime.now(UTC)
    if token.last_used is None or token.last_used + _USED_EVERY <= now:
        with turn_to_write():
            ApiToken.objects.filter(pk=token.pk).update(last_used=now)


def revoke(token: ApiToken) -> None:
    with turn_to_write():
        ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=datetime.now(UTC))


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
