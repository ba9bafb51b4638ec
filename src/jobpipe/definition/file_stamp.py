"""Whether a file is the one that was read before."""

from __future__ import annotations

from pathlib import Path

# Nanoseconds of its last change, bytes, and which file it is.
Stamp = tuple[int, int, int]


def stamp_of(path: Path) -> Stamp | None:
    """None = it is not there, or gone in this moment."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
