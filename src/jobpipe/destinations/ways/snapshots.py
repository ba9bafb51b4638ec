"""What all ways for whole files agree on."""

from __future__ import annotations

from collections.abc import Sequence

from jobpipe.destinations.ways.way import Ready, RefusedError
from jobpipe.errors import Place


def temporary_name(name: str) -> str:
    """Beside the file, hidden, and always the same: what a killed attempt left is written over by the next."""
    return f".{name}.part"


def with_sound_names(files: Sequence[Ready], place: Place) -> None:
    """Raises RefusedError where a name would lead to another folder, or is none."""
    for file in files:
        if not file.name.strip(".") or "/" in file.name or not file.name.isprintable():
            raise RefusedError(f"{file.name!r} is no name for a file", place=place, hint="correct to.file")
