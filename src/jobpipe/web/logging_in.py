"""Proving who one is: a password, then a code of the second factor; whoever tries too often waits."""

from __future__ import annotations

import hashlib
import hmac
import time
from datetime import UTC, datetime, timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.core import signing
from django.db.models import F

from jobpipe.ledger.models import Account, LoginTrouble
from jobpipe.ledger.turns import turn_to_write
from jobpipe.web.second_factor import secret_of

# Failed tries in a row, of a name or from an address, after which one waits; doubled with each further one.
_FREE = 5
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=15)
# Seconds between password and code.
_PENDING = 300
_SALT = "jobpipe.login"
STEP = 30


class LoginRefusedError(Exception):
    """For the person who tries; says nothing of which part was wrong."""

    def __init__(self, words: str, *, asks_code: bool = False) -> None:
        super().__init__(words)
        self.asks_code = asks_code


def proven(name: str, password: str, address: str) -> Account:
    """Whoever has this name and password. Raises LoginRefusedError."""
    keys = _keys(name, address)
    _wait(keys)
    account = Account.objects.filter(name=name, is_active=True).exclude(password="").first()
    # A name that there is not takes as long.
    encoded = account.password if account is not None else make_password("")
    if not check_password(password, encoded) or account is None:
        _failed(keys)
        raise LoginRefusedError("Name or password is wrong.")
    _forgive(keys)
    return account


def signed_pending(account: Account) -> str:
    """Between the two steps the page keeps who has given the password."""
    return signing.dumps([account.pk, account.password[-12:]], salt=_SALT)


def pending_of(signed: str) -> Account:
    """Raises LoginRefusedError where it is none, or too old."""
    try:
        number, mark = signing.loads(signed, salt=_SALT, max_age=_PENDING)
    except signing.BadSignature as error:
        raise LoginRefusedError("That took too long: begin again.") from error
    account = Account.objects.filter(pk=number, is_active=True).first()
    if account is None or account.password[-12:] != mark:
        raise LoginRefusedError("Begin again.")
    return account


def with_code(account: Account, code: str, address: str) -> Account:
    """The same account, whose second factor was proven too. Raises LoginRefusedError."""
    keys = _keys(account.name, address)
    _wait(keys, asks_code=True)
    if not (_is_code_of_now(account, code) or _is_recovery_code(account, code)):
        _failed(keys)
        raise LoginRefusedError("That code is wrong, or was used before.", asks_code=True)
    _forgive(keys)
    return account


def _is_code_of_now(account: Account, code: str) -> bool:
    """One step of the clock to either side is forgiven; no code is good twice."""
    import pyotp

    given = code.replace(" ", "")
    if not given.isdecimal() or len(given) != 6:
        return False
    totp = pyotp.TOTP(secret_of(account))
    now = int(time.time()) // STEP
    for step in (now, now - 1, now + 1):
        if hmac.compare_digest(totp.at(step * STEP), given):
            with turn_to_write():
                used = Account.objects.filter(pk=account.pk, last_code_step__lt=step).update(last_code_step=step)
            return bool(used)
    return False


def _is_recovery_code(account: Account, code: str) -> bool:
    digest = recovery_digest(code)
    with turn_to_write():
        fresh = Account.objects.get(pk=account.pk)
        if digest not in fresh.recovery_codes:
            return False
        fresh.recovery_codes = [one for one in fresh.recovery_codes if one != digest]
        fresh.save(update_fields=["recovery_codes"])
    return True


def recovery_digest(code: str) -> str:
    return hashlib.sha256(code.replace("-", "").replace(" ", "").lower().encode()).hexdigest()


# Whoever tries too often ------------------------------------------------------------------------------


def _keys(name: str, address: str) -> list[str]:
    return [f"name {name.lower()[:150]}", f"address {address}"]


def _wait(keys: list[str], *, asks_code: bool = False) -> None:
    now = datetime.now(UTC)
    for trouble in LoginTrouble.objects.filter(key__in=keys, count__gte=_FREE):
        wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(trouble.count - _FREE, 20))
        if trouble.last + wait > now:
            seconds = int((trouble.last + wait - now).total_seconds()) + 1
            raise LoginRefusedError(f"Too many tries: wait {seconds} seconds.", asks_code=asks_code)


def _failed(keys: list[str]) -> None:
    now = datetime.now(UTC)
    with turn_to_write():
        for key in keys:
            _, made = LoginTrouble.objects.get_or_create(key=key, defaults={"count": 1, "last": now})
            if not made:
                LoginTrouble.objects.filter(key=key).update(count=F("count") + 1, last=now)


def _forgive(keys: list[str]) -> None:
    with turn_to_write():
        LoginTrouble.objects.filter(key__in=keys).delete()
