"""S3-compatible stores: `s3://bucket/folder/jobs-*.xml.gz`; `auth.store` says whose store and how to open it."""

from __future__ import annotations

import asyncio
import email.utils
import importlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import quote, unquote, urlsplit

from jobpipe.definition.logins import Auth, StoreKey
from jobpipe.errors import DefinitionError, Place, SourceError
from jobpipe.safety.network import NetworkGuard, Resolve, resolve
from jobpipe.safety.secrets import redact
from jobpipe.sources.transports.drop import (
    MOST_FILES,
    DroppedFile,
    is_pattern,
    locations_of,
    matches,
    moved_folder,
    parts_of,
)
from jobpipe.sources.transports.exchange import PassingTroubleError
from jobpipe.sources.transports.patience import Patience
from jobpipe.sources.transports.resuming import Download, OpenFile, tried
from jobpipe.sources.transports.transport import Arrival, Request, Validators

# Bytes given at once.
CHUNK = 1024 * 1024
DEFAULT_REGION = "us-east-1"
# The library's errors are long and hold whole answers.
_LONGEST_REASON = 200

_Made = TypeVar("_Made")


class S3Transport:
    """`s3://`, with obstore (the extra `s3`), which connects by itself: the guard is asked before."""

    def __init__(self, *, patience: Patience | None = None, resolve: Resolve = resolve) -> None:
        self._patience = patience or Patience()
        self._resolve = resolve

    async def open(self, request: Request) -> tuple[Arrival, AsyncIterator[bytes]]:
        """Raises SourceError where the file cannot be had, DefinitionError without the extra."""
        bucket = await self._bucket(request)

        async def connect() -> OpenFile:
            with bucket.errors():
                return _Object(bucket, await bucket.client.head_async(bucket.store, bucket.key))
            raise AssertionError("unreachable")

        download = Download(request, connect, bucket.place, self._patience)
        return await download.begin(), download

    async def list(self, request: Request) -> list[str]:
        """Raises SourceError where no file matches."""
        if not is_pattern(_key_of(request)):
            return [request.location]
        return await locations_of(self, request)

    async def look(self, request: Request) -> Sequence[DroppedFile]:
        bucket = await self._bucket(request)
        return await tried(lambda: bucket.look(request), self._patience)

    async def remove(self, request: Request) -> bool:
        bucket = await self._bucket(request)
        return await bucket.if_still(request.validators, lambda: bucket.client.delete_async(bucket.store, bucket.key))

    async def move(self, request: Request, folder: str) -> bool:
        bucket = await self._bucket(request)
        head, _, name = bucket.key.rpartition("/")
        target = f"{moved_folder(head, folder).strip('/')}/{name}"
        return await bucket.if_still(
            request.validators, lambda: bucket.client.rename_async(bucket.store, bucket.key, target)
        )

    async def _bucket(self, request: Request) -> _Bucket:
        parts = parts_of(request.location)
        client, place = _obstore(), Place(source=redact(request.location))
        # urlsplit makes hosts lower case; buckets are that already.
        name, store = parts.hostname or "", (request.auth or Auth()).store or StoreKey()
        region = store.region or DEFAULT_REGION
        endpoint = store.endpoint or f"https://s3.{region}.amazonaws.com"
        url = urlsplit(endpoint)
        if url.scheme not in ("http", "https") or not url.hostname:
            raise SourceError("has an endpoint that is no URL", place=place, hint="https://storage.example.org")
        guard = NetworkGuard.naming([url.hostname], self._resolve, allow=request.allow)
        try:
            await guard.addresses(url.hostname, url.port or 443, place=place)
        except OSError as error:
            raise SourceError(f"cannot be reached: the host {url.hostname} is not known", place=place) from error
        options: dict[str, Any] = {"skip_signature": True}
        if store.key_id or store.secret:
            options = {"access_key_id": store.key_id or "", "secret_access_key": store.secret or ""}
        opened = importlib.import_module("obstore.store").S3Store(
            name,
            endpoint=endpoint,
            region=region,
            virtual_hosted_style_request=False,
            client_options={
                "allow_http": url.scheme == "http",
                "connect_timeout": timedelta(seconds=min(15.0, request.timeout)),
                "read_timeout": timedelta(seconds=request.timeout),
                # Of a whole download: there is none.
                "timeout": timedelta(days=1),
            },
            # Attempts are counted here.
            retry_config={"max_retries": 0},
            **options,
        )
        return _Bucket(client, opened, _key_of(request), place, bool(store.key_id), request.timeout)


@dataclass(frozen=True, slots=True)
class _Bucket:
    """A bucket and the key (or pattern) in it that a location names."""

    client: Any
    store: Any
    key: str
    place: Place
    has_login: bool
    timeout: float

    async def look(self, request: Request) -> Sequence[DroppedFile]:
        with self.errors():
            if not is_pattern(self.key):
                return await self._one(request)
            head = request.location.partition("://")[2].partition("/")[0]
            folder = re.split(r"[*?\[]", self.key, maxsplit=1)[0].rpartition("/")[0]
            found: list[DroppedFile] = []
            async for page in self.client.list(self.store, prefix=folder or None):
                for entry in page:
                    if not _matches(entry["path"], self.key):
                        continue
                    if len(found) >= MOST_FILES:
                        raise SourceError("the bucket has no end", place=self.place, hint="name a folder in it")
                    found.append(_dropped(f"s3://{head}/{quote(entry['path'])}", entry))
            return sorted(found, key=lambda file: file.location)
        raise AssertionError("unreachable")

    async def _one(self, request: Request) -> list[DroppedFile]:
        try:
            return [_dropped(request.location, await self.client.head_async(self.store, self.key))]
        except FileNotFoundError:
            return []

    async def if_still(self, version: Validators, act: Callable[[], Awaitable[object]]) -> bool:
        with self.errors():
            try:
                entry = await self.client.head_async(self.store, self.key)
            except FileNotFoundError:
                return True
            if version.etag and _validators(entry).etag != version.etag:
                return False
            await act()
        return True

    @contextmanager
    def errors(self) -> Iterator[None]:
        kinds = importlib.import_module("obstore.exceptions")
        try:
            yield
        except FileNotFoundError as error:
            raise SourceError("is not there", place=self.place, hint="check the bucket and the key") from error
        except (kinds.UnauthenticatedError, kinds.PermissionDeniedError, PermissionError) as error:
            if self.has_login:
                what, hint = "refuses the login", "check key_id, secret and region of source.auth.store"
            else:
                what, hint = "is no public bucket", "give source.auth.store with key_id and secret"
            raise SourceError(what, place=self.place, hint=hint) from error
        except kinds.PreconditionError as error:
            raise PassingTroubleError("has changed", place=self.place) from error
        except TimeoutError as error:
            raise PassingTroubleError(
                "sends nothing more", place=self.place, hint="source.timeout says how many seconds to wait for a byte"
            ) from error
        except (kinds.BaseError, OSError) as error:
            raise self._trouble(str(error)) from error

    def _trouble(self, text: str) -> SourceError:
        # The first line says it; what follows is how the library was built.
        reason = redact(" ".join(text.partition("\n\nDebug source")[0].split()))[:_LONGEST_REASON]
        if re.search(r"\b(301|400|403) [A-Z]|SignatureDoesNotMatch|InvalidAccessKeyId", text):
            return SourceError(
                f"refuses the request: {reason}", place=self.place, hint="check source.auth.store, its region above all"
            )
        return PassingTroubleError(f"has trouble: {reason}", place=self.place, hint="check the endpoint, or try later")


class _Object:
    """One object, asked for in ranges of its own version."""

    can_resume = True

    def __init__(self, bucket: _Bucket, entry: Any) -> None:
        self._bucket = bucket
        self._etag: str | None = entry["e_tag"]
        self.name: str = entry["path"].rpartition("/")[2]
        self.validators = _validators(entry)
        self.length: int | None = entry["size"]

    async def chunks(self, offset: int) -> AsyncIterator[bytes]:
        if self.length is not None and offset >= self.length:
            return
        bucket = self._bucket
        options: dict[str, Any] = {"if_match": self._etag} if self._etag else {}
        if offset:
            options["range"] = {"offset": offset}
        with bucket.errors():
            result = await bucket.client.get_async(bucket.store, bucket.key, options=options)
            stream = aiter(result.stream(min_chunk_size=CHUNK))
            while True:
                async with asyncio.timeout(bucket.timeout):
                    chunk = await anext(stream, None)
                if chunk is None:
                    return
                yield bytes(chunk)

    async def version_now(self) -> Validators:
        """If-Match has seen to it."""
        return self.validators

    async def aclose(self) -> None:
        pass


def _key_of(request: Request) -> str:
    return unquote(parts_of(request.location).path[1:])


def _matches(key: str, pattern: str) -> bool:
    """A star does not reach over a slash."""
    names, patterns = key.split("/"), pattern.split("/")
    return len(names) == len(patterns) and all(map(matches, names, patterns))


def _dropped(location: str, entry: Any) -> DroppedFile:
    name = entry["path"].rpartition("/")[2]
    return DroppedFile(location=location, name=name, size=entry["size"], modified=entry["last_modified"])


def _validators(entry: Any) -> Validators:
    modified = email.utils.format_datetime(entry["last_modified"], usegmt=True)
    return Validators(etag=entry["e_tag"] or "", last_modified=modified)


def _obstore() -> Any:
    try:
        return importlib.import_module("obstore")
    except ImportError as error:
        raise DefinitionError("s3:// needs obstore", hint="pip install 'job-pipe[s3]'") from error
