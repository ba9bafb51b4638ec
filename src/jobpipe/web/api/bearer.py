"""Who asks: a token in the header, in whose account's name, and whether it may do this."""

from __future__ import annotations

import math
from typing import cast

from django.http import HttpRequest
from ninja.security import HttpBearer

from jobpipe.ledger.models import ApiToken
from jobpipe.web.api.answers import RefusedError
from jobpipe.web.api.limits import of_failures, of_tokens
from jobpipe.web.api.scopes import Scope
from jobpipe.web.api.tokens import note_use, token_of
from jobpipe.web.audit import address_of
from jobpipe.web.rights import Viewer, viewer_of


class ApiRequest(HttpRequest):
    """As operations get it."""

    viewer: Viewer
    auth: ApiToken


class Bearer(HttpBearer):
    """`Authorization: Bearer TOKEN`, and what the token has to be good for."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        found = token_of(token)
        if found is None:
            # Whoever has a token is not locked out by others behind the same address: none is ever guessed.
            if wait := of_failures.take(address_of(request)):
                raise _too_many(wait, "too many wrong tokens came from this address")
            return None
        if wait := of_tokens.take(found.digest):
            raise _too_many(wait, "this token asks too often")
        viewer = viewer_of(found.account)
        if self.scope not in found.scopes:
            raise RefusedError(403, f"this token has no scope {self.scope}", "make one that has it")
        if not any(viewer.may(right) for right in self.scope.rights):
            raise RefusedError(403, "the token's account may not do this", "whoever is an admin can change that")
        asking = cast(ApiRequest, request)
        asking.viewer = viewer
        note_use(found)
        return found


def _too_many(wait: float, message: str) -> RefusedError:
    seconds = math.ceil(wait)
    return RefusedError(429, message, f"again in {seconds} s", headers={"Retry-After": str(seconds)})
