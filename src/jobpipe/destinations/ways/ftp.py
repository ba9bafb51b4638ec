"""Files over FTP and FTPS: `ftp://host/in/jobs.xml`, `ftps://…` (AUTH TLS; TLS from the first byte on port 990)."""

from __future__ import annotations

import asyncio
import ftplib
from collections.abc import Sequence
from functools import partial

from jobpipe.definition.logins import Auth
from jobpipe.definition.targets import FileTarget
from jobpipe.destinations.ways.snapshots import temporary_name, with_sound_names
from jobpipe.destinations.ways.troubles import Swapping, told_of_destination
from jobpipe.destinations.ways.way import Ready
from jobpipe.sources.transports.exchange import PassingTroubleError
from jobpipe.sources.transports.ftp import Connection, address_of, connection_to
from jobpipe.sources.transports.ftp_session import FtpSession, wire
from jobpipe.sources.transports.tls import tls_context
from jobpipe.sources.transports.transport import Request

# Bytes handed to the connection at once.
CHUNK = 256 * 1024


class FtpWay:
    def __init__(self, target: FileTarget) -> None:
        """Raises SourceError where the address names no host."""
        auth = target.auth or Auth()
        request = Request(location=target.file, basic=auth.basic, auth=auth, timeout=target.timeout)
        self._address = address_of(request, context=tls_context)
        folder = self._address.folder
        self._folder = f"{folder.rstrip('/')}/" if folder else ""

    def publish(self, files: Sequence[Ready]) -> str:
        with_sound_names(files, self._address.place)
        asyncio.run(self._publish(files))
        return self._address.place.source

    def close(self) -> None:
        pass

    async def _publish(self, files: Sequence[Ready]) -> None:
        swapping = Swapping()
        with told_of_destination(swapping):
            async with connection_to(self._address) as connection:
                for file in files:
                    await self._upload(connection, file)
                swapping.has_begun = True
                for file in reversed(files):
                    names = self._path(temporary_name(file.name)), self._path(file.name)
                    await connection.call(partial(_swap, connection.session, *names))

    async def _upload(self, connection: Connection, file: Ready) -> None:
        path, session = self._path(temporary_name(file.name)), connection.session
        data = await connection.call(partial(session.send_to, path))
        with file.path.open("rb") as here:
            while chunk := here.read(CHUNK):
                await connection.call(partial(data.sendall, chunk))
        await connection.call(session.finish_sending)
        facts = await connection.call(partial(session.facts, path))
        if facts is not None and facts.size is not None and facts.size != file.size:
            raise PassingTroubleError(f"has {facts.size:,} bytes of {file.size:,} sent", place=self._address.place)

    def _path(self, name: str) -> str:
        return self._folder + wire(name.encode())


def _swap(session: FtpSession, temporary: str, path: str) -> None:
    """Most servers put one in the other's place; for those that refuse, there is a moment without the file."""
    try:
        session.rename(temporary, path)
    except ftplib.error_perm:
        if session.facts(path) is None:
            raise
        session.delete(path)
        session.rename(temporary, path)
