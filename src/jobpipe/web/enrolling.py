"""A second factor begins: a secret, a picture of it for the device, and codes for the day when the device is lost."""

from __future__ import annotations

import secrets

from django.db import transaction

from jobpipe.ledger.models import Account
from jobpipe.ledger.turns import turn_to_write
from jobpipe.web.logging_in import recovery_digest
from jobpipe.web.second_factor import sealed, secret_of

_CODES = 10
# Without what looks alike.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def begin(account: Account) -> None:
    """A new secret, which counts when its first code was given."""
    import pyotp

    account.second_factor = sealed(pyotp.random_base32())
    account.has_second_factor = False
    with turn_to_write():
        account.save(update_fields=["second_factor", "has_second_factor"])


def picture_of(account: Account) -> str:
    """The address of an image: a QR code that authenticators read (Key URI format)."""
    import pyotp
    import segno

    address = pyotp.TOTP(secret_of(account)).provisioning_uri(name=account.name, issuer_name="job-pipe")
    picture: str = segno.make(address, error="m").svg_data_uri(scale=5, light="#fff", border=3)
    return picture


def in_groups(secret: str) -> str:
    """To be typed where no picture can be taken."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def finish(account: Account) -> list[str]:
    """From now on it counts; the recovery codes, which are known to nobody afterwards."""
    codes = [_recovery_code() for _ in range(_CODES)]
    with turn_to_write(), transaction.atomic():
        Account.objects.filter(pk=account.pk).update(
            has_second_factor=True, recovery_codes=[recovery_digest(code) for code in codes]
        )
    return codes


def _recovery_code() -> str:
    letters = "".join(secrets.choice(_LETTERS) for _ in range(12))
    return f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"
