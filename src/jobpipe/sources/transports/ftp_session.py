"""One control connection to an FTP server: the standard library's client, made safe for servers as they are.

Names travel as bytes (in latin-1, which is every byte's own letter): a server may name files in UTF-8 or not.
"""

from __future__ import annotations

import contextlib
import ftplib
import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from jobpipe.sources.transports.drop import MOST_FILES

# Lines of one answer; more is a server that never ends.
MOST_LINES = 1_000
_STAMP = re.compile(r"(\d{14})(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a server says of a file."""

    size: int | None
    # UTC
    modified: datetime | None


@dataclass(frozen=True, slots=True)
class Security:
    """None at all where there is no context."""

    context: ssl.SSLContext | None = None
    # TLS from the first byte on, not by AUTH TLS.
    implicit: bool = False


class FtpSession(ftplib.FTP_TLS):
    """Passive mode only, and the data come from the very address of the control connection, whatever PASV names."""

    def __init__(self, host: str, security: Security, timeout: float, plain: socket.socket) -> None:
        """`plain` is connected to the host."""
        super().__init__(context=security.context or ssl.create_default_context(), encoding="latin-1", timeout=timeout)
        # Certificates are checked against the name, not the address.
        self.host = host
        self.trust_server_pasv_ipv4_address = False
        self._security = security
        self._lines = 0
        self._data: socket.socket | None = None
        self.sock = plain
        self.af = plain.family
        self.port = plain.getpeername()[1]

    # Connecting -------------------------------------------------------------------------------------

    def open(self, user: str, password: str) -> None:
        """Log in."""
        assert self.sock is not None
        self.sock.settimeout(self.timeout)
        if self._security.implicit:
            self.sock = self._wrapped(self.sock)
        self.file = self.sock.makefile("r", encoding=self.encoding)
        self.welcome = self.getresp()
        if self._security.context is not None and not self._security.implicit:
            self.auth()
        # FTP_TLS would ask for AUTH TLS itself.
        ftplib.FTP.login(self, user or "anonymous", password or ("" if user else "anonymous@"))
        if self._security.context is not None:
            self.prot_p()
        self.voidcmd("TYPE I")

    def _wrapped(self, plain: socket.socket) -> ssl.SSLSocket:
        context = self._security.context
        assert context is not None
        # A session is only there once the control connection has one: servers may want to see it again.
        session = self.sock.session if isinstance(self.sock, ssl.SSLSocket) else None
        return context.wrap_socket(plain, server_hostname=self.host, session=session)

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        data, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        self._data = data
        if self._security.context is not None:
            try:
                data = self._data = self._wrapped(data)
            except BaseException:
                data.close()
                raise
        return data, size

    def getline(self) -> str:
        self._lines += 1
        if self._lines > MOST_LINES:
            raise ftplib.error_proto("the server's answer has no end")
        return super().getline()

    def putline(self, line: str) -> None:
        self._lines = 0
        super().putline(line)

    def hang_up(self) -> None:
        """From any thread: whoever waits for a byte gets an error at once."""
        for one in (self._data, self.sock):
            if one is not None:
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(one, socket.SHUT_RDWR)

    def leave(self) -> None:
        """Without waiting for a goodbye: a broken server gives none."""
        for one in (self._data, self.sock):
            if one is not None:
                with contextlib.suppress(OSError):
                    one.close()
        self.close()

    # Asking -----------------------------------------------------------------------------------------

    def facts(self, path: str) -> Facts | None:
        """None = there is no such file (a folder is none)."""
        size: int | None = None
        is_there = True
        try:
            size = self.size(path)
        except ftplib.error_perm as error:
            if _code(error) not in ("500", "502", "504"):
                is_there = False
        modified = self._modified(path)
        return Facts(size, modified) if is_there else None

    def _modified(self, path: str) -> datetime | None:
        try:
            found = _STAMP.search(self.sendcmd(f"MDTM {path}")[4:])
        except ftplib.error_perm:
            return None
        return moment_of(found[1]) if found else None

    def files_of(self, folder: str) -> Iterator[tuple[str, Facts | None]]:
        """The names in a folder; with what the server says of them where one question is enough."""
        try:
            listed = self._list(f"MLSD {folder}".rstrip())
        except ftplib.error_perm as error:
            if _code(error) not in ("500", "502", "504"):
                raise
        else:
            for line in listed:
                facts, _, name = line.partition(" ")
                pairs = dict(fact.lower().partition("=")[::2] for fact in facts.split(";") if fact)
                if pairs.get("type", "file") == "file":
                    size = pairs.get("size", "")
                    stamp = _STAMP.match(pairs.get("modify", ""))
                    yield name, Facts(int(size) if size.isdecimal() else None, moment_of(stamp[1]) if stamp else None)
            return
        for name in self._list(f"NLST {folder}".rstrip()):
            yield name.rstrip("/").rpartition("/")[2], None

    def _list(self, command: str) -> list[str]:
        lines: list[str] = []

        def take(line: str) -> None:
            if len(lines) >= MOST_FILES:
                raise ftplib.error_proto("the folder has no end")
            lines.append(line)

        try:
            self.retrlines(command, take)
        except ftplib.error_perm as error:
            # An empty folder, for some servers.
            if command.startswith("NLST") and _code(error) == "550" and "no files" in str(error).lower():
                return []
            raise
        finally:
            self.voidcmd("TYPE I")
        return lines

    def make_folder(self, folder: str) -> None:
        with contextlib.suppress(ftplib.error_perm):  # it is there
            self.mkd(folder)

    def receive(self, path: str, offset: int) -> socket.socket:
        return self.transfercmd(f"RETR {path}", offset or None)

    def send_to(self, path: str) -> socket.socket:
        """What is written there becomes the file."""
        return self.transfercmd(f"STOR {path}")

    def finish_sending(self) -> None:
        """The server's word that it has the whole file; over TLS the end is said, so that it is not taken for a cut."""
        if isinstance(self._data, ssl.SSLSocket):
            with contextlib.suppress(OSError):
                self._data.unwrap()
        self.finish()

    def finish(self) -> None:
        """The server's word that the transfer is over, and whole."""
        data, self._data = self._data, None
        if data is not None:
            with contextlib.suppress(OSError):
                data.close()
        self.voidresp()


def moment_of(stamp: str) -> datetime | None:
    """Of YYYYMMDDHHMMSS, which is UTC (RFC 3659, section 2.3)."""
    with contextlib.suppress(ValueError):
        return datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return None


def _code(error: Any) -> str:
    return str(error)[:3]


def wire(name: bytes) -> str:
    return name.decode("latin-1")


def readable(name: str) -> str:
    """A name as people read it, from its bytes on the wire."""
    raw = name.encode("latin-1", "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
