"""How to log in at a source, as a form says it: with the names of secrets, never with their values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from jobpipe.errors import UsageError
from jobpipe.ledger.models import Secret
from jobpipe.safety.secrets import is_variable_name

WAYS = (
    ("", "Nobody has to log in"),
    ("basic", "A user and a password"),
    ("bearer", "A token (Authorization: Bearer …)"),
    ("header", "A key in a header of its own"),
)


class LoginError(UsageError):
    """What is said of a login is no whole."""


_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")


def sealed_names() -> list[str]:
    """Of the secrets that definitions can ask for."""
    return [name for name in Secret.objects.order_by("name").values_list("name", flat=True) if is_variable_name(name)]


def login_of(given: Mapping[str, str]) -> dict[str, Any]:
    """The words of `source`; {} = none. Raises LoginError that says what is missing."""
    way, secret, user = (given.get(name, "").strip() for name in ("login", "secret", "user"))
    if not way:
        return {}
    if not is_variable_name(secret):
        raise LoginError("which secret is it?", hint="the name under which it is sealed: jobpipe secrets set NAME")
    if way == "bearer":
        return {"auth": {"bearer": f"${{{secret}}}"}}
    if way == "header":
        header = given.get("header", "").strip()
        if not _HEADER.fullmatch(header):
            raise LoginError("which header takes the key?", hint="X-Api-Key")
        return {"headers": {header: f"${{{secret}}}"}}
    if not user or ":" in user or "${" in user:
        raise LoginError("who logs in?", hint="a user, or the name of a sealed secret that says who")
    name = f"${{{user}}}" if user in sealed_names() else user
    return {"auth": {"basic": f"{name}:${{{secret}}}"}}
