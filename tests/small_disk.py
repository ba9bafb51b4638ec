"""A folder on a disk of its own that is full soon, or may only be read; where we may not mount one, the next best."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[None]:
    """Within it `folder` holds no more than that; without the right to mount, no file may be larger than a quarter."""
    folder.mkdir(parents=True, exist_ok=True)
    if _mount("-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)):
        try:
            yield
            # What lies there stays, on a disk that is large enough.
            _mount("-o", "remount,size=200m", str(folder))
        except BaseException:
            _unmount(folder)
            raise
        return
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes * 1024 // 4, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    if os.geteuid():
        folder.chmod(0o555)
        try:
            yield
        finally:
            folder.chmod(0o755)
        return
    # Root may write where nobody may, but not on such a disk.
    if not (_mount("--bind", str(folder), str(folder)) and _mount("-o", "remount,ro,bind", str(folder))):
        pytest.skip("nobody lets us mount a disk that may only be read")
    try:
        yield
    finally:
        _unmount(folder)


def put_away(folder: Path) -> None:
    """A small disk that a test leaves."""
    if os.path.ismount(folder):
        _unmount(folder)


def _mount(*arguments: str) -> bool:
    return os.geteuid() == 0 and subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)
