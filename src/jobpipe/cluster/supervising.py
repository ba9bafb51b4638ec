"""`jobpipe worker`: the Celery workers of one machine as child processes; what ends by itself is started again."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

log = logging.getLogger("jobpipe.cluster")

# Seconds between two looks.
TICK = 0.5
# Seconds until one that has ended is started again: doubled each time, up to the longest pause.
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
# One that lived for so many seconds had begun well.
LIVED = 60.0
# Ends in a row without that, after which it is left to whoever started `jobpipe worker`: about four minutes.
MOST_ENDS = 12


@dataclass(slots=True)
class _Child:
    kind: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    # Since it last lived for a while.
    ends: int = 0
    # When to start it.
    due: float = 0.0

    def start(self, lifeline: int) -> None:
        """`lifeline`: the end of a pipe whose other end goes with this process."""
        # A process group of its own: Ctrl-C in a terminal reaches it through the supervisor, and once.
        self.process = subprocess.Popen(
            [*self.command, str(lifeline)], start_new_session=True, pass_fds=[lifeline], stdin=subprocess.DEVNULL
        )
        self.started = time.monotonic()

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def note_end(self) -> None:
        """Says when it is started again."""
        assert self.process is not None
        code, self.process = self.process.returncode, None
        now = time.monotonic()
        if now - self.started >= LIVED:
            self.ends = 0
        self.ends += 1
        pause = min(FIRST_PAUSE * 2 ** (self.ends - 1), LONGEST_PAUSE)
        self.due = now + pause
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        log.warning("the worker for `%s` ended by itself (%s): started again in %.0f s", self.kind, how, pause)


class Supervisor:
    def __init__(self, root: Path, *, processes: int, conductors: int) -> None:
        """`processes` compute, `conductors` runs are read at the same time; 0 = none here."""
        wanted = (("process", processes), ("conduct", conductors))
        self._children = [
            _Child(kind, [sys.executable, "-m", "jobpipe.cluster.worker", str(root), kind, str(number)])
            for kind, number in wanted
            if number
        ]
        self._is_stopping = False
        # Nothing is ever written: it ends with this process, however that ends, and the workers with it.
        self._lifeline, self._held = os.pipe()

    def run(self) -> int:
        """Until SIGTERM or Ctrl-C, which let them finish what they have in hand; 1 = one of them does not stay up."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        code = 0
        while not self._is_stopping and not code:
            code = max(self._look_after(child) for child in self._children)
            time.sleep(TICK)
        self._end()
        return code

    def _look_after(self, child: _Child) -> int:
        """1 = it has ended too often."""
        if child.is_running:
            return 0
        if child.process is not None:
            child.note_end()
            if child.ends >= MOST_ENDS:
                return 1
        if time.monotonic() >= child.due and not self._is_stopping:
            child.start(self._lifeline)
        return 0

    def _stop(self, number: int, frame: FrameType | None) -> None:
        # Once more means: now.
        chosen = signal.SIGQUIT if self._is_stopping else signal.SIGTERM
        self._is_stopping = True
        for child in self._children:
            if child.process is not None and child.is_running:
                child.process.send_signal(chosen)

    def _end(self) -> None:
        running = [child.process for child in self._children if child.process is not None]
        for process in running:
            if process.poll() is None:
                process.terminate()
        for process in running:
            process.wait()
