"""The bridge to the conductor, which is no coroutine: downloads go on while it works."""

from __future__ import annotations

import asyncio
import collections
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import wait
from types import TracebackType
from typing import Any, Self, TypeVar

from jobpipe.sources.event_loop import LONGEST_GOODBYE, EventLoop, shared_loop
from jobpipe.sources.transports import transport_for
from jobpipe.sources.transports.transport import Arrival, Request, Transport

# Bytes that wait at most between the source and the conductor (a chunk may go beyond).
WINDOW = 2 * 1024 * 1024

# Small chunks that wait together are given together, up to this many bytes.
GIVEN_AT_ONCE = 512 * 1024

# Seconds between two looks at whether whoever waits shall stop.
LOOK = 0.25

_Made = TypeVar("_Made")


class StoppedError(Exception):
    """Whoever waited for a source was to stop."""


def _never() -> bool:
    return False


def open_stream(
    request: Request, transport: Transport | None = None, *, stopped: Callable[[], bool] = _never
) -> Stream:
    """Open a location and read it ahead, until the `with` block ends.

    Raises what the transport raises: at once for what is found when opening, while iterating for the rest; and
    StoppedError where `stopped` says so while the source is waited for.
    """
    return Stream(request, transport or transport_for(request.location), stopped)


def list_locations(request: Request, transport: Transport | None = None) -> list[str]:
    """The locations that a pattern stands for, sorted; the location itself where it is none."""
    found = transport or transport_for(request.location)
    return _finish(found.list(request), _loop_for(found))


def run_apart(coroutine: Coroutine[Any, Any, _Made], *, stopped: Callable[[], bool] = _never) -> _Made:
    """What a coroutine that never blocks gives, where none can be awaited. Raises StoppedError."""
    return _finish(coroutine, shared_loop, stopped)


def _loop_for(transport: Transport) -> EventLoop:
    """All share one loop, but for those that would hold up the others: they get their own."""
    return EventLoop("jobpipe-fetch") if getattr(transport, "is_blocking", False) else shared_loop


def _finish(
    coroutine: Coroutine[Any, Any, _Made], event_loop: EventLoop, stopped: Callable[[], bool] = _never
) -> _Made:
    with event_loop.held() as loop:
        future = asyncio.run_coroutine_threadsafe(coroutine, loop)
        try:
            while not wait([future], timeout=LOOK).done:
                _expect_to_go_on(stopped)
            return future.result()
        except BaseException:
            future.cancel()
            raise


def _expect_to_go_on(stopped: Callable[[], bool]) -> None:
    if stopped():
        raise StoppedError


class Stream:
    """A context manager and an iterator over the bytes of one location; for one consumer."""

    arrival: Arrival

    def __init__(self, request: Request, transport: Transport, stopped: Callable[[], bool] = _never) -> None:
        self._stopped = stopped
        self._request = request
        self._transport = transport
        # Guards what follows; told of every change.
        self._change = threading.Condition()
        self._chunks: collections.deque[bytes] = collections.deque()
        self._waiting = 0
        self._arrived: Arrival | None = None
        self._is_over = False
        self._error: BaseException | None = None
        self._event_loop = _loop_for(transport)
        # None = not begun, or closed.
        self._loop: asyncio.AbstractEventLoop | None = None
        # Of the loop.
        self._task: asyncio.Task[None] | None = None
        self._room = asyncio.Event()

    def __enter__(self) -> Self:
        self._loop = self._event_loop.hold()
        self._loop.call_soon_threadsafe(self._begin)
        try:
            with self._change:
                while self._arrived is None and not self._is_over:
                    self._wait()
                if self._arrived is None:
                    raise self._error or RuntimeError("the transport ended without an answer")
                self.arrival = self._arrived
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        with self._change:
            while not self._chunks and not self._is_over:
                self._wait()
            if not self._chunks:
                if self._error is not None:
                    raise self._error
                raise StopIteration
            given = self._take()
            self._let_in()
        return given

    def close(self) -> None:
        """Stop the download and release the connection; returns when both are done."""
        loop, self._loop = self._loop, None
        if loop is not None:
            loop.call_soon_threadsafe(self._cancel)
            with self._change:
                self._change.wait_for(lambda: self._is_over, timeout=LONGEST_GOODBYE)
            self._event_loop.release()
        with self._change:
            self._chunks.clear()
            self._waiting = 0
            self._is_over = True

    def _wait(self) -> None:
        if not self._change.wait(LOOK):
            _expect_to_go_on(self._stopped)

    def _take(self) -> bytes:
        first = self._chunks.popleft()
        size = len(first)
        if size >= GIVEN_AT_ONCE or not self._chunks:
            self._waiting -= size
            return first
        parts = [first]
        while self._chunks and size + len(self._chunks[0]) <= GIVEN_AT_ONCE:
            parts.append(self._chunks.popleft())
            size += len(parts[-1])
        self._waiting -= size
        return b"".join(parts)

    def _let_in(self) -> None:
        if self._loop is not None and self._waiting < WINDOW // 2 and not self._room.is_set():
            self._loop.call_soon_threadsafe(self._room.set)

    # --- on the loop

    def _begin(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._fetch())
        self._task.add_done_callback(self._end)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _end(self, task: asyncio.Task[None]) -> None:
        with self._change:
            self._error = None if task.cancelled() else task.exception()
            self._is_over = True
            self._change.notify_all()

    async def _fetch(self) -> None:
        arrival, chunks = await self._transport.open(self._request)
        try:
            with self._change:
                self._arrived = arrival
                self._change.notify_all()
            async for chunk in chunks:
                await self._put(chunk)
        finally:
            await _close(chunks)

    async def _put(self, chunk: bytes) -> None:
        with self._change:
            self._chunks.append(chunk)
            self._waiting += len(chunk)
            is_full = self._waiting >= WINDOW
            if is_full:
                self._room.clear()
            self._change.notify_all()
        if is_full:
            await self._room.wait()


async def _close(chunks: AsyncIterator[bytes]) -> None:
    release = getattr(chunks, "aclose", None)
    if release is not None:
        await release()
