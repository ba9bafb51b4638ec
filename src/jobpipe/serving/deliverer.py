"""The process beside `serve` that delivers, and keeps the index of postings: it may hang or die, and runs go on."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from pathlib import Path

log = logging.getLogger("jobpipe.serve")

# Seconds until one that died is started again.
_PAUSE = 5.0


class Deliverer:
    def __init__(self, root: Path, *, keeps_index: bool) -> None:
        """`keeps_index`: it is needed without a destination too."""
        self._root = root
        self._keeps_index = keeps_index
        self._process: subprocess.Popen[bytes] | None = None
        self._not_before = 0.0

    def keep_alive(self) -> None:
        """Start it where it is needed and not there."""
        if self._process is not None and self._process.poll() is None:
            return
        now = time.monotonic()
        if self._process is not None:
            log.error(
                "the process that delivers has ended (exit code %s); another one takes over", self._process.returncode
            )
            self._process = None
            self._not_before = now + _PAUSE
        if now >= self._not_before and (self._keeps_index or any((self._root / "destinations").glob("*.yaml"))):
            self._start()

    def _start(self) -> None:
        command = [sys.executable, "-m", "jobpipe.cli.main", "-C", str(self._root), "deliver", "--follow", "--lifeline"]
        # It ends with the pipe, however this process ends.
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE)

    def stop(self) -> None:
        """Ask it to stop; does not wait."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()

    def end(self, patience: float) -> None:
        self.stop()
        if self._process is None:
            return
        try:
            self._process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
