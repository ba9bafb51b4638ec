"""Runs a command and says what it took: wall time, CPU with all its children, peak memory of each process.

Processes are known by the kernel's tree.  This process adopts what its commands leave behind
(PR_SET_CHILD_SUBREAPER), so that no worker's CPU is lost.  Memory is each process's VmHWM, which the kernel keeps:
how often it is looked at matters only for what a process does in its last moments.  It counts shared pages
(libraries, mapped files) in full.
"""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# Seconds between two looks at the memory.
_LOOK_EVERY = 0.03
_PR_SET_CHILD_SUBREAPER = 36


class CommandFailedError(Exception):
    """The command ended with an exit code that was not expected; the message has the end of what it said."""


@dataclass(frozen=True, slots=True)
class Measured:
    wall: float  # seconds
    cpu: float  # seconds, user and system, children included
    # MB, of each process of the tree, largest first.
    peaks: list[float] = field(default_factory=list)
    # MB, of the process that was started itself.
    own_peak: float = 0.0
    output: str = ""

    @property
    def peak(self) -> float:
        """MB, of the largest process."""
        return self.peaks[0] if self.peaks else 0.0


def pin_to(cores: int) -> list[int]:
    """Keep this process and all that it starts on so many cores; the cores that were taken."""
    taken = sorted(os.sched_getaffinity(0))[:cores]
    os.sched_setaffinity(0, taken)
    return taken


def measure(
    command: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    expected: Sequence[int] = (0,),
) -> Measured:
    """Run the command in `folder`. Raises CommandFailedError where its exit code is none of `expected`."""
    _adopt_what_children_leave()
    os.sync()
    others = _children_of(os.getpid())
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=dict(environment) if environment is not None else None,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    watcher = _MemoryWatcher(others)
    watcher.start()
    output, errors = process.communicate()
    wall = time.perf_counter() - began
    watcher.stop()
    _reap(others)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode not in expected:
        said = (errors or output).strip()[-2_000:]
        raise CommandFailedError(f"{' '.join(command)} ended with {process.returncode}:\n{said}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Measured(
        wall=wall,
        cpu=cpu,
        peaks=sorted(watcher.peaks.values(), reverse=True),
        own_peak=watcher.peaks.get(process.pid, 0.0),
        output=output,
    )


def warm(file: Path) -> None:
    """Bring a file into the page cache."""
    with file.open("rb", buffering=0) as opened:
        while opened.read(4 * 1024 * 1024):
            pass


class _MemoryWatcher(threading.Thread):
    """Looks at all descendants of this process but those that were there before."""

    def __init__(self, others: set[int]) -> None:
        super().__init__(daemon=True)
        self._others = others
        self._over = threading.Event()
        # MB by process.
        self.peaks: dict[int, float] = {}

    def run(self) -> None:
        while not self._over.is_set():
            for process in _children_of(os.getpid()) - self._others:
                self._look(process)
            self._over.wait(_LOOK_EVERY)

    def stop(self) -> None:
        self._over.set()
        self.join()

    def _look(self, process: int) -> None:
        try:
            status = Path(f"/proc/{process}/status").read_text()
        except OSError:  # it has just ended
            return
        for line in status.splitlines():
            if line.startswith("VmHWM:"):
                self.peaks[process] = int(line.split()[1]) / 1024
        for child in _children_of(process):
            self._look(child)


def _children_of(process: int) -> set[int]:
    """The kernel keeps them by the thread that started them."""
    found: set[int] = set()
    for thread in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            found.update(map(int, thread.read_text().split()))
        except OSError:  # the thread has just ended
            continue
    return found


def _adopt_what_children_leave() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _reap(others: set[int]) -> None:
    """Wait for what a command has left behind, so that its CPU is counted."""
    while left := _children_of(os.getpid()) - others:
        for process in left:
            try:
                os.waitpid(process, 0)
            except ChildProcessError:
                continue
