"""`jobpipe worker`: the two Celery workers of one machine as child processes, which live and end together."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

# Seconds between two looks.
TICK = 0.5


class Supervisor:
    def __init__(self, root: Path, *, processes: int, conductors: int) -> None:
        """`processes` compute, `conductors` runs are read at the same time; 0 = none here."""
        wanted = (("process", processes), ("conduct", conductors))
        self._commands = [
            [sys.executable, "-m", "jobpipe.cluster.worker", str(root), kind, str(number)]
            for kind, number in wanted
            if number
        ]
        self._children: list[subprocess.Popen[bytes]] = []
        self._is_stopping = False

    def run(self) -> int:
        """Until SIGTERM or Ctrl-C, which let them finish what they have in hand; 1 = one of them ended by itself."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        # A process group of their own: Ctrl-C in a terminal reaches them through here, and once.
        self._children = [subprocess.Popen(command, start_new_session=True) for command in self._commands]
        while all(child.poll() is None for child in self._children):
            time.sleep(TICK)
        ended_by_itself = not self._is_stopping
        self._end(self._children)
        return 1 if ended_by_itself else 0

    def _stop(self, number: int, frame: FrameType | None) -> None:
        # Once more means: now.
        chosen = signal.SIGQUIT if self._is_stopping else signal.SIGTERM
        self._is_stopping = True
        for child in self._children:
            if child.poll() is None:
                child.send_signal(chosen)

    def _end(self, children: Sequence[subprocess.Popen[bytes]]) -> None:
        for child in children:
            if child.poll() is None:
                child.terminate()
        for child in children:
            child.wait()
