"""Servers that are processes of their own, for tests: started, waited for, and ended."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """A `preexec_fn`: Linux ends the process when the one that started it is gone, however that was."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def family_of(pid: int) -> list[int]:
    """A process and all that came of it, by /proc."""
    children = _children()
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def children_of(pid: int) -> list[int]:
    """By what each process says of its parent: what /proc tells of a parent may leave some out while others end."""
    return sorted(_children().get(pid, []))


def _children() -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(words[1]), []).append(int(entry.name))
    return children


def is_running(pid: int) -> bool:
    """False also for one that has ended and that nobody has asked about."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def marked(mark: str) -> list[str]:
    """The commands of all processes, but this one, that have `NAME=value` in their environment: heirs of who set it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if int(entry.name) != os.getpid() and mark.encode() in (entry / "environ").read_bytes().split(b"\0"):
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return found


def kill_family(pid: int) -> None:
    """As a machine that loses its power: all at once."""
    for one in family_of(pid):
        with suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)


@contextmanager
def server_process(command: list[str], port: int, **environ: str) -> Iterator[subprocess.Popen[bytes]]:
    """Runs until the block ends; it begins when the port answers."""
    process = subprocess.Popen(
        command, env={**os.environ, **environ}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )
    try:
        for _ in range(1000):
            if process.poll() is not None:
                assert process.stdout is not None
                raise RuntimeError(f"{command[0]} ended: {process.stdout.read().decode(errors='replace')}")
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.03)
        else:
            raise RuntimeError(f"{command[0]} does not listen")
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdout is not None
        process.stdout.close()
