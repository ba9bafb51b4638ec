"""Proving who one is: a password, then a code of the second factor; whoever tries too often waits."""

from __future__ import annotations

import enum
import hashlib
import hmac
import time
from datetime import UTC, datetime, timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.core import signing
from django.db.models import F
from django.db.models.functions import Greatest

from jobpipe.ledger.models import Account, LoginTrouble
from jobpipe.ledger.text import storable
from jobpipe.ledger.turns import turn_to_write
from jobpipe.web.second_factor import secret_of

# Failed tries in a row, of a name or from an address, after which one waits; doubled with each further one.
_FREE = 5
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=15)
# How long a wrong try counts after the last one: some are of names that there are not, which nobody ever forgives.
_REMEMBERED = timedelta(hours=1)
# Seconds between password and code.
_PENDING = 300
_SALT = "jobpipe.login"
STEP = 30


class Refusal(enum.StrEnum):
    """Why; pages say it in words (`login_…` of the phrases), none of which part was wrong."""

    WRONG = "wrong"
    WRONG_CODE = "wrong_code"
    WAIT = "wait"
    TOO_LATE = "too_late"
    AGAIN = "again"
    HAS_FACTOR = "has_factor"


class LoginRefusedError(Exception):
    """For the person who tries. `seconds`: of the wait."""

    def __init__(self, why: Refusal, *, seconds: int = 0, asks_code: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.seconds = seconds
        self.asks_code = asks_code


def proven(name: str, password: str, address: str) -> Account:
    """Whoever has this name and password. Raises LoginRefusedError."""
    keys = _keys(name, address)
    _wait(keys)
    account = Account.objects.filter(name=name, is_active=True).exclude(password="").first()
    if account is None:
        # A name that there is not takes as long.
        make_password(password)
    if account is None or not check_password(password, account.password):
        _failed(keys)
        raise LoginRefusedError(Refusal.WRONG)
    _forgive(keys)
    return account


def signed_pending(account: Account) -> str:
    """Between the two steps the page keeps who has given the password."""
    return signing.dumps([account.pk, _mark(account)], salt=_SALT)


def pending_of(signed: str) -> Account:
    """Raises LoginRefusedError where it is none, or too old."""
    try:
        number, mark = signing.loads(signed, salt=_SALT, max_age=_PENDING)
    except signing.BadSignature as error:
        raise LoginRefusedError(Refusal.TOO_LATE) from error
    account = Account.objects.filter(pk=number, is_active=True).first()
    if account is None or _mark(account) != mark:
        raise LoginRefusedError(Refusal.AGAIN)
    return account


def _mark(account: Account) -> str:
    """Of its password as it is, and nothing of that: the page is whoever's has it open."""
    return hashlib.sha256(account.password.encode()).hexdigest()[:16]


def with_code(account: Account, code: str, address: str) -> Account:
    """The same account, whose second factor was proven too. Raises LoginRefusedError."""
    keys = _keys(account.name, address, what="code of")
    _wait(keys, asks_code=True)
    if not (_is_code_of_now(account, code) or _is_recovery_code(account, code)):
        _failed(keys)
        raise LoginRefusedError(Refusal.WRONG_CODE, asks_code=True)
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


def _keys(name: str, address: str, *, what: str = "name") -> tuple[str, str]:
    """Codes are counted apart: whoever has learnt the password could else begin anew before each few guesses."""
    return f"{what} {storable(name.lower())[:150]}", f"address {address}"


def _wait(keys: tuple[str, str], *, asks_code: bool = False) -> None:
    now = datetime.now(UTC)
    for trouble in LoginTrouble.objects.filter(key__in=keys, count__gte=_FREE):
        wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(trouble.count - _FREE, 20))
        if trouble.last + wait > now:
            seconds = int((trouble.last + wait - now).total_seconds()) + 1
            raise LoginRefusedError(Refusal.WAIT, seconds=seconds, asks_code=asks_code)


def _failed(keys: tuple[str, str]) -> None:
    now = datetime.now(UTC)
    with turn_to_write():
        LoginTrouble.objects.filter(last__lt=now - _REMEMBERED).delete()
        for key in keys:
            _, made = LoginTrouble.objects.get_or_create(key=key, defaults={"count": 1, "last": now})
            if not made:
                LoginTrouble.objects.filter(key=key).update(count=F("count") + 1, last=now)


def _forgive(keys: tuple[str, str]) -> None:
    """What was tried with this name; with others, whoever has an account too goes on waiting."""
    own, address = keys
    with turn_to_write():
        tried = LoginTrouble.objects.filter(key=own).first()
        if tried is not None:
            tried.delete()
            LoginTrouble.objects.filter(key=address).update(count=Greatest(F("count") - tried.count, 0))
