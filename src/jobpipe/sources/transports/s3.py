"""S3-compatible stores: `s3://bucket/folder/jobs-*.xml.gz`; `auth.store` says whose store and how to open it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from urllib.parse import quote, unquote

from jobpipe.errors import SourceError
from jobpipe.safety.network import Resolve, resolve
from jobpipe.sources.transports.drop import (
    MOST_FILES,
    DroppedFile,
    is_pattern,
    locations_of,
    matches,
    moved_folder,
    parts_of,
)
from jobpipe.sources.transports.patience import Patience
from jobpipe.sources.transports.resuming import Download, OpenFile, tried
from jobpipe.sources.transports.s3_store import Bucket, Entry
from jobpipe.sources.transports.transport import Arrival, Request, Validators


class S3Transport:
    """`s3://`: requests like those to any web server, signed, and through the network guard."""

    def __init__(self, *, patience: Patience | None = None, resolve: Resolve = resolve) -> None:
        self._patience = patience or Patience()
        self._resolve = resolve

    async def open(self, request: Request) -> tuple[Arrival, AsyncIterator[bytes]]:
        """Raises SourceError where the file cannot be had."""
        bucket, key = self._bucket(request), key_of(request)

        @asynccontextmanager
        async def opened() -> AsyncIterator[OpenFile]:
            entry = await bucket.head(key)
            if entry is None:
                raise SourceError("is not there", place=bucket.place, hint="check the bucket and the key")
            yield _Object(bucket, entry)

        download = Download(request, opened, bucket.place, self._patience)
        return await download.begin(), download

    async def list(self, request: Request) -> list[str]:
        """Raises SourceError where no file matches."""
        if not is_pattern(key_of(request)):
            return [request.location]
        return await locations_of(self, request)

    async def look(self, request: Request) -> Sequence[DroppedFile]:
        bucket, key = self._bucket(request), key_of(request)
        if not is_pattern(key):
            entry = await tried(lambda: bucket.head(key), self._patience)
            return [] if entry is None else [_dropped(request.location, entry)]
        head = request.location.partition("://")[2].partition("/")[0]
        folder = re.split(r"[*?\[]", key, maxsplit=1)[0].rpartition("/")[0]
        entries = await tried(lambda: bucket.entries(f"{folder}/" if folder else ""), self._patience)
        found = [entry for entry in entries if _matches(entry.key, key)]
        if len(found) > MOST_FILES:
            raise SourceError("the bucket has no end", place=bucket.place, hint="name a folder in it")
        return [_dropped(f"s3://{head}/{quote(entry.key)}", entry) for entry in sorted(found, key=lambda one: one.key)]

    async def remove(self, request: Request) -> bool:
        bucket, key = self._bucket(request), key_of(request)
        return await _if_still(bucket, key, request.validators, lambda: bucket.delete(key))

    async def move(self, request: Request, folder: str) -> bool:
        bucket, key = self._bucket(request), key_of(request)
        head, _, name = key.rpartition("/")
        target = f"{moved_folder(head, folder).strip('/')}/{name}"
        version = request.validators
        return await _if_still(bucket, key, version, lambda: bucket.move(key, target, version.etag))

    def _bucket(self, request: Request) -> Bucket:
        return bucket_of(request, self._resolve)


def bucket_of(request: Request, resolve: Resolve = resolve) -> Bucket:
    """Raises SourceError where the location names none, or the endpoint is no URL."""
    # urlsplit makes hosts lower case; buckets are that already.
    return Bucket(parts_of(request.location).hostname or "", request, resolve)


async def _if_still(bucket: Bucket, key: str, version: Validators, act: Callable[[], Awaitable[None]]) -> bool:
    entry = await bucket.head(key)
    if entry is None:
        return True
    if version.etag and entry.etag != version.etag:
        return False
    await act()
    return True


class _Object:
    """One object, asked for in ranges of its own version."""

    can_resume = True

    def __init__(self, bucket: Bucket, entry: Entry) -> None:
        self._bucket = bucket
        self._key = entry.key
        self.name: str = entry.key.rpartition("/")[2]
        self.validators = entry.validators
        self.length = entry.size

    async def chunks(self, offset: int) -> AsyncIterator[bytes]:
        if self.length is not None and offset >= self.length:
            return
        async with self._bucket.reading(self._key, self.validators.etag, offset) as chunks:
            async for chunk in chunks:
                yield chunk

    async def version_now(self) -> Validators:
        """If-Match has seen to it."""
        return self.validators


def key_of(request: Request) -> str:
    return unquote(parts_of(request.location).path[1:])


def _matches(key: str, pattern: str) -> bool:
    """A star does not reach over a slash."""
    names, patterns = key.split("/"), pattern.split("/")
    return len(names) == len(patterns) and all(map(matches, names, patterns))


def _dropped(location: str, entry: Entry) -> DroppedFile:
    return DroppedFile(location=location, name=entry.key.rpartition("/")[2], size=entry.size, modified=entry.modified)
