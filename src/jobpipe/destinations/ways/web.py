"""Posting to a service over HTTP: through the network guard, with its login, within limits of time and size.

Redirects are not followed: what is sent is for the place that the definition names.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx2

from jobpipe.definition.logins import Auth
from jobpipe.destinations.ways.statuses import error_of, is_asked_again
from jobpipe.destinations.ways.way import NotReachedError, RejectedLoginError, UnknownFateError, WayError
from jobpipe.errors import DefinitionError, Place, SourceError
from jobpipe.safety.limits import MEGABYTE
from jobpipe.safety.network import ForbiddenAddressError, NetworkGuard
from jobpipe.safety.secrets import process_redactor
from jobpipe.sources.api.login import Tokens, fixed_headers, fixed_parameters
from jobpipe.sources.api.web import shown, url_of
from jobpipe.sources.packing.compression import Decoder
from jobpipe.sources.site.login import basic_or_bearer
from jobpipe.sources.transports.connecting import client_for
from jobpipe.sources.transports.exchange import RefusedError as RefusedBySource
from jobpipe.sources.transports.exchange import trouble_with, user_agent
from jobpipe.sources.transports.tls import tls_context

# Of an answer: what it says of ten thousand postings fits well.
MOST_ANSWER = 16 * MEGABYTE
# Of one that is a refusal.
_MOST_REFUSAL = 64 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    # Names in lower case.
    headers: Mapping[str, str]
    body: bytes


class Web:
    """One service. Its connection is kept between two requests."""

    def __init__(self, address: str, *, auth: Auth | None, headers: Mapping[str, str], timeout: float) -> None:
        """`timeout`: seconds for a request and its answer. Raises DefinitionError: no URL, no header."""
        self.place = Place(source=shown(address))
        self._timeout = timeout
        try:
            url = url_of(address)
            named = [url, url_of(auth.oauth2.url)] if auth and auth.oauth2 else [url]
        except SourceError as error:
            raise DefinitionError(error.message, place=error.place, hint=error.hint) from error
        if url.username and (auth is None or not auth.basic):
            auth = (auth or Auth()).model_copy(update={"basic": f"{url.username}:{url.password}"})
        parameters = fixed_parameters(auth)
        for value in parameters.values():
            process_redactor.add(value)
        bare = url.copy_with(username=None, password=None, fragment=None)
        self._url = bare.copy_merge_params(parameters) if parameters else bare
        self._parameters = parameters
        self._headers = {**headers, **basic_or_bearer(auth), **fixed_headers(auth)}
        self._expect_headers()
        self._tokens = Tokens(auth.oauth2, self._send_form) if auth and auth.oauth2 else None
        self._guard = NetworkGuard.naming([f"{one.host}:{_port(one)}" for one in named])
        self._clients: dict[tuple[str, str, int], httpx2.AsyncClient] = {}
        self._runner: asyncio.Runner | None = None

    def post(self, body: bytes, headers: Mapping[str, str], *, path: str = "") -> Reply:
        """The answer, whose status is 2xx; `path` goes behind that of the address. Raises WayError."""
        if self._runner is None:
            self._runner = asyncio.Runner()
        return self._runner.run(self._post(body, headers, path))

    def close(self) -> None:
        runner, self._runner = self._runner, None
        if runner is not None:
            with runner:
                runner.run(self._close_clients())

    # Asking -----------------------------------------------------------------------------------------

    async def _post(self, body: bytes, headers: Mapping[str, str], path: str) -> Reply:
        url = self._url_behind(path)
        sent = httpx2.Headers(headers)
        sent.update(self._headers)
        if self._tokens is None:
            return self._accepted(await self._ask(url, body, sent))
        token = await self._token()
        sent["Authorization"] = f"Bearer {token}"
        reply = await self._ask(url, body, sent)
        if reply.status == 401:
            # It may have ended before its time: one new one, and then the refusal counts.
            self._tokens.refused(token)
            sent["Authorization"] = f"Bearer {await self._token()}"
            reply = await self._ask(url, body, sent)
        return self._accepted(reply)

    def _accepted(self, reply: Reply) -> Reply:
        if 200 <= reply.status < 300:
            return reply
        raise error_of(reply.status, reply.headers, reply.body, self.place)

    async def _ask(self, url: httpx2.URL, body: bytes, headers: Mapping[str, str]) -> Reply:
        sent = _Sent()
        try:
            async with asyncio.timeout(self._timeout):
                client = await self._client_at(url)
                asked = httpx2.Headers({"User-Agent": user_agent(), "Accept-Encoding": "identity"})
                asked.update(headers)
                question = client.build_request("POST", url, content=body, headers=asked, extensions={"trace": sent})
                response = await client.send(question, stream=True)
                try:
                    given = {name.lower(): value for name, value in response.headers.items()}
                    return Reply(response.status_code, given, await self._body_of(response))
                finally:
                    with suppress(httpx2.HTTPError):
                        await response.aclose()
        except TimeoutError as error:
            what = f"does not answer within {self._timeout:g} seconds"
            raise self._trouble(sent, what, "to.timeout says how many seconds to wait") from error
        except (httpx2.LocalProtocolError, httpx2.UnsupportedProtocol, httpx2.InvalidURL) as error:
            raise RejectedLoginError(f"cannot be asked: {error}", place=self.place, hint="check `to`") from error
        except httpx2.HTTPError as error:
            raise self._trouble(sent, trouble_with(error, self.place).message, "") from error
        except ForbiddenAddressError as error:
            raise RejectedLoginError(error.message, place=self.place, hint=error.hint) from error

    def _trouble(self, sent: _Sent, what: str, hint: str) -> WayError:
        if not sent.has_begun:
            return NotReachedError(what, place=self.place, hint=hint or "is it up, and may this machine reach it?")
        what += ", after the postings were sent: they may have arrived"
        return UnknownFateError(what, place=self.place, hint=hint or "they are sent again with the same key")

    async def _body_of(self, response: httpx2.Response) -> bytes:
        if not 200 <= response.status_code < 300:
            return await _beginning(response)
        coding = response.headers.get("content-encoding", "identity").lower()
        decoder = Decoder("gzip", self.place.source) if coding in ("gzip", "x-gzip") else None
        body = bytearray()
        try:
            async for chunk in response.aiter_raw():
                for piece in decoder.feed(chunk) if decoder else (chunk,):
                    body += piece
                    if len(body) > MOST_ANSWER:
                        raise UnknownFateError(
                            "gives an answer without an end", place=self.place, hint="is this the right address?"
                        )
        except SourceError as error:
            raise UnknownFateError(f"gives an answer that {error.message}", place=self.place) from error
        return bytes(body)

    async def _client_at(self, url: httpx2.URL) -> httpx2.AsyncClient:
        origin = (url.scheme, url.host, _port(url))
        if origin not in self._clients:
            self._clients[origin] = await client_for(url, self._guard, tls_context(), self._timeout)
        return self._clients[origin]

    async def _close_clients(self) -> None:
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()

    # The login --------------------------------------------------------------------------------------

    async def _token(self) -> str:
        assert self._tokens is not None
        try:
            return await self._tokens.token()
        except UnknownFateError as error:  # of the request for a token: the postings were not sent
            raise NotReachedError(f"gives no token: {error.message}", place=error.place) from error
        except SourceError as error:
            hint = error.hint.replace("auth.", "to.auth.")
            raise RejectedLoginError(error.message, place=error.place, hint=hint) from error

    async def _send_form(self, address: str, form: bytes, headers: Mapping[str, str]) -> Any:
        reply = await self._ask(url_of(address), form, headers)
        if 200 <= reply.status < 300:
            return reply
        if reply.status >= 500 or is_asked_again(reply.status):
            raise NotReachedError(f"gives no token: HTTP {reply.status}", place=Place(source=shown(address)))
        refused = RefusedBySource(f"refuses the login (HTTP {reply.status})", hint="check auth.oauth2")
        refused.status = reply.status
        raise refused

    # The address ------------------------------------------------------------------------------------

    def _url_behind(self, path: str) -> httpx2.URL:
        if not path:
            return self._url
        added, _, query = path.partition("?")
        url = self._url.copy_with(path=self._url.path.rstrip("/") + added)
        return url.copy_merge_params(httpx2.QueryParams(query)) if query else url

    def _expect_headers(self) -> None:
        for name, value in self._headers.items():
            if not (name.isascii() and value.isascii() and (name + value).isprintable()) or not name:
                raise DefinitionError(f"the header {name!r} has characters that HTTP cannot carry", place=self.place)


class _Sent:
    """Whether any of the request may have left this machine; told by httpcore."""

    def __init__(self) -> None:
        self.has_begun = False

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith("send_request_headers.started"):
            self.has_begun = True


async def _beginning(response: httpx2.Response) -> bytes:
    """Of a refusal, whose status says enough if the rest does not come."""
    if "content-encoding" in response.headers:
        return b""
    body = b""
    with suppress(httpx2.HTTPError):
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > _MOST_REFUSAL:
                break
    return body[:_MOST_REFUSAL]


def _port(url: httpx2.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)
