"""Whether a file is the one that was read before."""

from __future__ import annotations

import os
from pathlib import Path

# Nanoseconds of its last change, bytes, and which file it is.
Stamp = tuple[int, int, int]


def stamp_of(path: Path) -> Stamp | None:
    """None = it is not there, or gone in this moment."""
    try:
        found = path.stat()
    except OSError:
        return None
    return _stamp(found)


def stamps_in(folder: Path, ending: str) -> dict[str, Stamp]:
    """Of all its files whose names end so, by the names without that, sorted; {} = there is no such folder.

    A fraction of what it costs to ask for each by its path.
    """
    try:
        with os.scandir(folder) as entries:
            found = [(one.name.removesuffix(ending), one) for one in entries if one.name.endswith(ending)]
            return {name: _stamp(one.stat()) for name, one in sorted(found, key=lambda one: one[0])}
    except (FileNotFoundError, NotADirectoryError):
        return {}


def _stamp(found: os.stat_result) -> Stamp:
    return found.st_mtime_ns, found.st_size, found.st_ino
