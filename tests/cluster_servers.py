"""The servers of a cluster and a project that uses them, for tests, the demo and the benchmarks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def cluster_settings(*, ledger: str, broker: str, documents: str = "", **more: object) -> str:
    """The text of a jobpipe.yaml."""
    lines = ["cluster:", f"  ledger: {ledger}", f"  broker: {broker}"]
    if documents:
        lines.append(f"  documents: {documents}")
    lines += [f"  {name}: {value}" for name, value in more.items()]
    return "\n".join(lines) + "\n"


class WorkerProcess:
    """`jobpipe worker` of a project, in a process group of its own."""

    def __init__(self, root: Path, *, processes: int = 1, conductors: int = 4, log: Path | None = None) -> None:
        self._log = log or root / "worker.log"
        with self._log.open("ab") as output:
            command = [sys.executable, "-m", "jobpipe.cli.main", "-C", str(root), "worker"]
            options = ["--processes", str(processes), "--conductors", str(conductors)]
            self._process = subprocess.Popen(
                [*command, *options], stdout=output, stderr=output, env=_environ(), start_new_session=True
            )
        self.pid = self._process.pid

    @property
    def output(self) -> str:
        return self._log.read_text(errors="replace")

    def is_running(self) -> bool:
        return self._process.poll() is None

    def stop(self, *, timeout: float = 90) -> int:
        """As an operator does; the exit code."""
        if self.is_running():
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """As a machine that loses its power: all its processes at once."""
        for pid in family_of(self.pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self._process.wait()


def family_of(pid: int) -> list[int]:
    """A process and all that came of it, by /proc."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(words[1])
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def _environ() -> dict[str, str]:
    source = Path(__file__).parent.parent / "src"
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(source), os.environ.get("PYTHONPATH", "")])}


@contextmanager
def worker_of(root: Path, *, processes: int = 1, conductors: int = 4) -> Iterator[WorkerProcess]:
    worker = WorkerProcess(root, processes=processes, conductors=conductors)
    try:
        yield worker
    finally:
        if worker.is_running():
            worker.kill()


def wait_until(true: Callable[[], bool], *, seconds: float = 60, what: str = "it") -> None:
    """Raises AssertionError where that takes longer than it ever should."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds:.0f} s"
        time.sleep(0.1)
