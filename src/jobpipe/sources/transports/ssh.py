"""Connecting over SSH: who we are, and whether the host is the one that it was."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobpipe.definition.logins import Auth
from jobpipe.errors import DefinitionError, Place, SourceError
from jobpipe.safety.network import NetworkGuard, Resolve
from jobpipe.safety.secrets import redact
from jobpipe.sources.hosts import host_of
from jobpipe.sources.transports.dialing import dial, silence
from jobpipe.sources.transports.drop import login_of, parts_of
from jobpipe.sources.transports.exchange import PassingTroubleError
from jobpipe.sources.transports.patience import turn_at
from jobpipe.sources.transports.transport import Request

if TYPE_CHECKING:
    import asyncssh

KNOWN_HOSTS = "~/.ssh/known_hosts"


class SshServer:
    """The server of one location, and how to log in there."""

    def __init__(self, request: Request, resolve: Resolve) -> None:
        """Raises SourceError where the location names none, DefinitionError without the extra `sftp`."""
        parts = parts_of(request.location)
        self.place = Place(source=redact(request.location))
        self._request = request
        self._auth = request.auth or Auth()
        self._host = parts.hostname or ""
        self._port = parts.port or 22
        self._server = host_of(parts.geturl())
        self._user, self._password = login_of(request, parts)
        self._guard = NetworkGuard.naming([self._host], resolve, allow=request.allow)
        self._ssh = _asyncssh()
        if not self._user:
            raise SourceError("needs a user", place=self.place, hint="give source.auth.basic: user:password, or user:")

    @asynccontextmanager
    async def session(self) -> AsyncIterator[asyncssh.SSHClientConnection]:
        """Raises PassingTroubleError where another attempt may help, SourceError for the rest."""
        async with turn_at(self._server):
            session = await self._connected()
            try:
                yield session
            finally:
                session.abort()

    async def _connected(self) -> asyncssh.SSHClientConnection:
        known_hosts = self._known_hosts()
        keys = self._client_keys()
        seen: list[Any] = []
        client = _client_that_notes(self._ssh, seen)
        plain = await dial(self._host, self._port, self._guard, timeout=self._request.timeout, place=self.place)
        ssh = self._ssh
        try:
            session: asyncssh.SSHClientConnection = await ssh.connect(
                self._host,
                self._port,
                sock=plain,
                config=None,
                known_hosts=known_hosts,
                username=self._user,
                password=self._password or None,
                client_keys=keys,
                agent_path=None,
                client_factory=client,
                login_timeout=self._request.timeout,
                keepalive_interval=15,
            )
            return session
        except ssh.HostKeyNotVerifiable as error:
            raise self._unknown_host(seen[0] if seen else None, known_hosts, str(error)) from error
        except ssh.PermissionDenied as error:
            what = "private key" if keys else "password"
            raise SourceError(
                "refuses the login", place=self.place, hint=f"check the user and the {what} of source.auth"
            ) from error
        except (OSError, ssh.Error, TimeoutError) as error:
            raise PassingTroubleError(f"broke the connection: {_said(error)}", place=self.place) from error
        finally:
            if seen and plain.fileno() >= 0:
                plain.close()

    # Who we are -------------------------------------------------------------------------------------

    def _client_keys(self) -> Any:
        """The definition's key; None = no key; () = those of the user that runs job-pipe."""
        path = self._auth.private_key
        if path is None:
            return None if self._password else ()
        shown = Place(source=path)
        try:
            return [self._ssh.read_private_key(str(Path(path).expanduser()), self._auth.passphrase)]
        except FileNotFoundError as error:
            raise SourceError("there is no such private key", place=shown, hint="source.auth.private_key") from error
        except OSError as error:
            raise SourceError(f"cannot be read: {error.strerror}", place=shown, hint="check its permissions") from error
        except self._ssh.KeyEncryptionError as error:
            raise SourceError(
                "the private key does not open with this passphrase", place=shown, hint="check source.auth.passphrase"
            ) from error
        except self._ssh.KeyImportError as error:
            asks = "passphrase" in str(error).lower()
            what = "the private key has a passphrase" if asks else "is no private key that can be read"
            hint = "give source.auth.passphrase, best as ${PASSPHRASE}" if asks else "OpenSSH or PEM format"
            raise SourceError(what, place=shown, hint=hint) from error

    # Who they are -----------------------------------------------------------------------------------

    @property
    def _known_hosts_path(self) -> Path:
        return Path(self._auth.known_hosts or KNOWN_HOSTS).expanduser()

    def _known_hosts(self) -> bytes:
        path = self._known_hosts_path
        try:
            return path.read_bytes()
        except FileNotFoundError:
            if self._auth.known_hosts:
                raise SourceError(
                    "there is no such file of known hosts", place=Place(source=str(path)), hint=self._how_to_add()
                ) from None
            return b""
        except OSError as error:
            raise SourceError(f"cannot be read: {error.strerror}", place=Place(source=str(path))) from error

    def _unknown_host(self, key: Any, known_hosts: bytes, said: str) -> SourceError:
        if key is None:
            return SourceError(f"its host key is not trusted: {said}", place=self.place, hint=self._how_to_add())
        came = f"{key.get_algorithm()} {key.get_fingerprint()}"
        if self._ssh.match_known_hosts(known_hosts, self._host, "", self._port)[0]:
            return SourceError(
                f"its host key has changed: {came} came, and {self._known_hosts_path} has another one",
                place=self.place,
                hint="ask the publisher whether that is right; if it is, replace the line: " + self._how_to_add(),
            )
        return SourceError(
            f"its host key is not known: {came}",
            place=self.place,
            hint="compare it with what the publisher says, then add it: " + self._how_to_add(),
        )

    def _how_to_add(self) -> str:
        port = f"-p {self._port} " if self._port != 22 else ""
        return f"ssh-keyscan {port}{self._host} >> {self._known_hosts_path}"


@contextmanager
def sftp_errors(place: Place, *, act: str = "read") -> Iterator[None]:
    """What goes wrong on an open connection, in words; `act`: what is done to the place."""
    ssh = _asyncssh()
    try:
        yield
    except (ssh.SFTPNoSuchFile, ssh.SFTPNoSuchPath) as error:
        raise SourceError(
            "is not there",
            place=place,
            hint="a path counts from the folder of the login; sftp://host//srv/jobs.xml is an absolute one",
        ) from error
    except ssh.SFTPPermissionDenied as error:
        raise SourceError(
            f"may not be {act} by this login", place=place, hint="ask the publisher for the right"
        ) from error
    except TimeoutError as error:
        raise silence(error, place) from error
    except (ssh.SFTPConnectionLost, ssh.SFTPNoConnection, ssh.ConnectionLost, ssh.DisconnectError, OSError) as error:
        raise PassingTroubleError(f"broke the connection: {_said(error)}", place=place) from error
    except ssh.SFTPError as error:
        raise SourceError(f"refuses: {_said(error)}", place=place) from error
    except ssh.Error as error:
        raise PassingTroubleError(f"broke the connection: {_said(error)}", place=place) from error


def _client_that_notes(ssh: Any, seen: list[Any]) -> Any:
    class Client(ssh.SSHClient):  # type: ignore[misc]
        def validate_host_public_key(self, host: str, addr: str, port: int, key: Any) -> bool:
            """Asked for a key that is not among the known ones."""
            seen.append(key)
            return False

    return Client


def _asyncssh() -> Any:
    try:
        return importlib.import_module("asyncssh")
    except ImportError as error:
        raise DefinitionError("sftp:// needs asyncssh", hint="pip install 'job-pipe[sftp]'") from error


def _said(error: BaseException) -> str:
    return redact(" ".join(str(error).split())) or type(error).__name__
