"""Places where somebody drops files: what lies there, and what can be done with it besides reading it."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable
from urllib.parse import SplitResult, unquote, urlsplit

from jobpipe.errors import Place, SourceError
from jobpipe.safety.secrets import redact
from jobpipe.sources.transports.transport import Request, Transport

# A folder with more is no drop.
MOST_FILES = 100_000
_MAGIC = frozenset("*?[")


@dataclass(frozen=True, kw_only=True, slots=True)
class DroppedFile:
    # A URL or a path, with its secrets in place: never to be shown.
    location: str = field(repr=False)
    # Its own name (`offres.xml.gz`).
    name: str
    # Bytes; None = the place does not say.
    size: int | None = None
    # With zone; None = the place does not say.
    modified: datetime | None = None


@runtime_checkable
class Drop(Transport, Protocol):
    """A transport whose files can be looked at, deleted and moved."""

    async def look(self, request: Request) -> Sequence[DroppedFile]:
        """The files that a pattern matches, sorted by name; the file itself where it is none. [] = there is none."""
        ...

    async def remove(self, request: Request) -> bool:
        """Delete the file, if it still is the version of `request.validators`. False = it is another one.

        A file that is not there any more is deleted already.
        """
        ...

    async def move(self, request: Request, folder: str) -> bool:
        """Move it to a folder, which is made where it is missing; as `remove` otherwise.

        A relative folder counts from the file's own.
        """
        ...


async def locations_of(drop: Drop, request: Request) -> list[str]:
    """What a transport's `list` gives. Raises SourceError where there is no file."""
    found = await drop.look(request)
    if not found:
        raise nothing_matches(request.location)
    return [file.location for file in found]


def nothing_matches(location: str) -> SourceError:
    return SourceError("no file matches", place=Place(source=redact(location)), hint="check the folder and the pattern")


def is_pattern(text: str) -> bool:
    return not _MAGIC.isdisjoint(text)


def matches(name: str, pattern: str) -> bool:
    """Letters count as they are written; a file whose name begins with a dot is hidden, as in a shell."""
    return fnmatch.fnmatchcase(name, pattern) and (not name.startswith(".") or pattern.startswith("."))


def parts_of(location: str) -> SplitResult:
    """A URL whose `?` and `#` belong to its path, as patterns and names of files may hold them.

    Raises SourceError where it names no host or no port.
    """
    parts = urlsplit(location.replace("?", "%3F").replace("#", "%23"))
    place = Place(source=redact(location))
    try:
        _ = parts.port
    except ValueError as error:
        raise SourceError("names a port that is none", place=place, hint="a number up to 65535") from error
    if not parts.hostname:
        scheme = parts.scheme
        raise SourceError("is a URL without a host", place=place, hint=f"{scheme}://example.org/out/*.xml")
    return parts


def login_of(request: Request, parts: SplitResult) -> tuple[str, str]:
    """User and password: `auth.basic` before what the URL holds; "" = none."""
    if request.basic is not None:
        user, _, password = request.basic.partition(":")
        return user, password
    return unquote(parts.username or ""), unquote(parts.password or "")


def moved_folder(folder_of_file: str, folder: str) -> str:
    """The absolute or relative folder that `move_to` means, without a slash at its end."""
    folder = folder.rstrip("/") or "/"
    if folder.startswith("/") or not folder_of_file:
        return folder
    return f"{folder_of_file.rstrip('/')}/{folder}"
