"""Whether a file is the one that was read before."""

from __future__ import annotations

import os
from pathlib import Path

# Nanoseconds of its last change, bytes, and which file it is.
Stamp = tuple[int, int, int]


def stamp_of(path: Path) -> Stamp | None:
    """None = it is not there, or gone in this moment."""
    return _stamp(path)


def stamps_in(folder: Path, ending: str) -> dict[str, Stamp | None]:
    """Of all its files whose names end so, by the names without that, sorted; {} = there is no such folder.

    A fraction of what it costs to ask for each by its path.
    """
    return {name: _stamp(entry) for name, entry in _entries(folder, ending)}


def names_in(folder: Path, ending: str) -> list[str]:
    """The same names, without a look at the files."""
    return [name for name, _ in _entries(folder, ending)]


def _entries(folder: Path, ending: str) -> list[tuple[str, os.DirEntry[str]]]:
    try:
        with os.scandir(folder) as entries:
            found = [(one.name.removesuffix(ending), one) for one in entries if one.name.endswith(ending)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(found, key=lambda one: one[0])


def _stamp(file: Path | os.DirEntry[str]) -> Stamp | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
