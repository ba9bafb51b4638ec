"""Once a day what is not needed any more goes, in a process of its own: the one that schedules waits for nobody."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from pathlib import Path

log = logging.getLogger("jobpipe.scheduler")

_DAY = 86_400.0
# Seconds after the start: what was interrupted goes first.
_FIRST = 3_600.0


class DailyPruning:
    """`jobpipe prune`: it may be killed, and two at once do no harm."""

    def __init__(self, root: Path, *, first: float = _FIRST) -> None:
        """`first`: seconds until the first one."""
        self._root = root
        self._next = time.monotonic() + first
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def is_pruning(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def prune_if_due(self) -> None:
        if self.is_pruning or time.monotonic() < self._next:
            return
        if self._child is not None and self._child.returncode:
            log.error("`jobpipe prune` ended with exit code %d", self._child.returncode)
        self._next = time.monotonic() + _DAY
        command = [sys.executable, "-m", "jobpipe.cli.main", "-C", str(self._root), "prune"]
        self._child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
