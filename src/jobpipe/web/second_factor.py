"""The secret of a second factor, sealed in the ledger with the web key."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet
from django.conf import settings

from jobpipe.ledger.models import Account


def _fernet() -> Fernet:
    digest = hashlib.sha256(b"jobpipe second factor " + str(settings.SECRET_KEY).encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))


def sealed(secret: str) -> bytes:
    return _fernet().encrypt(secret.encode())


def secret_of(account: Account) -> str:
    """ "" = it has none."""
    return _fernet().decrypt(bytes(account.second_factor)).decode() if account.second_factor else ""
