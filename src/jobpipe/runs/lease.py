"""A run belongs to one process: on one machine by `flock`, which the kernel releases with the process."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobpipe.errors import JobpipeError


class ImportIsRunningError(JobpipeError):
    """Another process holds this import."""


@contextmanager
def lease(folder: Path, name: str) -> Iterator[None]:
    """Hold the import `name` of the project whose state lies in `folder`.

    Raises ImportIsRunningError at once where another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.lock"
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(handle, 32, 0).decode("ascii", "replace").strip()
            raise ImportIsRunningError(
                f"{name} is being imported by another process" + (f" (number {holder})" if holder else ""),
                hint="wait for its end: one run at a time per import",
            ) from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)
