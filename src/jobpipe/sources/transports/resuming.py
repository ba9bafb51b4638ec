"""A file on a server whose connections may break: read on from where the last one ended, as long as it is the same."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Protocol, TypeVar

import xxhash

from jobpipe.errors import LimitExceededError, Place, SourceChangedError, SourceError
from jobpipe.safety.limits import show_size
from jobpipe.sources.transports.exchange import PassingTroubleError
from jobpipe.sources.transports.pace import Pace
from jobpipe.sources.transports.patience import Patience, patiently
from jobpipe.sources.transports.reading_again import read_past
from jobpipe.sources.transports.transport import Arrival, Request, Validators

_log = logging.getLogger(__name__)

_Made = TypeVar("_Made")


class OpenFile(Protocol):
    """One file over one connection."""

    name: str
    # Empty where the server does not say.
    validators: Validators
    length: int | None
    # The connection can begin anywhere in the file.
    can_resume: bool

    def chunks(self, offset: int) -> AsyncIterator[bytes]:
        """From that byte on. Raises PassingTroubleError where the connection ends before the file."""
        ...

    async def version_now(self) -> Validators:
        """Of the file as it is after it was read; the same again where the server cannot say."""
        ...


# Opens the file over a new connection, which lasts as long as the context does.
Opened = Callable[[], AbstractAsyncContextManager[OpenFile]]


class Download:
    """An iterator over a file's bytes which survives cuts of the connection."""

    def __init__(self, request: Request, opened: Opened, place: Place, patience: Patience) -> None:
        self._request = request
        self._opened = opened
        self._place = place
        self._patience = patience
        self._pace = Pace(place, patience.pace)
        self._file: OpenFile | None = None
        self._connection = AsyncExitStack()
        self._stream: AsyncGenerator[bytes, None] | None = None
        self._validators = Validators()
        self._length: int | None = None
        self._position = 0
        # Of what was delivered, unless that began in the middle.
        self._digest: xxhash.xxh3_128 | None = xxhash.xxh3_128()

    async def begin(self) -> Arrival:
        """Raises SourceError where the file cannot be had, LimitExceededError where it is too large."""
        request = self._request
        self._file = file = await self._connected()
        try:
            self._validators, self._length = file.validators, file.length
            is_unchanged = bool(request.validators.etag) and request.validators.etag == file.validators.etag
            if not is_unchanged:
                self._expect_in_limits(file.length or 0)
            if file.can_resume and self._may_resume(file):
                self._position, self._digest = request.offset, None
        except BaseException:
            await self.aclose()
            raise
        if is_unchanged:
            await self.aclose()
        return Arrival(
            shown=self._place.source,
            name=file.name,
            unchanged=is_unchanged,
            validators=file.validators,
            length=file.length,
            resumed_from=self._position,
        )

    def _may_resume(self, file: OpenFile) -> bool:
        request = self._request
        is_same = bool(request.resume.etag) and request.resume.etag == file.validators.etag
        return is_same and 0 < request.offset <= (file.length if file.length is not None else request.offset)

    # Reading ----------------------------------------------------------------------------------------

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._stream is None:
            self._stream = self._bytes()
        return await anext(self._stream)

    async def aclose(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.aclose()
        await self._release()

    async def _release(self) -> None:
        self._file = None
        await self._connection.aclose()

    async def _bytes(self) -> AsyncGenerator[bytes, None]:
        cuts = fruitless = 0
        chunks: AsyncIterator[bytes] | None = None
        while self._file is not None:
            before = self._position
            try:
                async for chunk in chunks or self._chunks(self._file, self._position):
                    self._take(chunk)
                    yield chunk
                await self._expect_whole()
                break
            except PassingTroubleError as trouble:
                _log.info("%s; going on from byte %d", trouble, self._position)
                cuts += 1
                fruitless = 0 if self._position > before else fruitless + 1
                if cuts > self._patience.cuts or fruitless >= self._patience.attempts:
                    raise self._given_up(trouble) from trouble
                await asyncio.sleep(min(self._patience.first_wait * fruitless, self._patience.longest_wait))
                chunks = await self._go_on()
        await self._release()

    def _chunks(self, file: OpenFile, offset: int) -> AsyncIterator[bytes]:
        return self._pace.watch(file.chunks(offset))

    def _take(self, chunk: bytes) -> None:
        self._position += len(chunk)
        self._expect_in_limits(self._position)
        if self._digest is not None:
            self._digest.update(chunk)

    async def _expect_whole(self) -> None:
        assert self._file is not None
        if self._length is not None and self._position < self._length:
            raise PassingTroubleError(f"ends after {self._position:,} of {self._length:,} bytes", place=self._place)
        if await self._file.version_now() != self._validators:
            raise SourceChangedError(
                "was written to while it was read",
                place=self._place,
                hint="source.files.quiet leaves files alone that have just changed",
            )

    # Going on ---------------------------------------------------------------------------------------

    async def _go_on(self) -> AsyncIterator[bytes]:
        """What comes after the bytes that were delivered, over a new connection."""
        await self._release()
        self._file = file = await self._connected()
        if file.validators != self._validators or file.length != self._length:
            raise self._changed()
        if file.can_resume and file.validators:
            return self._chunks(file, self._position)
        return await self._read_again(file)

    async def _read_again(self, file: OpenFile) -> AsyncIterator[bytes]:
        """From the beginning: what was delivered must come again, byte for byte."""
        if self._digest is None:
            raise self._changed()
        chunks = self._chunks(file, 0)
        rest = await read_past(chunks, self._position, self._digest.digest())
        if rest is None:
            raise self._changed()
        return _before(rest, chunks)

    async def _connected(self) -> OpenFile:
        return await tried(self._connect, self._patience)

    async def _connect(self) -> OpenFile:
        async with AsyncExitStack() as connection:
            file = await connection.enter_async_context(self._opened())
            self._connection = connection.pop_all()
            return file
        raise AssertionError("unreachable")

    # Errors -----------------------------------------------------------------------------------------

    def _expect_in_limits(self, size: int) -> None:
        if size > self._request.max_bytes:
            raise LimitExceededError(
                f"has {show_size(size)} or more; {show_size(self._request.max_bytes)} are allowed",
                place=self._place,
                hint="if that is right, raise source.limits.download",
            )

    def _given_up(self, trouble: SourceError) -> SourceError:
        of = f" of {self._length:,}" if self._length is not None else ""
        return SourceError(
            f"{trouble.message}; {self._position:,}{of} bytes had come",
            place=self._place,
            hint=trouble.hint or "try later, or tell the publisher",
        )

    def _changed(self) -> SourceChangedError:
        return SourceChangedError(
            f"the connection broke after {self._position:,} bytes, and the file has changed since",
            place=self._place,
            hint="the next run reads the new version from its beginning",
        )


async def tried(ask: Callable[[], Awaitable[_Made]], patience: Patience) -> _Made:
    """What `ask` gives, after some attempts if need be. Raises SourceError."""
    try:
        return await patiently(ask, patience)
    except PassingTroubleError as trouble:
        hint = trouble.hint or "try later, or tell the publisher"
        raise SourceError(patience.given_up(trouble), place=trouble.place, hint=hint) from trouble


async def _before(first: bytes, rest: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    if first:
        yield first
    async for chunk in rest:
        yield chunk
