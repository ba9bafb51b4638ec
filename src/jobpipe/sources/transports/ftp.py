"""FTP and FTPS: `ftp://host/folder/*.xml.gz`, `ftps://host/…` (AUTH TLS; TLS from the first byte on port 990).

A path counts from the folder of the login; `ftp://host//srv/out/jobs.xml` is an absolute one.  The specifications
are RFC 959, 3659 (SIZE, MDTM, REST, MLSD) and 4217 (TLS).
"""

from __future__ import annotations

import dataclasses
import email.utils
import ftplib
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar
from urllib.parse import SplitResult, quote, unquote_to_bytes

from jobpipe.errors import Place, SourceError
from jobpipe.safety.network import NetworkGuard, Resolve, resolve
from jobpipe.safety.secrets import redact
from jobpipe.sources.hosts import host_of
from jobpipe.sources.transports.blocking import blocking
from jobpipe.sources.transports.dialing import LONGEST_ANSWER, dial, silence
from jobpipe.sources.transports.drop import (
    DroppedFile,
    is_pattern,
    locations_of,
    login_of,
    matches,
    moved_folder,
    parts_of,
)
from jobpipe.sources.transports.exchange import PassingTroubleError
from jobpipe.sources.transports.ftp_session import Facts, FtpSession, Security, readable, wire
from jobpipe.sources.transports.patience import Patience, turn_at
from jobpipe.sources.transports.resuming import Download, OpenFile, tried
from jobpipe.sources.transports.transport import Arrival, Request, Validators

# Bytes read at once.
CHUNK = 256 * 1024
IMPLICIT_PORT = 990

_Made = TypeVar("_Made")


class FtpTransport:
    """`ftp://` and `ftps://`: the standard library's client on a thread."""

    def __init__(
        self,
        *,
        patience: Patience | None = None,
        resolve: Resolve = resolve,
        context: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        self._patience = patience or Patience()
        self._resolve = resolve
        self._context = context

    async def open(self, request: Request) -> tuple[Arrival, AsyncIterator[bytes]]:
        """Raises SourceError where the file cannot be had."""
        address = address_of(request, self._resolve, self._context)

        @asynccontextmanager
        async def opened() -> AsyncIterator[OpenFile]:
            async with connection_to(address) as connection:
                yield await connection.open_file()

        download = Download(request, opened, address.place, self._patience)
        return await download.begin(), download

    async def list(self, request: Request) -> list[str]:
        """Raises SourceError where no file matches."""
        if not is_pattern(address_of(request, self._resolve, self._context).name):
            return [request.location]
        return await locations_of(self, request)

    async def look(self, request: Request) -> Sequence[DroppedFile]:
        address = address_of(request, self._resolve, self._context)

        async def ask() -> Sequence[DroppedFile]:
            async with connection_to(address) as connection:
                return await connection.look()
            raise AssertionError("unreachable")

        return await tried(ask, self._patience)

    async def remove(self, request: Request) -> bool:
        async with connection_to(address_of(request, self._resolve, self._context)) as connection:
            return await connection.remove(request.validators)
        raise AssertionError("unreachable")

    async def move(self, request: Request, folder: str) -> bool:
        async with connection_to(address_of(request, self._resolve, self._context)) as connection:
            return await connection.move(request.validators, folder)
        raise AssertionError("unreachable")


@dataclasses.dataclass(frozen=True, slots=True)
class Address:
    """What a location says, taken apart."""

    request: Request
    parts: SplitResult
    port: int
    user: str
    password: str = dataclasses.field(repr=False)
    security: Security
    guard: NetworkGuard

    @property
    def place(self) -> Place:
        return Place(source=redact(self.request.location))

    @property
    def path(self) -> str:
        """As it goes over the wire: without the slash that ends the host."""
        path = self.parts.path[1:].replace("%3F", "?").replace("%23", "#")
        return wire(unquote_to_bytes(path))

    @property
    def folder(self) -> str:
        """ "" = that of the login."""
        folder, slash, _ = self.path.rpartition("/")
        return folder or slash

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    def location_of(self, name: str) -> str:
        head = self.request.location[: len(self.request.location) - len(self._tail)]
        return head + quote(name.encode("latin-1"))

    @property
    def _tail(self) -> str:
        return self.request.location.rpartition("/")[2]


def address_of(
    request: Request, resolve: Resolve = resolve, context: Callable[[], ssl.SSLContext] = ssl.create_default_context
) -> Address:
    """Raises SourceError where the location names no host."""
    parts = parts_of(request.location)
    is_secure = parts.scheme.lower() == "ftps"
    guard = NetworkGuard.naming([parts.hostname or ""], resolve, allow=request.allow)
    user, password = login_of(request, parts)
    port = parts.port or 21
    security = Security(context(), port == IMPLICIT_PORT) if is_secure else Security()
    return Address(request, parts, port, user, password, security, guard)


@asynccontextmanager
async def connection_to(address: Address) -> AsyncIterator[Connection]:
    async with turn_at(host_of(address.parts.geturl())):
        connection = await Connection.to(address)
        try:
            yield connection
        finally:
            connection.leave()


class Connection:
    """A session that is open and logged in; its methods wait on threads."""

    name: str
    can_resume = True

    def __init__(self, session: FtpSession, address: Address) -> None:
        self.session = session
        self._address = address
        self.name = readable(address.name)
        self.validators = Validators()
        self.length: int | None = None

    @classmethod
    async def to(cls, address: Address) -> Connection:
        host, timeout = address.parts.hostname or "", address.request.timeout
        plain = await dial(host, address.port, address.guard, timeout=timeout, place=address.place)
        connection = cls(FtpSession(host, address.security, timeout, plain), address)
        try:
            await connection.call(partial(connection.session.open, address.user, address.password))
        except BaseException:
            connection.leave()
            raise
        return connection

    # One file ---------------------------------------------------------------------------------------

    async def open_file(self) -> OpenFile:
        facts = await self.call(partial(self.session.facts, self._address.path))
        if facts is None:
            raise SourceError(
                "is not there, or is no file",
                place=self._address.place,
                hint="a path counts from the folder of the login; ftp://host//srv/jobs.xml is an absolute one",
            )
        self.length = facts.size
        self.validators = validators_of(facts)
        return self

    async def chunks(self, offset: int) -> AsyncIterator[bytes]:
        if self.length is not None and offset >= self.length:
            return
        data = await self.call(partial(self.session.receive, self._address.path, offset))
        while chunk := await self.call(partial(data.recv, CHUNK)):
            yield chunk
        await self.call(self.session.finish)

    async def version_now(self) -> Validators:
        if not self.validators:
            return self.validators
        facts = await self.call(partial(self.session.facts, self._address.path))
        return validators_of(facts) if facts is not None else self.validators

    def leave(self) -> None:
        self.session.leave()

    # A folder ---------------------------------------------------------------------------------------

    async def look(self) -> list[DroppedFile]:
        address = self._address
        if not is_pattern(address.name):
            facts = await self.call(partial(self.session.facts, address.path))
            return [] if facts is None else [self._file(address.request.location, address.name, facts)]
        names = await self.call(lambda: list(self.session.files_of(address.folder)))
        pattern = readable(address.name)
        found = []
        for name, known in sorted(names):
            if not matches(readable(name), pattern):
                continue
            path = f"{address.folder.rstrip('/')}/{name}" if address.folder else name
            facts = known or await self.call(partial(self.session.facts, path))
            if facts is not None:
                found.append(self._file(address.location_of(name), name, facts))
        return found

    def _file(self, location: str, name: str, facts: Facts) -> DroppedFile:
        return DroppedFile(location=location, name=readable(name), size=facts.size, modified=facts.modified)

    async def remove(self, version: Validators) -> bool:
        return await self._if_still(version, lambda: self.session.delete(self._address.path))

    async def move(self, version: Validators, folder: str) -> bool:
        target = wire(moved_folder(readable(self._address.folder), folder).encode())

        def rename() -> None:
            self.session.make_folder(target)
            self.session.rename(self._address.path, f"{target.rstrip('/')}/{self._address.name}")

        return await self._if_still(version, rename)

    async def _if_still(self, version: Validators, act: Callable[[], object]) -> bool:
        facts = await self.call(partial(self.session.facts, self._address.path))
        if facts is None:
            return True
        if version.etag and validators_of(facts).etag != version.etag:
            return False
        await self.call(act)
        return True

    # Errors -----------------------------------------------------------------------------------------

    async def call(self, ask: Callable[[], _Made]) -> _Made:
        try:
            longest = LONGEST_ANSWER * self._address.request.timeout
            return await blocking(ask, self.session.hang_up, longest=longest)
        except ssl.SSLCertVerificationError as error:
            raise SourceError(
                f"its certificate is not trusted: {error.verify_message or error}",
                place=self._address.place,
                hint="ask the publisher to renew it, or add its authority to this machine's",
            ) from error
        except ftplib.error_perm as error:
            raise self._refused(str(error)) from error
        except TimeoutError as error:
            raise silence(error, self._address.place) from error
        except (EOFError, OSError, ftplib.Error) as error:
            what = str(error) or "the server hung up"
            raise _trouble(self._address, f"broke the connection: {redact(what)}") from error
        except ValueError as error:
            raise SourceError(f"has a path that FTP cannot say: {error}", place=self._address.place) from error

    def _refused(self, answer: str) -> SourceError:
        place, answer = self._address.place, redact(" ".join(answer.split())[:200])
        code = answer[:3]
        if self._address.security.context is None and any(word in answer.lower() for word in ("ssl", "tls", "secur")):
            return SourceError(f"wants TLS (FTP {answer})", place=place, hint="write ftps:// instead of ftp://")
        if code == "530":
            hint = "check the user and password of source.auth.basic"
            return SourceError(f"refuses the login (FTP {answer})", place=place, hint=hint)
        if code == "550":
            return SourceError(
                f"is not there, or may not be read (FTP {answer})", place=place, hint="check the path and the rights"
            )
        if code in ("500", "502", "504", "534") and self._address.security.context is not None:
            return SourceError(f"speaks no TLS (FTP {answer})", place=place, hint="ask the publisher, or write ftp://")
        return SourceError(f"refuses (FTP {answer})", place=place, hint="ask the publisher what the server wants")


def validators_of(facts: Facts) -> Validators:
    """Size and time make a version; one of them alone says too little."""
    if facts.size is None or facts.modified is None:
        return Validators()
    return Validators(
        etag=f'"{facts.size:x}-{facts.modified:%Y%m%d%H%M%S}"',
        last_modified=email.utils.format_datetime(facts.modified, usegmt=True),
    )


def _trouble(address: Address, what: str, hint: str = "") -> PassingTroubleError:
    return PassingTroubleError(what, place=address.place, hint=hint)
