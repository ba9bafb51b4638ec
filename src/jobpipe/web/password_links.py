"""Links by which a person sets a password: good once and for a day, void as soon as the password is another."""

from __future__ import annotations

import hashlib

from django.core import signing

from jobpipe.ledger.models import Account

_SALT = "jobpipe.password"
# Seconds.
GOOD_FOR = 24 * 3600


def code_for(account: Account) -> str:
    return signing.dumps([account.pk, _mark(account)], salt=_SALT)


def account_of(code: str) -> Account | None:
    """None = the code is none, too old, or was used."""
    try:
        number, mark = signing.loads(code, salt=_SALT, max_age=GOOD_FOR)
    except signing.BadSignature:
        return None
    account = Account.objects.filter(pk=number, is_active=True).first()
    return account if account is not None and _mark(account) == mark else None


def _mark(account: Account) -> str:
    return hashlib.sha256(account.password.encode()).hexdigest()[:16]
