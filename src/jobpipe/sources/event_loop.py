"""One event loop for the input and output of all runs of this process, on a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

# For what cannot be awaited (files, look-ups of names, libraries that block); a thread is made when it is needed.
MOST_THREADS = 128
# Seconds that its end is waited for. A name that is still being looked up cannot be called back; it holds nothing
# of ours.
LONGEST_GOODBYE = 10.0


class EventLoop:
    """There while somebody holds it: begun by the first, ended by the last."""

    def __init__(self, name: str = "jobpipe-io") -> None:
        self._name = name
        self._lock = threading.Lock()
        self._holders = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @contextmanager
    def held(self) -> Iterator[asyncio.AbstractEventLoop]:
        loop = self.hold()
        try:
            yield loop
        finally:
            self.release()

    def hold(self) -> asyncio.AbstractEventLoop:
        """A loop that runs until `release`; to be spoken to with `call_soon_threadsafe`."""
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._loop.set_default_executor(ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="io"))
                self._thread = threading.Thread(target=_run, args=(self._loop,), name=self._name, daemon=True)
                self._thread.start()
            self._holders += 1
            return self._loop

    def release(self) -> None:
        with self._lock:
            self._holders -= 1
            if self._holders:
                return
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        assert loop is not None
        assert thread is not None
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=LONGEST_GOODBYE)


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
        loop.run_until_complete(_wind_up())
    finally:
        loop.close()


async def _wind_up() -> None:
    """What is left is cancelled: nobody waits for it any more."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    loop = asyncio.get_running_loop()
    await loop.shutdown_asyncgens()
    await loop.shutdown_default_executor()


# For all transports that never block it.
shared_loop = EventLoop()
