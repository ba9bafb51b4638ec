"""One question to a web server and its answer, redirects included, and what to tell a person about it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import dataclasses
import functools
import importlib.metadata
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import httpcore2
import httpx2

from jobpipe.errors import Place, SourceError
from jobpipe.safety.network import ForbiddenAddressError, NetworkGuard
from jobpipe.safety.secrets import redact
from jobpipe.sources import hosts
from jobpipe.sources.hosts import host_of
from jobpipe.sources.transports.connecting import client_for
from jobpipe.sources.transports.retry_after import seconds_of
from jobpipe.sources.transports.transport import Request

MOST_REDIRECTS = 5
# An answer's beginning may take so many times as long as the server may be silent: its head may come byte by byte.
LONGEST_HEAD = 5

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Answers by which a server says that asking again may help.
_PASSING = frozenset({408, 425, 429})
# Content types of answers that are for people or programs, and not pages of a browser.
_SPOKEN = re.compile(r"json|xml|text/plain", re.IGNORECASE)
# Characters of them that are shown.
_MOST_SAID = 200


class RefusedError(SourceError):
    """A server answered that it will not; 0 = it did not answer."""

    code = "JP2002"

    status: int = 0


class PassingTroubleError(RefusedError):
    """Worth another attempt; `retry_after` = the seconds that the server asks to wait, where it does."""

    code = "JP2003"

    retry_after: float | None = None
    # By which its limits go: see `jobpipe.sources.hosts`.
    host: str = ""


# Gives the client that asks at a URL, for several exchanges with its host; whoever gives it closes it.
ClientAt = Callable[[httpx2.URL], Awaitable[httpx2.AsyncClient]]


@dataclass(slots=True)
class Answer:
    """A server's answer with its first bytes, which show that it really sends; to be closed in any case."""

    status: int
    headers: httpx2.Headers
    first: bytes
    _chunks: AsyncIterator[bytes] = field(repr=False)
    _open: contextlib.AsyncExitStack = field(repr=False)
    _place: Place

    async def chunks(self) -> AsyncIterator[bytes]:
        """As they come over the wire. Raises PassingTroubleError where the connection breaks."""
        if self.first:
            yield self.first
        try:
            async for chunk in self._chunks:
                yield chunk
        except httpx2.HTTPError as error:
            raise trouble_with(error, self._place) from error

    def continued(self, first: bytes, chunks: AsyncIterator[bytes]) -> Answer:
        """The same answer after some of it was taken from `chunks`: `first` is what comes next."""
        return dataclasses.replace(self, first=first, _chunks=chunks)

    async def aclose(self) -> None:
        with contextlib.suppress(httpx2.HTTPError, OSError):
            await self._open.aclose()


class Exchange:
    """Asks for one location; follows redirects, and keeps the credentials for the host they are meant for."""

    def __init__(
        self, request: Request, guard: NetworkGuard, context: ssl.SSLContext, client_at: ClientAt | None = None
    ) -> None:
        """`client_at` None = a client, and so a connection, for each question.

        Raises SourceError where the location is no URL.
        """
        self.place = Place(source=redact(request.location))
        self._client_at = client_at
        self._guard = guard
        self._context = context
        self._timeout = request.timeout
        try:
            url = httpx2.URL(request.location)
        except (httpx2.InvalidURL, ValueError) as error:
            raise SourceError(f"is no URL: {error}", place=self.place) from error
        if not url.host:
            raise SourceError("is a URL without a host", place=self.place, hint="https://example.org/jobs.xml")
        self._url = url.copy_with(username=None, password=None, fragment=None)
        self._own_headers = _headers_of(request, url)
        # Where the last answer came from, after redirects.
        self.final_url = self._url
        self._has_login = "authorization" in self._own_headers

    async def ask(
        self,
        headers: Mapping[str, str],
        *,
        method: str = "GET",
        content: bytes | None = None,
        also: frozenset[int] = frozenset({416}),
    ) -> Answer:
        """Raises PassingTroubleError, SourceError; statuses below 400, and those of `also`, are answers."""
        url = self._url
        for _ in range(MOST_REDIRECTS + 1):
            answer = await self._ask_at(url, headers, method, content)
            if answer.status not in _REDIRECTS or answer.status in also:
                self.final_url = url
                return await self._checked(answer, also)
            await answer.aclose()
            if answer.status == 303:
                method, content = "GET", None
            elif method != "GET" and answer.status in (301, 302):
                raise SourceError(
                    f"redirects (HTTP {answer.status}), by which what is sent would be lost",
                    place=self.place,
                    hint=f"write the new address: {redact(answer.headers.get('location', ''))}",
                )
            url = self._next(url, answer.headers.get("location", ""))
            if content is not None and not is_for(url, self._url):
                # It may well hold a login.
                raise SourceError(
                    f"redirects what is sent to another host: {_shown(url)}",
                    place=self.place,
                    hint="if that is right, write the new address",
                )
        raise SourceError(
            f"redirects more than {MOST_REDIRECTS} times", place=self.place, hint=f"last to {_shown(url)}"
        )

    async def _ask_at(self, url: httpx2.URL, headers: Mapping[str, str], method: str, content: bytes | None) -> Answer:
        sent = httpx2.Headers({"User-Agent": user_agent(), "Accept-Encoding": "identity"})
        if is_for(url, self._url):
            sent.update(self._own_headers)
        sent.update(headers)
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(hosts.turn(host_of(str(url))))
            try:
                if self._client_at is not None:
                    client = await self._client_at(url)
                else:
                    client = await stack.enter_async_context(
                        await client_for(url, self._guard, self._context, self._timeout)
                    )
                question = client.build_request(method, url, headers=sent, content=content)
                async with asyncio.timeout(LONGEST_HEAD * self._timeout):
                    response = await client.send(question, stream=True)
                    stack.push_async_callback(response.aclose)
                    chunks = response.aiter_raw()
                    first = b"" if response.status_code in _REDIRECTS else await anext(chunks, b"")
            except TimeoutError as error:
                raise SourceError(
                    f"sends too slowly: no answer has begun after {LONGEST_HEAD * self._timeout:,.0f} seconds",
                    place=self.place,
                    hint="source.timeout says how many seconds to wait for a byte",
                ) from error
            except httpx2.HTTPError as error:
                raise _at(url, trouble_with(error, self.place)) from error
            except ForbiddenAddressError as error:
                raise ForbiddenAddressError(error.message, place=self.place, hint=error.hint) from error
            return Answer(response.status_code, response.headers, first, chunks, stack.pop_all(), self.place)
        raise AssertionError("unreachable")

    def _next(self, url: httpx2.URL, location: str) -> httpx2.URL:
        try:
            following = url.join(location).copy_with(username=None, password=None, fragment=None)
        except (httpx2.InvalidURL, ValueError) as error:
            raise SourceError(f"redirects to what is no URL: {redact(location)!r}", place=self.place) from error
        if not location or following.scheme not in ("http", "https") or not following.host:
            raise SourceError(f"redirects to what is no web address: {redact(location)!r}", place=self.place)
        return following

    async def _checked(self, answer: Answer, also: frozenset[int]) -> Answer:
        if answer.status not in _PASSING and answer.status < 500:
            hosts.answered(host_of(str(self.final_url)))
        if answer.status < 400 or answer.status in also:
            return answer
        await answer.aclose()
        raise _at(self.final_url, self._refused(answer))

    def _refused(self, answer: Answer) -> SourceError:
        status = answer.status
        what, hint = _meaning(status, self._has_login)
        if self.final_url != self._url:
            what += f", after a redirect to {_shown(self.final_url)}"
        what += _said(answer)
        if status in _PASSING or status >= 500:
            passing = PassingTroubleError(what, place=self.place, hint=hint)
            passing.retry_after = seconds_of(answer.headers.get("retry-after", ""))
            passing.status = status
            return passing
        refused = RefusedError(what, place=self.place, hint=hint)
        refused.status = status
        return refused


def trouble_with(error: httpx2.HTTPError, place: Place) -> SourceError:
    """What a person is told of a connection that failed; passing trouble unless it will be the same again."""
    cause = _root(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return SourceError(
            f"its certificate is not trusted: {cause.verify_message or cause}",
            place=place,
            hint="ask the publisher to renew it, or add its authority to this machine's",
        )
    if isinstance(error, (httpx2.LocalProtocolError, httpx2.UnsupportedProtocol, httpx2.DecodingError)):
        return SourceError(f"cannot be asked for: {error}", place=place, hint="check the URL and source.headers")
    if isinstance(error, httpx2.ConnectTimeout):
        what, hint = "does not answer: no connection in time", "check that the host is up and reachable from here"
    elif isinstance(error, httpx2.ConnectError):
        what, hint = f"cannot be reached: {cause}", "check the name of the host and the network"
    elif isinstance(error, httpx2.TimeoutException):
        what, hint = "sends nothing more", "source.timeout says how many seconds to wait for a byte"
    else:
        what, hint = f"broke the connection: {error or type(error).__name__}", ""
    return PassingTroubleError(what, place=place, hint=hint)


def _at(url: httpx2.URL, error: SourceError) -> SourceError:
    if isinstance(error, PassingTroubleError):
        error.host = host_of(str(url))
    return error


def _root(error: BaseException) -> BaseException:
    """The system's own error under the libraries' wrappings."""
    seen = error
    while (inner := seen.__cause__ or seen.__context__) is not None and not isinstance(seen, OSError):
        if isinstance(inner, httpcore2.ConnectError) and str(inner).startswith("the host "):
            return inner
        seen = inner
    return seen


def _meaning(status: int, has_login: bool) -> tuple[str, str]:
    if status == 401:
        if has_login:
            return "refuses the login (HTTP 401)", "check the user and password or token of source.auth"
        return "asks for a login (HTTP 401)", "give source.auth, with its secrets in environment variables"
    if status == 403:
        return "denies access (HTTP 403)", "ask the publisher to let this address or login in"
    if status == 404:
        return "is not there (HTTP 404)", "check the URL; the file may have been moved or renamed"
    if status == 410:
        return "is gone for good (HTTP 410)", "ask the publisher for the new address"
    if status == 407:
        return "is behind a proxy that asks for a login (HTTP 407)", "check HTTPS_PROXY"
    if status == 429:
        return "is asked too often (HTTP 429)", "run this import less often"
    if status >= 500:
        return f"has trouble of its own (HTTP {status})", "nothing is wrong here: try later, or tell the publisher"
    return f"refuses the request (HTTP {status})", "check the URL, source.auth and source.headers"


def _said(answer: Answer) -> str:
    """The beginning of what a service says of its refusal, for whoever can do something about it."""
    if not _SPOKEN.search(answer.headers.get("content-type", "")) or "content-encoding" in answer.headers:
        return ""
    text = " ".join(answer.first.decode("utf-8", "replace").split())
    shown = text[:_MOST_SAID] + ("…" if len(text) > _MOST_SAID else "")
    return f"; it says {redact(shown)}" if shown else ""


def _headers_of(request: Request, url: httpx2.URL) -> httpx2.Headers:
    """What goes to the definition's own host only."""
    headers = httpx2.Headers(request.headers)
    basic = request.basic
    if basic is None and (url.username or url.password):
        basic = f"{url.username}:{url.password}"
    if request.bearer:
        headers["Authorization"] = f"Bearer {request.bearer}"
    elif basic:
        headers["Authorization"] = "Basic " + base64.b64encode(basic.encode()).decode()
    return headers


def is_for(url: httpx2.URL, own: httpx2.URL) -> bool:
    """Whether what was meant for `own` may be sent to `url`: the same host, never from TLS to plain."""
    if url.host != own.host:
        return False
    if (url.scheme, _port(url)) == (own.scheme, _port(own)):
        return True
    return (own.scheme, _port(own)) == ("http", 80) and (url.scheme, _port(url)) == ("https", 443)


def _port(url: httpx2.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


@functools.cache
def user_agent() -> str:
    return f"job-pipe/{importlib.metadata.version('job-pipe')}"


def _shown(url: httpx2.URL) -> str:
    return redact(str(url))
