"""A process's name among those of all machines, by which those of its own machine know whether it lives."""

from __future__ import annotations

import os
import socket
from pathlib import Path

_LONGEST_HOST = 100


def own_mark() -> str:
    """`host:pid:start:world`, where no two processes have the same."""
    pid = os.getpid()
    return f"{socket.gethostname()[:_LONGEST_HOST]}:{pid}:{_start_of(pid)}:{_world()}"


def is_known_to_be_dead(mark: str) -> bool:
    """False also where its machine or container is another, or it is a thing of the past that nobody can know."""
    try:
        _, pid, start, world = mark.rsplit(":", 3)
        return world == _world() and _start_of(int(pid)) != start
    except ValueError:
        return False


def shown(mark: str) -> str:
    """For a person: where it runs."""
    host, _, rest = mark.partition(":")
    return f"number {rest.partition(':')[0]} on {host}" if rest else mark


def _world() -> str:
    """This boot of this machine, and the processes that can be seen from here."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot.replace('-', '')}.{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return ""


def _start_of(pid: int) -> str:
    """When it began, in ticks since the boot; "" = there is no such process, or it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]
