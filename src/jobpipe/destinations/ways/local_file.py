"""A file of this machine (or of a folder that is mounted here)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from jobpipe.definition.targets import FileTarget
from jobpipe.destinations.ways.snapshots import temporary_name, with_sound_names
from jobpipe.destinations.ways.way import NotReachedError, Ready, RejectedLoginError, UnknownFateError
from jobpipe.destinations.writing import mode_of
from jobpipe.errors import Place

# Bytes copied at once: they stay in the cache of a processor.
CHUNK = 64 * 1024


class LocalFileWay:
    def __init__(self, target: FileTarget) -> None:
        self._path = Path(target.file)
        self._place = Place(source=target.file)

    def publish(self, files: Sequence[Ready]) -> str:
        folder = self._path.parent
        with_sound_names(files, self._place)
        with self._errors(is_begun=False):
            if not folder.is_dir():
                raise RejectedLoginError(
                    f"the folder {folder} is not there", place=self._place, hint="make it, or correct to.file"
                )
            for file in files:
                _copy(file.path, folder / temporary_name(file.name), mode_of(folder / file.name))
        with self._errors(is_begun=True):
            for file in reversed(files):
                (folder / temporary_name(file.name)).replace(folder / file.name)
            _keep(folder)
        return str(folder / files[0].name)

    def close(self) -> None:
        pass

    @contextmanager
    def _errors(self, *, is_begun: bool) -> Iterator[None]:
        """`is_begun`: some of the files may be there already."""
        try:
            yield
        except PermissionError as error:
            raise RejectedLoginError(
                f"may not be written: {error.strerror}", place=self._place, hint="check the rights of its folder"
            ) from error
        except OSError as error:
            kind = UnknownFateError if is_begun else NotReachedError
            raise kind(f"cannot be written: {error.strerror or error}", place=self._place) from error


def _copy(source: Path, goal: Path, mode: int) -> None:
    # Whatever an earlier attempt has left there: never written through, in case it is a link.
    goal.unlink(missing_ok=True)
    with source.open("rb") as read, goal.open("xb") as written:
        shutil.copyfileobj(read, written, CHUNK)
        written.flush()
        os.fsync(written.fileno())
    goal.chmod(mode)


def _keep(folder: Path) -> None:
    """The renaming outlives a loss of power, where the file system knows how."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
