"""The crawl's process. It may be started before anybody knows what to crawl: it takes its time to load what it needs.

This module loads nothing that takes time itself.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

_SOURCES = Path(__file__).parents[3]


class CrawlProcess:
    def __init__(self, root: Path) -> None:
        """Starts it, in the project's folder; it waits for its orders."""
        self._child = subprocess.Popen(
            [sys.executable, "-m", "jobpipe.sources.site.crawler"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(_SOURCES), os.environ.get("PYTHONPATH", "")])},
            cwd=root,
        )
        assert self._child.stdout is not None and self._child.stderr is not None
        self.answers = self._child.stdout
        self.log = self._child.stderr

    def tell(self, orders: bytes) -> None:
        """Blocks until they are read, one line; that it died meanwhile shows in its answers."""
        assert self._child.stdin is not None
        with contextlib.suppress(OSError, ValueError):
            # Then it stays open: when it closes, the crawl ends.
            self._child.stdin.write(orders + b"\n")
            self._child.stdin.flush()

    def dismiss(self) -> None:
        """It gets no orders, and ends; a crawl that is under way ends at once, as a failure."""
        assert self._child.stdin is not None
        self._child.stdin.close()

    def wait(self) -> int:
        """Blocks until it has ended; its exit code."""
        return self._child.wait()

    def kill(self) -> None:
        self._child.kill()

    def release(self) -> None:
        """After its end."""
        for pipe in (self._child.stdin, self.answers, self.log):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


class HeadStart:
    """A process for the next crawl, if there is one; close it in any case."""

    def __init__(self, process: CrawlProcess | None = None) -> None:
        self._process = process

    def take(self) -> CrawlProcess | None:
        """None = there is none, or another crawl has it."""
        process, self._process = self._process, None
        return process

    def close(self) -> None:
        process = self.take()
        if process is not None:
            process.kill()
            process.wait()
            process.release()
