"""Deliveries of one worker: each in a child process, so that one that hangs holds up neither runs nor others.

What waits here is lost with the worker, and is called for again by the scheduler.
"""

from __future__ import annotations

import logging
import multiprocessing
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

log = logging.getLogger("jobpipe.cluster")

MOST_AT_ONCE = 16
# Seconds until a destination whose process died is called for again.
AFTER_A_DEATH = 3.0
# Seconds for those that were asked to stop.
PATIENCE = 20.0

_context = multiprocessing.get_context("forkserver")


class Deliverers:
    """The children of one process that deliver."""

    def __init__(self, call_again: Callable[[str], None]) -> None:
        """`call_again`: sends a sign for a destination."""
        self._call_again = call_again
        self._pool = ThreadPoolExecutor(max_workers=MOST_AT_ONCE, thread_name_prefix="deliver")
        self._lock = threading.Lock()
        self._known: set[str] = set()
        self._running: dict[str, tuple[ForkServerProcess, Connection]] = {}
        self._is_stopping = False

    def deliver(self, root: Path, name: str) -> None:
        """Does not wait; a destination that waits or is worked on here already is not taken twice."""
        with self._lock:
            if self._is_stopping or name in self._known:
                return
            self._known.add(name)
        self._pool.submit(self._sit, root, name)

    def stop(self) -> None:
        """Ask all to finish their batch, and wait for them; those that wait for a destination are ended, which loses
        nothing."""
        with self._lock:
            self._is_stopping = True
            running = list(self._running.values())
        self._pool.shutdown(wait=False, cancel_futures=True)
        for _, ours in running:
            ours.close()
        end = time.monotonic() + PATIENCE
        for child, _ in running:
            child.join(timeout=max(end - time.monotonic(), 0.0))
            if child.is_alive():
                child.kill()

    def _sit(self, root: Path, name: str) -> None:
        code = 0
        try:
            code = self._child(root, name)
        except OSError as error:
            log.error("no process could be started to deliver to %s: %s", name, error)
        finally:
            with self._lock:
                self._known.discard(name)
        if code < 0 and not self._is_stopping:
            log.error("the process that delivers to %s ended by signal %d: another one goes on", name, -code)
            time.sleep(AFTER_A_DEATH)
            self._call(name)

    def _child(self, root: Path, name: str) -> int:
        """Its exit code."""
        from jobpipe.cluster.delivering import deliver_in

        theirs, ours = _context.Pipe(duplex=False)
        child = _context.Process(target=deliver_in, args=(str(root), name, theirs), name=f"deliver {name}")
        with self._lock:
            if self._is_stopping:
                return 0
            child.start()
            self._running[name] = child, ours
        theirs.close()
        try:
            child.join()
            return child.exitcode or 0
        finally:
            with self._lock:
                del self._running[name]
            ours.close()

    def _call(self, name: str) -> None:
        try:
            self._call_again(name)
        except Exception as error:
            log.warning("%s could not be called for again, the scheduler does it: %s", name, error)
