"""Files of this machine: paths, `~`, `file://` and patterns (`feeds/*.xml`)."""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import email.utils
import glob
import os
import shutil
import stat
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from jobpipe.errors import LimitExceededError, Place, SourceChangedError, SourceError
from jobpipe.safety.limits import show_size
from jobpipe.sources.transports.drop import DroppedFile
from jobpipe.sources.transports.transport import Arrival, Request, Validators

# Bytes read at once.
CHUNK = 1024 * 1024


class FileTransport:
    """Relative paths are the caller's to resolve: here they count from the working directory."""

    async def open(self, request: Request) -> tuple[Arrival, AsyncIterator[bytes]]:
        """Raises SourceError where there is no such file, or it cannot be read."""
        return await asyncio.to_thread(_open, request)

    async def list(self, request: Request) -> list[str]:
        """The files that a pattern matches, sorted. Raises SourceError where it matches none."""
        return await asyncio.to_thread(_list, request.location)

    async def look(self, request: Request) -> Sequence[DroppedFile]:
        """The files that a pattern matches, with their sizes and times."""
        return await asyncio.to_thread(_look, request.location)

    async def remove(self, request: Request) -> bool:
        """Delete the file, if it is the version of `request.validators`."""
        return await asyncio.to_thread(_put_away, request, lambda path: path.unlink(missing_ok=True))

    async def move(self, request: Request, folder: str) -> bool:
        """Move it, likewise. A relative folder counts from the file's own; what has its name there is replaced."""

        def rename(path: Path) -> None:
            target = path.parent / Path(folder).expanduser()
            target.mkdir(parents=True, exist_ok=True)
            shutil.move(path, target / path.name)

        return await asyncio.to_thread(_put_away, request, rename)


def path_of(location: str) -> Path:
    """Raises SourceError for the `file://` of another machine."""
    if location.lower().startswith("file:"):
        parts = urlsplit(location)
        if parts.netloc not in ("", "localhost"):
            raise SourceError(
                f"names a file of the machine {parts.netloc}",
                place=Place(source=location),
                hint="a file URL has three slashes: file:///srv/feeds/jobs.xml",
            )
        location = unquote(parts.path)
    return Path(location).expanduser()


def _open(request: Request) -> tuple[Arrival, AsyncIterator[bytes]]:
    path = path_of(request.location)
    place = Place(source=str(path))
    file, status = _open_plain(path)
    try:
        if status.st_size > request.max_bytes:
            raise LimitExceededError(
                f"has {show_size(status.st_size)}, more than the {show_size(request.max_bytes)} allowed",
                place=place,
                hint="if that is right, raise source.limits.download",
            )
        validators = _validators(status)
        is_same = 0 < request.offset <= status.st_size and request.resume.etag == validators.etag
        arrival = Arrival(
            shown=str(path),
            name=path.name,
            unchanged=bool(request.validators.etag) and request.validators.etag == validators.etag,
            validators=validators,
            length=status.st_size,
            resumed_from=request.offset if is_same else 0,
        )
        if arrival.unchanged:
            file.close()
            return arrival, _nothing()
        file.seek(arrival.resumed_from)
    except BaseException:
        file.close()
        raise
    return arrival, _chunks(file, validators, place)


def _open_plain(path: Path) -> tuple[BinaryIO, os.stat_result]:
    try:
        # Without waiting for the other end of a pipe; on a plain file this changes nothing.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise _cannot_open(path, error) from error
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode):
        return os.fdopen(descriptor, "rb", buffering=0), status
    os.close(descriptor)
    place = Place(source=str(path))
    if stat.S_ISDIR(status.st_mode):
        raise SourceError("is a folder", place=place, hint=f"name a file in it, or a pattern: {path / '*.xml'}")
    raise SourceError("is not a plain file", place=place, hint="name a file that can be read twice")


async def _chunks(file: BinaryIO, validators: Validators, place: Place) -> AsyncIterator[bytes]:
    try:
        while chunk := await _read(file):
            yield chunk
        if _validators(os.fstat(file.fileno())) != validators:
            raise SourceChangedError(
                "was written to while it was read",
                place=place,
                hint="write feeds under another name and rename them when they are whole",
            )
    except OSError as error:
        raise SourceError(f"cannot be read to its end: {error.strerror}", place=place) from error
    finally:
        file.close()


async def _read(file: BinaryIO) -> bytes:
    reading = asyncio.ensure_future(asyncio.to_thread(file.read, CHUNK))
    try:
        return await asyncio.shield(reading)
    except asyncio.CancelledError:
        # The thread still reads: the file must not be closed, and its number given to another, meanwhile.
        await asyncio.wait([reading])
        raise


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""


def _validators(status: os.stat_result) -> Validators:
    return Validators(
        etag=f'"{status.st_size:x}-{status.st_mtime_ns:x}-{status.st_ino:x}"',
        last_modified=email.utils.formatdate(status.st_mtime, usegmt=True),
    )


def _list(location: str) -> list[str]:
    path = path_of(location)
    if not glob.has_magic(str(path)) or path.exists():
        return [location]
    found = sorted(name for name in glob.glob(str(path), recursive=True) if Path(name).is_file())  # noqa: PTH207 - an absolute pattern
    if not found:
        raise SourceError("no file matches", place=Place(source=str(path)), hint=_surroundings(path))
    return found


def _look(location: str) -> list[DroppedFile]:
    path = path_of(location)
    is_plain = not glob.has_magic(str(path)) or path.exists()
    names = [str(path)] if is_plain else sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207 - as in _list
    found = []
    for name in names:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            status = os.stat(name)  # noqa: PTH116 - a name may be bytes that are no text
            if stat.S_ISREG(status.st_mode) or is_plain:
                modified = datetime.fromtimestamp(status.st_mtime, UTC)
                found.append(
                    DroppedFile(
                        location=location if is_plain else name,
                        name=Path(name).name,
                        size=status.st_size,
                        modified=modified,
                    )
                )
    return found


def _put_away(request: Request, act: Callable[[Path], object]) -> bool:
    path = path_of(request.location)
    try:
        status = path.stat()
        if request.validators.etag and _validators(status).etag != request.validators.etag:
            return False
        act(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError as error:
        raise SourceError(f"cannot be moved or deleted: {error.strerror}", place=Place(source=str(path))) from error
    return True


def _cannot_open(path: Path, error: OSError) -> SourceError:
    place = Place(source=str(path))
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return SourceError("there is no such file", place=place, hint=_surroundings(path))
    if isinstance(error, PermissionError):
        return SourceError("may not be read by the user that runs job-pipe", place=place, hint="check its permissions")
    return SourceError(f"cannot be opened: {error.strerror or error}", place=place)


def _surroundings(path: Path) -> str:
    """What is there instead: the file with the nearest name, or the folder that is missing."""
    folder = path.parent
    if glob.has_magic(str(folder)):
        return "check the pattern"
    if not folder.is_dir():
        return f"the folder {folder} does not exist"
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return f"the folder {folder} may not be listed"
    near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]}?"
    return f"the folder {folder} " + (f"has {len(names)} other entries" if names else "is empty")
