"""`jobpipe serve` (and whatever lives as long) as a process of its own, for tests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from begun_run import environ
from processes import end_with_parent, free_port

PATIENCE = 40.0


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, what
        time.sleep(0.05)


class ServeProcess:
    def __init__(self, root: Path, command: str = "serve", *more: str) -> None:
        self.port = free_port()
        self.lines: list[str] = []
        address = [] if "--address" in more else ["--address", f"127.0.0.1:{self.port}"]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "jobpipe.cli.main", "-C", str(root), command, *address, "--log", "json", *more],
            stderr=subprocess.PIPE,
            text=True,
            env=environ(),
            preexec_fn=end_with_parent,
        )
        self.pid = self._process.pid
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stderr is not None
        self.lines.extend(line for line in iter(self._process.stderr.readline, ""))

    def said(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in list(self.lines) if line.startswith("{")]

    def wait_for(self, text: str) -> dict[str, Any]:
        found: list[dict[str, Any]] = []

        def is_there() -> bool:
            found[:] = [line for line in self.said() if text in line["message"]]
            assert found or self._process.poll() is None, "".join(self.lines)
            return bool(found)

        wait_until(is_there, f"{text!r} was not said: {''.join(self.lines)}")
        return found[0]

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def end(self, how: int = signal.SIGTERM) -> int:
        if self._process.poll() is None:
            os.kill(self.pid, how)
        code = self._process.wait(timeout=PATIENCE)
        self._reader.join(timeout=5)
        return code

    def __enter__(self) -> ServeProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.end(signal.SIGKILL)
