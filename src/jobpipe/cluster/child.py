"""Conductors as child processes: each run has one of its own, so that a crash costs one run its sitting and no more.

A child ends when its standard input ends, and so when its parent dies: it finishes its batch and leaves the run to
whoever takes it up.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from pathlib import Path

from jobpipe.cluster.dispatching import Taken

# Seconds for a child that was asked to stop.
PATIENCE = 60.0


class Children:
    """The conductors of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[int, tuple[Taken, subprocess.Popen[bytes]]] = {}
        self._is_stopping = False
        # How many of them there may be; set by the worker that starts them.
        self.places = 1

    def has_room_for_a_long_one(self) -> bool:
        """Long runs take at most half of the places, so that small imports always find one."""
        with self._lock:
            long_ones = sum(taken.is_long for taken, _ in self._running.values())
            return not self._is_stopping and long_ones < max(self.places // 2, 1)

    def conduct(self, root: Path, taken: Taken) -> int:
        """Returns the exit code when the run is over, or was handed back."""
        command = [sys.executable, "-m", "jobpipe.cluster.conductor", str(root), str(taken.dispatch)]
        with self._lock:
            if self._is_stopping:
                return 0
            child = subprocess.Popen(command, stdin=subprocess.PIPE)
            self._running[taken.dispatch] = taken, child
        try:
            return child.wait()
        finally:
            with self._lock:
                del self._running[taken.dispatch]
            _close_input(child)

    def stop(self) -> None:
        """Ask all to hand their runs back, and wait for them; those that do not answer are ended."""
        with self._lock:
            self._is_stopping = True
            running = [child for _, child in self._running.values()]
        for child in running:
            _close_input(child)
        for child in running:
            try:
                child.wait(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                child.kill()


def _close_input(child: subprocess.Popen[bytes]) -> None:
    assert child.stdin is not None
    with contextlib.suppress(OSError):
        child.stdin.close()
