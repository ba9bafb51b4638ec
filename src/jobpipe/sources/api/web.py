"""Asks a service: through the network guard, with its login, at its pace, patiently, and within limits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from jobpipe.definition.source import Source
from jobpipe.errors import LimitExceededError, Place, SourceError
from jobpipe.safety.limits import show_size
from jobpipe.safety.network import NetworkGuard, Resolve, resolve
from jobpipe.safety.secrets import redact
from jobpipe.sources.answers import MOST_BYTES
from jobpipe.sources.api.login import Tokens, fixed_headers, fixed_parameters
from jobpipe.sources.api.rate import Rate
from jobpipe.sources.packing.compression import Decoder
from jobpipe.sources.transports.connecting import client_for
from jobpipe.sources.transports.exchange import Answer, Exchange, PassingTroubleError, RefusedError, is_for
from jobpipe.sources.transports.headers import content_type_of, encoding_of
from jobpipe.sources.transports.patience import Patience, patiently
from jobpipe.sources.transports.tls import tls_context
from jobpipe.sources.transports.transport import Request

# One answer may take so many times as long as the server may be silent.
LONGEST_ANSWER = 10
_ACCEPT = "application/json, application/xml;q=0.9, */*;q=0.8"
# Bytes that a frame needs around a page.
_AROUND = 64 * 1024


@dataclass(frozen=True, slots=True)
class Fetched:
    """One answer, whole."""

    # Without credentials.
    asked: str
    # Where it came from, after redirects.
    url: str
    status: int
    # By their names in lower case.
    headers: Mapping[str, str]
    body: bytes
    content_type: str
    charset: str


@dataclass(frozen=True, slots=True)
class Question:
    url: str
    method: str = "GET"
    content: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    # Statuses that are answers here though they are troubles elsewhere.
    also: frozenset[int] = frozenset()


class Web:
    """For one conversation; to be closed."""

    def __init__(
        self,
        source: Source,
        request: Request,
        own: Iterable[str],
        *,
        at_once: int = 1,
        a_minute: int | None = None,
        has_http_login: bool = True,
        patience: Patience | None = None,
        resolve: Resolve = resolve,
    ) -> None:
        """`own` = the URLs that the definition names: they may be private, and their hosts get the login.

        Raises SourceError where one is no URL.
        """
        self._source = source
        self._request = request
        self._own = [url_of(url) for url in own]
        auth = source.auth if has_http_login else None
        self._basic = (auth.basic if auth else None) or (_login_in(self._own) if has_http_login else None)
        self._bearer = auth.bearer if auth else None
        self._headers = {**source.headers, **fixed_headers(auth)}
        self._parameters = fixed_parameters(auth)
        named = [_place_of(url) for url in self._own]
        self._tokens: Tokens | None = None
        if auth is not None and auth.oauth2 is not None:
            named.append(_place_of(url_of(auth.oauth2.url)))
            self._tokens = Tokens(auth.oauth2, self._send_form)
        self._named = named
        self._resolve = resolve
        self._guard = NetworkGuard.naming(named, resolve, allow=source.allow)
        self._patience = patience or Patience()
        self._rate = Rate(a_minute)
        self._room = asyncio.Semaphore(at_once)
        self._at_once = at_once
        self._context = tls_context()
        self._clients: dict[tuple[str, str, int | None], httpx2.AsyncClient] = {}
        self._opening = asyncio.Lock()
        self._received = 0
        self._asking: set[asyncio.Task[Any]] = set()

    async def ask(self, question: Question) -> Fetched:
        """Raises RefusedError (with the status), SourceError, LimitExceededError."""
        task = asyncio.current_task()
        assert task is not None
        self._asking.add(task)
        try:
            return await self._patiently(lambda: self._with_login(question), question.url)
        finally:
            self._asking.discard(task)

    def trust(self, url: str) -> None:
        """One more that the definition names, though not in so many words."""
        self._own.append(url_of(url))
        self._named.append(_place_of(self._own[-1]))
        self._guard = NetworkGuard.naming(self._named, self._resolve, allow=self._source.allow)

    def is_own(self, url: str) -> bool:
        """Whether the login may be sent there."""
        asked = url_of(url)
        return any(is_for(asked, own) for own in self._own)

    async def aclose(self) -> None:
        """What is still asked, for a thread that nobody waits for any more, is given up."""
        for task in self._asking - {asyncio.current_task()}:
            task.cancel()
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()

    async def _patiently(self, ask: Callable[[], Awaitable[Fetched]], url: str) -> Fetched:
        try:
            return await patiently(ask, self._patience)
        except PassingTroubleError as trouble:
            error = RefusedError(
                self._patience.given_up(trouble),
                place=Place(source=shown(url)),
                hint=trouble.hint or "try later, or tell the publisher",
            )
            error.status = trouble.status
            raise error from trouble

    # The login --------------------------------------------------------------------------------------

    async def _with_login(self, question: Question) -> Fetched:
        if not self.is_own(question.url):
            return await self._once(question, Request(location=question.url, timeout=self._request.timeout))
        if self._tokens is None:
            return await self._once(question, self._own_request(question.url, self._bearer))
        token = await self._tokens.token()
        try:
            return await self._once(question, self._own_request(question.url, token))
        except RefusedError as error:
            if error.status != 401:
                raise
        # It may have ended before its time: one new one, and then the refusal counts.
        self._tokens.refused(token)
        return await self._once(question, self._own_request(question.url, await self._tokens.token()))

    def _own_request(self, url: str, bearer: str | None) -> Request:
        location = url
        if self._parameters:
            location = str(url_of(url).copy_merge_params(self._parameters))
        return Request(
            location=location,
            basic=self._basic,
            bearer=bearer,
            headers=self._headers,
            timeout=self._request.timeout,
        )

    async def _send_form(self, url: str, form: bytes, headers: Mapping[str, str]) -> Fetched:
        question = Question(url, "POST", form, tuple(headers.items()))
        request = Request(location=url, timeout=self._request.timeout)
        return await self._patiently(lambda: self._exchange(question, request), url)

    # One exchange -----------------------------------------------------------------------------------

    async def _once(self, question: Question, request: Request) -> Fetched:
        async with self._room:
            await self._rate.turn()
            try:
                return await self._exchange(question, request)
            except PassingTroubleError as trouble:
                if trouble.retry_after is not None and trouble.retry_after <= self._patience.longest_retry_after:
                    self._rate.hold(trouble.retry_after)
                raise

    async def _exchange(self, question: Question, request: Request) -> Fetched:
        asked = shown(question.url)
        exchange = Exchange(request, self._guard, self._context, self._client_at)
        exchange.place = Place(source=asked)
        sent = httpx2.Headers({"Accept": _ACCEPT, "Accept-Encoding": "gzip", **dict(question.headers)})
        for name in request.headers:  # the definition's own go before what is usual
            sent.pop(name, None)
        longest = LONGEST_ANSWER * request.timeout
        try:
            async with asyncio.timeout(longest):
                answer = await exchange.ask(sent, method=question.method, content=question.content, also=question.also)
                try:
                    body = await self._whole(answer, asked)
                finally:
                    await answer.aclose()
        except TimeoutError as error:
            raise SourceError(
                f"sends too slowly: its answer is not whole after {longest:,.0f} seconds",
                place=Place(source=asked),
                hint="source.timeout says how many seconds to wait for a byte, and ten times that for an answer",
            ) from error
        content_type, charset = content_type_of(answer.headers)
        found = {name.lower(): value for name, value in answer.headers.items()}
        return Fetched(asked, str(exchange.final_url), answer.status, found, body, content_type, charset)

    async def _whole(self, answer: Answer, asked: str) -> bytes:
        coding = encoding_of(answer.headers)
        if coding not in ("", "gzip", "x-gzip"):
            raise SourceError(f"is sent in the encoding {coding}, which was not asked for", place=Place(source=asked))
        decoder = Decoder("gzip", asked) if coding else None
        pieces: list[bytes] = []
        size = 0
        async for chunk in answer.chunks():
            for piece in decoder.feed(chunk) if decoder else (chunk,):
                size += len(piece)
                self._expect_in_limits(size, asked)
                pieces.append(piece)
        if decoder is not None and size:
            decoder.close()
        self._received += size
        return b"".join(pieces)

    def _expect_in_limits(self, size: int, asked: str) -> None:
        most = min(self._request.max_bytes - self._received, MOST_BYTES - _AROUND)
        if size <= most:
            return
        if size > MOST_BYTES - _AROUND:
            what, hint = f"has more than {show_size(MOST_BYTES)} in one answer", "ask for smaller pages"
        else:
            what = f"has given more than {show_size(self._request.max_bytes)} by now, and no more are allowed"
            hint = "if that is right, raise source.limits.download"
        raise LimitExceededError(what, place=Place(source=asked), hint=hint)

    async def _client_at(self, url: httpx2.URL) -> httpx2.AsyncClient:
        origin = (url.scheme, url.host, url.port)
        async with self._opening:
            if origin not in self._clients:
                self._clients[origin] = await client_for(
                    url, self._guard, self._context, self._request.timeout, self._at_once
                )
            return self._clients[origin]


def url_of(text: str) -> httpx2.URL:
    """Raises SourceError where it is none."""
    try:
        url = httpx2.URL(text)
    except (httpx2.InvalidURL, ValueError) as error:
        raise SourceError(f"is no URL: {error}", place=Place(source=redact(text))) from error
    if url.scheme not in ("http", "https") or not url.host:
        raise SourceError("is no web address", place=Place(source=redact(text)), hint="https://example.org/api/jobs")
    return url


def shown(url: str) -> str:
    """What is asked, for people: without login, and without what is secret."""
    try:
        return redact(str(httpx2.URL(url).copy_with(username=None, password=None, fragment=None)))
    except (httpx2.InvalidURL, ValueError):
        return redact(url)


def _place_of(url: httpx2.URL) -> str:
    return f"{url.host}:{url.port or (443 if url.scheme == 'https' else 80)}"


def _login_in(urls: list[httpx2.URL]) -> str | None:
    """user:password, where a URL has them."""
    for url in urls:
        if url.username or url.password:
            return f"{url.username}:{url.password}"
    return None
