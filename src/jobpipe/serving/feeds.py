"""`/feeds/NAME/FILE`: a plain ASGI application that hands out what destinations have published.

It opens what the list of a feed names and nothing else: a path of a request never becomes one of the disk.  A file is
read piece by piece as fast as its reader takes it, so that many slow readers cost neither memory nor anybody's time;
one that takes nothing for a minute is left.  A file that is swapped meanwhile goes on to its end for whoever began
with it.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO

from jobpipe.destinations.published import PublishedFile, content_path, read_published
from jobpipe.errors import JobpipeError
from jobpipe.health.addresses import Receive, Scope, Send
from jobpipe.serving.conditions import Variant, asked_range, is_unchanged, variant
from jobpipe.serving.failed_logins import FailedLogins
from jobpipe.serving.feed_book import Feed, FeedBook

log = logging.getLogger("jobpipe.serve")

# Where it is mounted.
PREFIX = "/feeds/"
# Downloads under way, above which it answers 503: what they leave of the connections answers how all is.
_AT_ONCE = 64
# Bytes that are read at once; seconds for a reader to take them.
_CHUNK = 128 * 1024
_PATIENCE = 60.0
# Seconds after which whoever finds nothing yet, or no room, may come again.
_LATER = 30

_Headers = list[tuple[bytes, bytes]]


class _Refusal(Exception):
    def __init__(self, status: int, said: str, **headers: str) -> None:
        super().__init__(said)
        self.status = status
        self.said = said
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: dict[str, str]
    # None = the headers are all.
    content: IO[bytes] | None = None
    part: range = range(0)


class Feeds:
    def __init__(self, book: FeedBook, *, at_once: int = _AT_ONCE, patience: float = _PATIENCE) -> None:
        """`at_once`: downloads; `patience`: seconds for a reader that takes nothing."""
        self._book = book
        self._failed = FailedLogins()
        self._at_once = at_once
        self._patience = patience
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        is_wanted = scope["method"] == "GET"
        try:
            feed, file_name, headers = await self._asked(scope)
            with self._place() if is_wanted else contextlib.nullcontext():
                answer = await asyncio.to_thread(_file, feed, file_name, headers, is_wanted=is_wanted)
                await self._send(answer, receive, send)
        except _Refusal as refusal:
            await _refuse(refusal, scope, send)

    async def _asked(self, scope: Scope) -> tuple[Feed, str, Mapping[str, str]]:
        """The feed, for whoever may have it, the name of its file, and the headers."""
        if not scope["path"].startswith(PREFIX):
            raise _Refusal(404, f"there is {PREFIX}NAME/FILE")
        if scope["method"] not in ("GET", "HEAD"):
            raise _Refusal(405, "GET or HEAD", allow="GET, HEAD")
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        name, _, file_name = scope["path"].removeprefix(PREFIX).partition("/")
        feed = await asyncio.to_thread(self._feed, name)
        self._let_in(feed, scope, headers)
        return feed, file_name, headers

    @contextlib.contextmanager
    def _place(self) -> Iterator[None]:
        if self._under_way >= self._at_once:
            raise _later("too many downloads are under way")
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1

    def _feed(self, name: str) -> Feed:
        try:
            feed = self._book.feed(name)
        except Exception as error:
            # What it is, the log says: whoever asks is not always of the house.
            if not isinstance(error, JobpipeError):
                log.exception("the feed %s cannot be handed out", name)
            raise _later("this feed cannot be handed out now") from error
        if feed is None:
            raise _Refusal(404, "there is no such feed")
        return feed

    def _let_in(self, feed: Feed, scope: Scope, headers: Mapping[str, str]) -> None:
        if not feed.login:
            return
        who = ((scope.get("client") or ("",))[0], feed.name)
        if seconds := self._failed.must_wait(who):
            raise _Refusal(429, "too many wrong logins", retry_after=str(seconds))
        login = _login_in(headers.get("authorization", ""))
        if login is not None and feed.lets_in(login):
            return
        if login is not None:
            self._failed.add(who)
        realm = feed.name.encode("ascii", "replace").decode().replace("\\", "?").replace('"', "?")
        raise _Refusal(401, "this feed asks for a login", www_authenticate=f'Basic realm="{realm}", charset="UTF-8"')

    async def _send(self, answer: _Answer, receive: Receive, send: Send) -> None:
        headers = [(name.encode(), value.encode("latin-1")) for name, value in answer.headers.items()]
        start = {"type": "http.response.start", "status": answer.status, "headers": headers}
        if answer.content is None:
            await send(start)
            await send({"type": "http.response.body"})
            return
        gone = asyncio.create_task(_until_gone(receive))
        try:
            await send(start)
            await self._send_content(answer.content, answer.part, gone, send)
        except TimeoutError:
            log.info("a reader of a feed takes nothing and is left")
        except asyncio.CancelledError:
            log.info("a reader of a feed is left: this process stops")
        finally:
            gone.cancel()
            answer.content.close()

    async def _send_content(self, content: IO[bytes], part: range, gone: asyncio.Task[None], send: Send) -> None:
        left = len(part)
        while left and not gone.done():
            piece = await asyncio.to_thread(content.read, min(_CHUNK, left))
            if not piece:
                raise OSError("a published file has become shorter")
            left -= len(piece)
            async with asyncio.timeout(self._patience):
                # Waits until the reader has taken what was sent before.
                await send({"type": "http.response.body", "body": piece, "more_body": bool(left)})
        if not part:
            await send({"type": "http.response.body"})


def _file(feed: Feed, name: str, headers: Mapping[str, str], *, is_wanted: bool) -> _Answer:
    """`is_wanted`: with its contents, opened."""
    # Again, where the list was swapped twice between reading it and opening the file.
    for _ in range(3):
        file = _published(feed, name)
        wanted = variant(file, headers)
        common = _headers(feed, wanted)
        if is_unchanged(wanted, headers):
            return _Answer(304, common)
        part = asked_range(wanted, headers) if is_wanted else None
        if part is not None and not part:
            raise _Refusal(416, "there are no such bytes", content_range=f"bytes */{wanted.size}")
        path = content_path(feed.folder, file.sha256, is_gzip=wanted.is_gzip)
        with contextlib.suppress(FileNotFoundError):
            return _whole_or_part(wanted, part, common, path.open("rb") if is_wanted else None)
    raise _later("this file cannot be read now")


def _published(feed: Feed, name: str) -> PublishedFile:
    try:
        published = read_published(feed.folder)
    except (JobpipeError, OSError) as error:
        log.error("the feed %s cannot be handed out: %s", feed.name, error)
        raise _later("this feed cannot be read now") from error
    if published is None:
        raise _later("nothing has been published yet")
    file = published.file(name)
    if file is None:
        raise _Refusal(404, "this feed has no such file")
    return file


def _whole_or_part(wanted: Variant, part: range | None, common: dict[str, str], content: IO[bytes] | None) -> _Answer:
    headers = {**common, "content-type": wanted.file.media_type}
    if wanted.is_gzip:
        headers["content-encoding"] = "gzip"
    if part is None:
        return _Answer(200, {**headers, "content-length": str(wanted.size)}, content, range(wanted.size))
    if content is not None:
        content.seek(part.start)
    headers["content-range"] = f"bytes {part.start}-{part.stop - 1}/{wanted.size}"
    return _Answer(206, {**headers, "content-length": str(len(part))}, content, part)


def _headers(feed: Feed, wanted: Variant) -> dict[str, str]:
    return {
        "etag": wanted.etag,
        "last-modified": wanted.last_modified,
        "accept-ranges": "bytes",
        "vary": "accept-encoding, authorization" if feed.login else "accept-encoding",
        # It may be kept, and is asked for again each time.
        "cache-control": "private, no-cache" if feed.login else "no-cache",
        **_GUARDS,
    }


# A feed that a browser opens runs nothing.
_GUARDS = {"x-content-type-options": "nosniff", "content-security-policy": "default-src 'none'; sandbox"}


def _later(said: str) -> _Refusal:
    return _Refusal(503, said, retry_after=str(_LATER))


def _login_in(header: str) -> bytes | None:
    """`user:password`, as it was sent; None = none was."""
    scheme, _, packed = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(packed.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""


async def _refuse(refusal: _Refusal, scope: Scope, send: Send) -> None:
    body = f"{refusal.said}\n".encode()
    headers = {
        "content-type": "text/plain; charset=utf-8",
        "content-length": str(len(body)),
        "cache-control": "no-store",
        **_GUARDS,
        **refusal.headers,
    }
    encoded: _Headers = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": refusal.status, "headers": encoded})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
