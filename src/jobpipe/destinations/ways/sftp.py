"""Files over SFTP: `sftp://host/in/jobs.xml`, by password or private key, to hosts whose key is known."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from jobpipe.definition.logins import Auth
from jobpipe.definition.targets import FileTarget
from jobpipe.destinations.ways.snapshots import temporary_name, with_sound_names
from jobpipe.destinations.ways.troubles import Swapping, told_of_destination
from jobpipe.destinations.ways.way import Ready
from jobpipe.safety.network import resolve
from jobpipe.sources.transports.exchange import PassingTroubleError
from jobpipe.sources.transports.sftp import path_of
from jobpipe.sources.transports.ssh import SshServer, sftp_errors
from jobpipe.sources.transports.transport import Request

if TYPE_CHECKING:
    import asyncssh

# Bytes on their way at once; a server that takes less a message gets several.
CHUNK = 1024 * 1024


class SftpWay:
    def __init__(self, target: FileTarget) -> None:
        """Raises SourceError where the address names no user, DefinitionError without the extra `sftp`."""
        auth = target.auth or Auth()
        self._request = Request(location=target.file, basic=auth.basic, auth=auth, timeout=target.timeout)
        self._server = SshServer(self._request, resolve)
        self._folder, slash, _ = path_of(self._request).rpartition(b"/")
        self._folder += slash

    def publish(self, files: Sequence[Ready]) -> str:
        with_sound_names(files, self._server.place)
        asyncio.run(self._publish(files))
        return self._server.place.source

    def close(self) -> None:
        pass

    async def _publish(self, files: Sequence[Ready]) -> None:
        swapping = Swapping()
        with told_of_destination(swapping):
            async with self._server.session() as session:
                with sftp_errors(self._server.place, act="written"):
                    async with asyncio.timeout(self._request.timeout):
                        sftp = await session.start_sftp_client(path_encoding=None)
                    for file in files:
                        await self._upload(sftp, file)
                    swapping.has_begun = True
                    for file in reversed(files):
                        async with asyncio.timeout(self._request.timeout):
                            await _swap(sftp, self._path(temporary_name(file.name)), self._path(file.name))

    async def _upload(self, sftp: asyncssh.SFTPClient, file: Ready) -> None:
        path, timeout = self._path(temporary_name(file.name)), self._request.timeout
        async with asyncio.timeout(timeout):
            await _remove(sftp, path)
            there = await sftp.open(path, "wb")
        try:
            with file.path.open("rb") as here:
                while chunk := here.read(CHUNK):
                    async with asyncio.timeout(timeout):
                        await there.write(chunk)
        finally:
            async with asyncio.timeout(timeout):
                await there.close()
        async with asyncio.timeout(timeout):
            size = (await sftp.stat(path)).size
        if size is not None and size != file.size:
            raise PassingTroubleError(f"has {size:,} bytes of {file.size:,} sent", place=self._server.place)

    def _path(self, name: str) -> bytes:
        return self._folder + name.encode()


async def _remove(sftp: asyncssh.SFTPClient, path: bytes) -> None:
    import asyncssh

    with suppress(asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
        await sftp.remove(path)


async def _swap(sftp: asyncssh.SFTPClient, temporary: bytes, path: bytes) -> None:
    """Atomic where the server knows how; else there is a moment without the file."""
    import asyncssh

    try:
        await sftp.posix_rename(temporary, path)
    except asyncssh.SFTPOpUnsupported:
        await _remove(sftp, path)
        await sftp.rename(temporary, path)
