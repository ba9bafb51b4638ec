"""SFTP: `sftp://host/out/*.xml`, by password or private key; only hosts whose key is known are spoken to.

A path counts from the folder of the login; `sftp://host//srv/out/jobs.xml` is an absolute one.
"""

from __future__ import annotations

import asyncio
import email.utils
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, unquote_to_bytes

from jobpipe.errors import Place, SourceError
from jobpipe.safety.network import Resolve, resolve
from jobpipe.safety.secrets import redact
from jobpipe.sources.transports.dialing import LONGEST_ANSWER
from jobpipe.sources.transports.drop import (
    MOST_FILES,
    DroppedFile,
    is_pattern,
    locations_of,
    matches,
    moved_folder,
    parts_of,
)
from jobpipe.sources.transports.ftp_session import readable, wire
from jobpipe.sources.transports.patience import Patience
from jobpipe.sources.transports.resuming import Download, OpenFile, tried
from jobpipe.sources.transports.ssh import SshServer, sftp_errors
from jobpipe.sources.transports.transport import Arrival, Request, Validators

if TYPE_CHECKING:
    import asyncssh

# Bytes asked for at once; several questions are under way at a time.
CHUNK = 256 * 1024

_Made = TypeVar("_Made")


class SftpTransport:
    """`sftp://`, with asyncssh (the extra `sftp`)."""

    def __init__(self, *, patience: Patience | None = None, resolve: Resolve = resolve) -> None:
        self._patience = patience or Patience()
        self._resolve = resolve

    async def open(self, request: Request) -> tuple[Arrival, AsyncIterator[bytes]]:
        """Raises SourceError where the file cannot be had, DefinitionError without the extra."""
        server = SshServer(request, self._resolve)
        path = path_of(request)

        @asynccontextmanager
        async def opened() -> AsyncIterator[OpenFile]:
            async with server.session() as session:
                yield await _File.opened(session, path, server.place, request.timeout)

        download = Download(request, opened, server.place, self._patience)
        return await download.begin(), download

    async def list(self, request: Request) -> list[str]:
        """Raises SourceError where no file matches."""
        if not is_pattern(readable(wire(path_of(request).rpartition(b"/")[2]))):
            return [request.location]
        return await locations_of(self, request)

    async def look(self, request: Request) -> Sequence[DroppedFile]:
        async def ask() -> Sequence[DroppedFile]:
            return await self._with(request, lambda sftp: _look(sftp, request))

        return await tried(ask, self._patience)

    async def remove(self, request: Request) -> bool:
        path = path_of(request)
        return await self._with(request, lambda sftp: _if_still(sftp, request, sftp.remove, path))

    async def move(self, request: Request, folder: str) -> bool:
        path = path_of(request)
        target = moved_folder(path.rpartition(b"/")[0].decode("utf-8", "surrogateescape"), folder)
        raw = target.encode("utf-8", "surrogateescape")

        async def act(sftp: asyncssh.SFTPClient) -> bool:
            async def rename(path: bytes) -> None:
                await sftp.makedirs(raw, exist_ok=True)
                goal = raw.rstrip(b"/") + b"/" + path.rpartition(b"/")[2]
                try:
                    await sftp.posix_rename(path, goal)
                except sftp_unsupported():
                    await sftp.rename(path, goal)

            return await _if_still(sftp, request, rename, path)

        return await self._with(request, act)

    async def _with(self, request: Request, ask: Callable[[asyncssh.SFTPClient], Awaitable[_Made]]) -> _Made:
        server = SshServer(request, self._resolve)
        async with server.session() as session:
            with sftp_errors(server.place):
                async with asyncio.timeout(LONGEST_ANSWER * request.timeout):
                    return await ask(await session.start_sftp_client(path_encoding=None))
        raise AssertionError("unreachable")


def sftp_unsupported() -> type[BaseException]:
    import asyncssh

    return asyncssh.SFTPOpUnsupported


class _File:
    """One file over one connection."""

    can_resume = True

    def __init__(
        self,
        sftp: asyncssh.SFTPClient,
        path: bytes,
        place: Place,
        timeout: float,
    ) -> None:
        self._sftp = sftp
        self._path = path
        self._place = place
        self._timeout = timeout
        self.name = readable(wire(path.rpartition(b"/")[2]))
        self.validators = Validators()
        self.length: int | None = None

    @classmethod
    async def opened(cls, session: asyncssh.SSHClientConnection, path: bytes, place: Place, timeout: float) -> _File:
        with sftp_errors(place):
            async with asyncio.timeout(timeout):
                sftp = await session.start_sftp_client(path_encoding=None)
                facts = await sftp.stat(path)
        if _is_folder(facts):
            raise SourceError("is a folder", place=place, hint=f"name a file in it, or a pattern: {place.source}/*.xml")
        file = cls(sftp, path, place, timeout)
        file.length, file.validators = facts.size, _validators(facts)
        return file

    async def chunks(self, offset: int) -> AsyncIterator[bytes]:
        with sftp_errors(self._place):
            async with self._sftp.open(self._path, "rb", block_size=CHUNK) as file:
                await file.seek(offset)
                while True:
                    async with asyncio.timeout(self._timeout):
                        chunk = await file.read(CHUNK)
                    if not chunk:
                        return
                    yield chunk if isinstance(chunk, bytes) else chunk.encode()

    async def version_now(self) -> Validators:
        if not self.validators:
            return self.validators
        with sftp_errors(self._place):
            async with asyncio.timeout(self._timeout):
                return _validators(await self._sftp.stat(self._path))
        raise AssertionError("unreachable")


async def _look(sftp: asyncssh.SFTPClient, request: Request) -> list[DroppedFile]:
    path = path_of(request)
    folder, _, pattern = path.rpartition(b"/")
    if path.startswith(b"/") and not folder:
        folder = b"/"
    if not is_pattern(readable(wire(pattern))):
        return await _one(sftp, request, path)
    head = request.location.rpartition("/")[0]
    found: list[DroppedFile] = []
    async for entry in sftp.scandir(folder or b"."):
        name = entry.filename if isinstance(entry.filename, bytes) else entry.filename.encode()
        if _is_folder(entry.attrs) or not matches(readable(wire(name)), readable(wire(pattern))):
            continue
        if len(found) >= MOST_FILES:
            raise SourceError("the folder has no end", place=Place(source=redact(request.location)))
        facts = entry.attrs
        if _is_link(facts):
            facts = await sftp.stat((folder + b"/" if folder else b"") + name)
        found.append(_dropped(f"{head}/{quote(name)}", name, facts))
    return sorted(found, key=lambda file: file.name)


async def _one(sftp: asyncssh.SFTPClient, request: Request, path: bytes) -> list[DroppedFile]:
    facts = await _facts_or_none(sftp, path)
    return [] if facts is None else [_dropped(request.location, path.rpartition(b"/")[2], facts)]


async def _if_still(
    sftp: asyncssh.SFTPClient, request: Request, act: Callable[[bytes], Awaitable[None]], path: bytes
) -> bool:
    facts = await _facts_or_none(sftp, path)
    if facts is None:
        return True
    if request.validators.etag and _validators(facts).etag != request.validators.etag:
        return False
    await act(path)
    return True


async def _facts_or_none(sftp: asyncssh.SFTPClient, path: bytes) -> Any:
    import asyncssh

    try:
        return await sftp.stat(path)
    except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
        return None


def path_of(request: Request) -> bytes:
    path = parts_of(request.location).path[1:].replace("%3F", "?").replace("%23", "#")
    return unquote_to_bytes(path)


def _dropped(location: str, name: bytes, facts: Any) -> DroppedFile:
    modified = datetime.fromtimestamp(facts.mtime, UTC) if facts.mtime is not None else None
    return DroppedFile(location=location, name=readable(wire(name)), size=facts.size, modified=modified)


def _validators(facts: Any) -> Validators:
    """Size and time make a version; one of them alone says too little."""
    if facts.size is None or facts.mtime is None:
        return Validators()
    return Validators(
        etag=f'"{facts.size:x}-{int(facts.mtime):x}"', last_modified=email.utils.formatdate(facts.mtime, usegmt=True)
    )


def _is_folder(facts: Any) -> bool:
    import asyncssh

    return bool(facts.type == asyncssh.FILEXFER_TYPE_DIRECTORY)


def _is_link(facts: Any) -> bool:
    import asyncssh

    return bool(facts.type == asyncssh.FILEXFER_TYPE_SYMLINK)
