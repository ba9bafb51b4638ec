"""Who asks: what is sent beside each request to the source's own hosts, and OAuth2's tokens."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import msgspec

from jobpipe.definition.logins import Auth, OAuth2
from jobpipe.errors import Place, SourceError
from jobpipe.safety.secrets import process_redactor, redact
from jobpipe.sources.transports.exchange import RefusedError

# Seconds before its end from which a token is not used any more.
MARGIN = 30.0


class Given(Protocol):
    """What a service answered."""

    @property
    def body(self) -> bytes: ...


# Sends a form to a URL: (url, form, headers).
SendForm = Callable[[str, bytes, Mapping[str, str]], Awaitable[Given]]


class Tokens:
    """The token of OAuth2's client credentials (RFC 6749 §4.4): had when it is needed, and again when it is over."""

    def __init__(self, oauth2: OAuth2, send: SendForm, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._oauth2 = oauth2
        self._send = send
        self._clock = clock
        self._lock = asyncio.Lock()
        self._token = ""
        self._ends = 0.0

    async def token(self) -> str:
        """Raises SourceError where none is to be had."""
        async with self._lock:
            if not self._token or self._clock() >= self._ends:
                await self._renew()
            return self._token

    def refused(self, token: str) -> None:
        """The service does not take it any more."""
        if token == self._token:
            self._token = ""

    async def _renew(self) -> None:
        oauth2, place = self._oauth2, Place(source=redact(self._oauth2.url))
        form = {"grant_type": "client_credentials", **oauth2.params}
        if oauth2.scope:
            form["scope"] = oauth2.scope
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if oauth2.send == "basic":
            pair = f"{quote(oauth2.client_id, safe='')}:{quote(oauth2.client_secret, safe='')}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            form |= {"client_id": oauth2.client_id, "client_secret": oauth2.client_secret}
        asked_at = self._clock()
        try:
            given = await self._send(oauth2.url, urlencode(form).encode(), headers)
        except RefusedError as error:
            hint = "check auth.oauth2: client_id, client_secret, scope" if 400 <= error.status < 404 else error.hint
            raise SourceError(f"gives no token: it {error.message}", place=place, hint=hint) from error
        self._token, seconds = _token_in(given.body, place)
        process_redactor.add(self._token)
        self._ends = asked_at + max(seconds - MARGIN, seconds / 2)


def _token_in(body: bytes, place: Place) -> tuple[str, float]:
    """The token, and the seconds that it lives."""
    try:
        said: Any = msgspec.json.decode(body)
    except msgspec.DecodeError:
        said = None
    token = said.get("access_token") if isinstance(said, dict) else None
    if not isinstance(token, str) or not token:
        raise SourceError("gives no token: its answer has no access_token", place=place, hint="check auth.oauth2.url")
    if str(said.get("token_type", "bearer")).lower() != "bearer":
        raise SourceError(f"gives a token of the type {said['token_type']!r}; only bearer is known", place=place)
    try:
        seconds = float(said.get("expires_in") or 3600)
    except (TypeError, ValueError):
        seconds = 3600.0
    return token, max(seconds, 0.0)


def fixed_headers(auth: Auth | None) -> dict[str, str]:
    """The headers of a login that needs no asking."""
    if auth is None or auth.key is None or auth.key.in_ != "header":
        return {}
    return {auth.key.name: auth.key.value}


def fixed_parameters(auth: Auth | None) -> dict[str, str]:
    if auth is None or auth.key is None or auth.key.in_ != "query":
        return {}
    return {auth.key.name: auth.key.value}
