"""Writing a file: whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from jobpipe.errors import JobpipeError, Place


def write_whole(pieces: Iterable[bytes], path: Path) -> None:
    """Write the pieces beside `path`, then swap the file in.

    A reader of `path` sees the old file or the new one, never a half.  Raises JobpipeError where the
    folder cannot be written.
    """
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent or Path())
    except OSError as error:
        raise JobpipeError(
            f"cannot write here: {error.strerror}", place=Place(source=str(path)), hint="does the folder exist?"
        ) from error
    try:
        with os.fdopen(handle, "wb", buffering=1024 * 1024) as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(mode_of(path))
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def mode_of(path: Path) -> int:
    """A temporary file is private; what is published keeps its mode, or gets that of a new file."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
