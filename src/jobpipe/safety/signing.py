"""Signatures over what is sent, by which a receiver knows that it came from here and was not changed (HMAC-SHA256)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from jobpipe.errors import DefinitionError

_STANDARD_PREFIX = "whsec_"


def signature_of(secret: str, stamp: str, body: bytes) -> str:
    """As X-Jobpipe-Signature has it: over the stamp, a dot and the body."""
    return "sha256=" + hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()


def standard_headers(secret: str, message_id: str, seconds: int, body: bytes) -> dict[str, str]:
    """Those of Standard Webhooks (https://www.standardwebhooks.com): id, timestamp, and a signature over all three.

    `seconds` since 1970, when it is sent. A secret that begins with `whsec_` is base64, any other is taken as it is.
    Raises DefinitionError where it is not.
    """
    signed = f"{message_id}.{seconds}.".encode() + body
    signature = base64.b64encode(hmac.new(_key_of(secret), signed, hashlib.sha256).digest()).decode()
    return {"webhook-id": message_id, "webhook-timestamp": str(seconds), "webhook-signature": f"v1,{signature}"}


def _key_of(secret: str) -> bytes:
    if not secret.startswith(_STANDARD_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_STANDARD_PREFIX), validate=True)
    except binascii.Error as error:
        raise DefinitionError("the secret begins with whsec_, and what follows is not base64") from error
