"""Conductors as child processes: each run has one of its own, so that a crash costs one run its sitting and no more.

They are forked by a server of processes that has imported everything and holds no connection, so that a small import
does not pay a second for its start.  A child ends when the pipe to its worker ends, and so when the worker dies: it
finishes its batch and leaves the run to whoever takes it up.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.forkserver
import threading
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from jobpipe.cluster.dispatching import Taken

# Seconds for a child that was asked to stop.
PATIENCE = 60.0

_context = multiprocessing.get_context("forkserver")


class Children:
    """The conductors of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[int, tuple[Taken, ForkServerProcess, Connection]] = {}
        self._is_stopping = False
        # How many of them there may be; set by the worker that starts them.
        self.places = 1

    def prepare(self) -> None:
        """Start the server that forks them, before the first is wanted."""
        _context.set_forkserver_preload(["jobpipe.cluster.preloaded"])
        multiprocessing.forkserver.ensure_running()

    def has_room_for_a_long_one(self) -> bool:
        """Long runs take at most half of the places, so that small imports always find one."""
        with self._lock:
            long_ones = sum(taken.is_long for taken, _, _ in self._running.values())
            return not self._is_stopping and long_ones < max(self.places // 2, 1)

    def conduct(self, root: Path, taken: Taken) -> int:
        """Returns the exit code when the run is over, or was handed back."""
        from jobpipe.cluster.conductor import conduct

        theirs, ours = _context.Pipe(duplex=False)
        child = _context.Process(target=conduct, args=(str(root), taken.dispatch, theirs), name=taken.name)
        with self._lock:
            if self._is_stopping:
                return 0
            child.start()
            self._running[taken.dispatch] = taken, child, ours
        theirs.close()
        try:
            child.join()
            return child.exitcode or 0
        finally:
            with self._lock:
                del self._running[taken.dispatch]
            ours.close()

    def stop(self) -> None:
        """Ask all to hand their runs back, and wait for them; those that do not answer are ended."""
        with self._lock:
            self._is_stopping = True
            running = [(child, ours) for _, child, ours in self._running.values()]
        for _, ours in running:
            ours.close()
        for child, _ in running:
            child.join(timeout=PATIENCE)
            if child.is_alive():
                child.kill()
