"""One bucket of an S3-compatible store: its questions, each asked through the network guard, and its answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import quote, unquote_plus, urlsplit

import httpx2
from lxml import etree

from jobpipe.definition.logins import Auth, StoreKey
from jobpipe.errors import Place, SourceError
from jobpipe.safety.network import NetworkGuard, Resolve
from jobpipe.safety.secrets import redact
from jobpipe.sources.transports.drop import MOST_FILES
from jobpipe.sources.transports.exchange import Answer, Exchange, PassingTroubleError
from jobpipe.sources.transports.s3_signing import StoreLogin
from jobpipe.sources.transports.tls import tls_context
from jobpipe.sources.transports.transport import Request, Validators

DEFAULT_REGION = "us-east-1"
# A listing and the answer to a copy are small: a thousand names at most.
_MOST_BYTES = 16 * 1024 * 1024
_MOST_PAGES = 1_000
# An answer that is no file may take so many times as long as the server may be silent.
_LONGEST_ANSWER = 10
# Statuses whose meaning is another one for a bucket than for a web server.
_OWN = frozenset({301, 302, 307, 308, 400, 401, 403, 404, 412, 416})


@dataclass(frozen=True, slots=True)
class Entry:
    """An object as the store tells of it."""

    key: str
    size: int | None
    etag: str
    modified: datetime | None

    @property
    def validators(self) -> Validators:
        modified = format_datetime(self.modified.astimezone(UTC), usegmt=True) if self.modified else ""
        return Validators(etag=self.etag, last_modified=modified)


class Bucket:
    def __init__(self, name: str, request: Request, resolve: Resolve) -> None:
        """Raises SourceError where the endpoint is no URL."""
        store = (request.auth or Auth()).store or StoreKey()
        region = store.region or DEFAULT_REGION
        endpoint = store.endpoint or f"https://s3.{region}.amazonaws.com"
        self.place = Place(source=redact(request.location))
        self.timeout = request.timeout
        try:
            url = urlsplit(endpoint)
            host, port = url.hostname, url.port or (80 if url.scheme == "http" else 443)
        except ValueError:
            host = None
        if not host or url.scheme not in ("http", "https"):
            raise SourceError("has an endpoint that is no URL", place=self.place, hint="https://storage.example.org")
        self._base = f"{endpoint.rstrip('/')}/{quote(name)}"
        self._name = name
        self._login = StoreLogin(store.key_id, store.secret or "", region) if store.key_id else None
        self._guard = NetworkGuard.naming([f"{host}:{port}"], resolve, allow=request.allow)

    async def head(self, key: str) -> Entry | None:
        """None = there is no such object."""
        async with self.asked("HEAD", key, also={404}) as answer:
            headers = answer.headers
            if answer.status == 404:
                return None
            length = headers.get("content-length", "")
            modified = _date_of(headers.get("last-modified", ""))
            return Entry(key, int(length) if length.isdecimal() else None, headers.get("etag", ""), modified)
        raise AssertionError("unreachable")

    @asynccontextmanager
    async def reading(self, key: str, etag: str, offset: int) -> AsyncIterator[AsyncIterator[bytes]]:
        """The object's bytes from there on, of this version only."""
        headers = {"If-Match": etag} if etag else {}
        if offset:
            headers["Range"] = f"bytes={offset}-"
        async with self.asked("GET", key, headers) as answer:
            came = answer.headers.get("etag", "")
            if etag and came and came != etag:
                raise PassingTroubleError("has changed", place=self.place)
            skipped = offset if answer.status == 200 else 0
            yield _without(skipped, answer.chunks())

    async def entries(self, prefix: str) -> list[Entry]:
        """Those whose key begins so. Raises SourceError where they have no end."""
        found: list[Entry] = []
        token = ""
        for _ in range(_MOST_PAGES):
            query = {"list-type": "2", "encoding-type": "url", "prefix": prefix, "continuation-token": token}
            page = await self._listing({name: value for name, value in query.items() if value})
            found += page.entries
            if not page.next:
                return found
            if page.next == token or len(found) > MOST_FILES:
                break
            token = page.next
        raise SourceError("the bucket has no end", place=self.place, hint="name a folder in it")

    async def _listing(self, query: dict[str, str]) -> _Page:
        async with self.asked("GET", "", query=query) as answer:
            return self._page_of(await self.whole(answer))
        raise AssertionError("unreachable")

    async def delete(self, key: str) -> None:
        async with self.asked("DELETE", key, also={404}):
            pass

    async def move(self, key: str, target: str, etag: str) -> None:
        """A store can only copy; what is copied is this version."""
        headers = {"x-amz-copy-source": f"/{quote(self._name)}/{_quoted(key)}"}
        if etag:
            headers["x-amz-copy-source-if-match"] = etag
        async with self.asked("PUT", target, headers) as answer:
            body = await self.whole(answer)
            if b"<Error" in body:  # of a copy that began well
                raise PassingTroubleError(f"has trouble: {said_in(body)}", place=self.place, hint="try later")
        await self.delete(key)

    # Asking -----------------------------------------------------------------------------------------

    @asynccontextmanager
    async def asked(
        self,
        method: str,
        key: str,
        headers: Mapping[str, str] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        content: bytes | None = None,
        also: set[int] | None = None,
    ) -> AsyncIterator[Answer]:
        """An answer whose status is below 300, or one of `also`. Raises PassingTroubleError, SourceError."""
        text = self._base + (f"/{_quoted(key)}" if key else "")
        if query:
            text += "?" + "&".join(f"{name}={quote(query[name], safe='')}" for name in sorted(query))
        url, sent = httpx2.URL(text), dict(headers or {})
        if self._login is not None:
            sent = self._login.signed(method, url, sent, content or b"")
        # As the headers of the definition: no redirect takes them to another host.
        asking = Request(location=text, headers=sent, timeout=self.timeout)
        exchange = Exchange(asking, self._guard, tls_context())
        exchange.place = self.place
        answer = await exchange.ask({}, method=method, content=content, also=_OWN)
        try:
            if answer.status >= 300 and answer.status not in (also or ()):
                raise self._refused(answer)
            yield answer
        finally:
            await answer.aclose()

    def _refused(self, answer: Answer) -> SourceError:
        status, said = answer.status, said_in(answer.first)
        of = f" (HTTP {status}{': ' + said if said else ''})"
        hint = "check key_id, secret and region of source.auth.store"
        if status == 404:
            return SourceError(f"is not there{of}", place=self.place, hint="check the bucket and the key")
        if status == 412:
            return PassingTroubleError("has changed", place=self.place)
        if status in (401, 403) and self._login is None:
            hint = "give source.auth.store with key_id and secret"
            return SourceError(f"is no public bucket{of}", place=self.place, hint=hint)
        if status in (401, 403):
            return SourceError(f"refuses the login{of}", place=self.place, hint=hint)
        region = answer.headers.get("x-amz-bucket-region", "")
        if status < 400:
            what = f"is in another place{of}"
            hint = f"the region of source.auth.store is {redact(region)}" if region else "check endpoint and region"
            return SourceError(what, place=self.place, hint=hint)
        return SourceError(f"refuses the request{of}", place=self.place, hint=hint)

    async def whole(self, answer: Answer) -> bytes:
        longest = _LONGEST_ANSWER * self.timeout
        body = bytearray()
        try:
            async with asyncio.timeout(longest):
                async for chunk in answer.chunks():
                    body += chunk
                    if len(body) > _MOST_BYTES:
                        raise SourceError(
                            "gives a list without an end", place=self.place, hint="tell whose store it is"
                        )
        except TimeoutError as error:
            raise SourceError(
                f"sends too slowly: its answer is not whole after {longest:,.0f} seconds", place=self.place
            ) from error
        return bytes(body)

    def _page_of(self, body: bytes) -> _Page:
        try:
            root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
            if etree.QName(root).localname != "ListBucketResult":
                raise ValueError(f"a document {etree.QName(root).localname}")
            is_encoded = text_of(root, "EncodingType") == "url"
            entries = [_entry_of(one, is_encoded) for one in root.iterchildren("{*}Contents")]
        except (etree.XMLSyntaxError, ValueError) as error:
            raise SourceError(
                f"lists its objects in a way that is not S3's: {redact(str(error))[:200]}",
                place=self.place,
                hint="check the endpoint of source.auth.store",
            ) from error
        is_cut = text_of(root, "IsTruncated") == "true"
        return _Page(entries, text_of(root, "NextContinuationToken") if is_cut else "")


@dataclass(frozen=True, slots=True)
class _Page:
    entries: list[Entry]
    # "" = it is the last.
    next: str


def _entry_of(element: Any, is_encoded: bool) -> Entry:
    key, size = text_of(element, "Key"), text_of(element, "Size")
    modified = datetime.fromisoformat(text_of(element, "LastModified"))
    return Entry(unquote_plus(key) if is_encoded else key, int(size), text_of(element, "ETag"), modified)


def text_of(element: Any, name: str) -> str:
    return element.findtext(f"{{*}}{name}") or ""


def _date_of(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return None


def said_in(body: bytes) -> str:
    """The code of an error, and what it says."""
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return ""
    said = ", ".join(text for text in (text_of(root, "Code"), text_of(root, "Message")) if text)
    return redact(" ".join(said.split()))[:200]


def _quoted(key: str) -> str:
    return quote(key, safe="/-_.~")


async def _without(count: int, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """What comes after so many bytes: of a store that always begins at the beginning."""
    async for chunk in chunks:
        rest = chunk[count:]
        count -= min(count, len(chunk))
        if rest:
            yield rest
