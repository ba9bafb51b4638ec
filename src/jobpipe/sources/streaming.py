"""The bridge to the conductor, which is no coroutine: downloads go on while it works."""

from __future__ import annotations

import asyncio
import collections
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from types import TracebackType
from typing import Any, Self, TypeVar

from jobpipe.sources.transports import transport_for
from jobpipe.sources.transports.transport import Arrival, Request, Transport

# Bytes that wait at most between the source and the conductor (a chunk may go beyond).
WINDOW = 2 * 1024 * 1024

# Small chunks that wait together are given together, up to this many bytes.
GIVEN_AT_ONCE = 512 * 1024

# Seconds.
LONGEST_GOODBYE = 10.0

_Made = TypeVar("_Made")


def open_stream(request: Request, transport: Transport | None = None) -> Stream:
    """Open a location and read it ahead on a thread of its own, until the `with` block ends.

    Raises what the transport raises: at once for what is found when opening, while iterating for the rest.
    """
    return Stream(request, transport or transport_for(request.location))


def list_locations(request: Request, transport: Transport | None = None) -> list[str]:
    """The locations that a pattern stands for, sorted; the location itself where it is none."""
    found = transport or transport_for(request.location)
    return run_apart(found.list(request))


def run_apart(coroutine: Coroutine[Any, Any, _Made]) -> _Made:
    """Run it to its end on a thread, so that this works where an event loop already runs."""
    made: list[_Made] = []
    trouble: list[BaseException] = []

    def run() -> None:
        try:
            made.append(asyncio.run(coroutine))
        except BaseException as error:
            trouble.append(error)

    thread = threading.Thread(target=run, name="jobpipe-list", daemon=True)
    thread.start()
    thread.join()
    if trouble:
        raise trouble[0]
    return made[0]


class Stream:
    """A context manager and an iterator over the bytes of one location; for one consumer."""

    arrival: Arrival

    def __init__(self, request: Request, transport: Transport) -> None:
        self._request = request
        self._transport = transport
        # Guards what follows; told of every change.
        self._change = threading.Condition()
        self._chunks: collections.deque[bytes] = collections.deque()
        self._waiting = 0
        self._arrived: Arrival | None = None
        self._is_over = False
        self._is_closed = False
        self._error: BaseException | None = None
        # Of the thread: made by it before anything can be asked of it.
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._room: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="jobpipe-fetch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            with self._change:
                while self._arrived is None and not self._is_over:
                    self._change.wait()
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
                self._change.wait()
            if not self._chunks:
                if self._error is not None:
                    raise self._error
                raise StopIteration
            given = self._take()
            self._let_in()
        return given

    def close(self) -> None:
        """Stop the download and release the connection; returns when both are done."""
        with self._change:
            self._chunks.clear()
            self._waiting = 0
            self._is_closed = True
            loop, task = self._loop, self._task
            if loop is not None and task is not None:
                loop.call_soon_threadsafe(task.cancel)
        if self._thread.ident is not None:
            # A name that is still being looked up cannot be called back; it holds nothing of ours.
            self._thread.join(timeout=LONGEST_GOODBYE)
        with self._change:
            self._chunks.clear()
            self._is_over = True

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
        # Under the lock the loop cannot end meanwhile: it takes the lock to say that it is over.
        if self._loop is None or self._room is None or self._waiting >= WINDOW // 2:
            return
        if not self._room.is_set():
            self._loop.call_soon_threadsafe(self._room.set)

    # --- on the thread

    def _run(self) -> None:
        error: BaseException | None = None
        try:
            with asyncio.Runner() as runner:
                runner.run(self._main())
        except (asyncio.CancelledError, KeyboardInterrupt):
            pass
        except BaseException as trouble:
            error = trouble
        with self._change:
            self._error = error
            self._is_over = True
            self._change.notify_all()

    async def _main(self) -> None:
        with self._change:
            self._room = asyncio.Event()
            self._loop = asyncio.get_running_loop()
            self._task = asyncio.current_task()
            if self._is_closed:
                return
        try:
            await self._fetch()
        finally:
            with self._change:
                # From here on nobody may call into the loop: it is about to close.
                self._loop = self._task = None

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
        room = self._room
        assert room is not None
        with self._change:
            self._chunks.append(chunk)
            self._waiting += len(chunk)
            is_full = self._waiting >= WINDOW
            if is_full:
                room.clear()
            self._change.notify_all()
        if is_full:
            await room.wait()


async def _close(chunks: AsyncIterator[bytes]) -> None:
    release = getattr(chunks, "aclose", None)
    if release is not None:
        await release()
