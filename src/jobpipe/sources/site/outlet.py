"""The crawl's end of the pipe: a thread writes the answers, so that downloads never wait for a slow reader."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import BinaryIO

from jobpipe.sources.answers import Answer, framed

# Bytes that wait in the crawl's process at most before it pauses.
_WINDOW = 32 * 1024 * 1024


class Outlet:
    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe
        self._frames: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._waiting = 0
        self._is_full = False
        # Called when too much waits, and (on the thread) when there is room again.
        self.pause: Callable[[], None] = lambda: None
        self.go_on: Callable[[], None] = lambda: None
        self._thread = threading.Thread(target=self._write, name="jobpipe-answers", daemon=True)
        self._thread.start()

    def give(self, answer: Answer) -> None:
        frame = framed(answer)
        with self._lock:
            self._waiting += len(frame)
            fills = not self._is_full and self._waiting > _WINDOW
            self._is_full = self._is_full or fills
        self._frames.put(frame)
        if fills:
            self.pause()

    def close(self) -> None:
        """Returns when everything is written."""
        self._frames.put(None)
        self._thread.join()

    def _write(self) -> None:
        while (frame := self._frames.get()) is not None:
            self._pipe.write(frame)
            self._pipe.flush()
            with self._lock:
                self._waiting -= len(frame)
                empties = self._is_full and self._waiting < _WINDOW // 2
                self._is_full = self._is_full and not empties
            if empties:
                self.go_on()
