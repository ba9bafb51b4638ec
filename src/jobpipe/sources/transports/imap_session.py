"""One connection to a mailbox: imap-tools over a socket that the network guard has seen."""

from __future__ import annotations

import contextlib
import imaplib
import importlib
import re
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from jobpipe.errors import DefinitionError, Place, SourceError
from jobpipe.safety.network import NetworkGuard
from jobpipe.safety.secrets import redact
from jobpipe.sources.transports.blocking import blocking
from jobpipe.sources.transports.dialing import LONGEST_ANSWER, dial, silence
from jobpipe.sources.transports.exchange import PassingTroubleError
from jobpipe.sources.transports.imap_structure import Attachment, attachments_of, joined
from jobpipe.sources.transports.patience import turn_at

# Mails asked about at once.
_AT_ONCE = 200
# Of one answer: some thousands of numbers of mails, the structure of some hundred mails, or a piece of one.
MOST_BYTES = 8 * 1024 * 1024
# Bytes that a line takes besides its letters.
LINE_ITSELF = 100
# By which a server says that the trouble is its own (RFC 5530, section 3).
_PASSING = re.compile(r"\[(UNAVAILABLE|SERVERBUG|INUSE|LIMIT)\]")
_STRUCTURE = re.compile(rb"BODYSTRUCTURE (?=\()")
_UID = re.compile(rb"UID (\d+)")
_RECEIVED = re.compile(rb'INTERNALDATE "([^"]+)"')

_Made = TypeVar("_Made")


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    place: Place
    # By which its limits go.
    server: str
    host: str
    port: int
    folder: str
    user: str
    password: str = field(repr=False)
    # None = no TLS.
    context: ssl.SSLContext | None
    guard: NetworkGuard
    timeout: float


@dataclass(frozen=True, slots=True)
class MailFacts:
    uid: str
    received: datetime | None
    attachments: list[Attachment]


@asynccontextmanager
async def connected(address: Address) -> AsyncIterator[ImapConnection]:
    async with turn_at(address.server):
        connection = await ImapConnection.to(address)
        try:
            yield connection
        finally:
            connection.leave()


class ImapConnection:
    """Logged in; its methods wait on threads."""

    def __init__(self, address: Address, plain: socket.socket) -> None:
        self._address = address
        self._box: Any = None
        self._socket = plain
        # Of the folder that is selected; UIDs mean something only with it.
        self.validity = 0

    @classmethod
    async def to(cls, address: Address) -> ImapConnection:
        tools = _imap_tools()
        plain = await dial(address.host, address.port, address.guard, timeout=address.timeout, place=address.place)
        connection = cls(address, plain)
        try:
            await connection._call(lambda: connection._log_in(tools))
        except BaseException:
            connection.leave()
            raise
        return connection

    def _log_in(self, tools: Any) -> None:
        self._box = _mailbox(tools, self._client())
        self._box.login(self._address.user, self._address.password, initial_folder=None)

    def _client(self) -> imaplib.IMAP4:
        here = self
        address = self._address

        class Client(imaplib.IMAP4):
            # Bytes of the answer under way.
            came = 0

            def _create_socket(self, timeout: float | None) -> socket.socket:
                here._socket.settimeout(timeout)
                if address.context is not None:
                    here._socket = address.context.wrap_socket(here._socket, server_hostname=address.host)
                return here._socket

            def send(self, data: Any) -> None:
                self.came = 0
                super().send(data)

            def readline(self) -> bytes:
                return self._counted(super().readline())

            def read(self, size: int) -> bytes:
                self._expect_an_end(size)
                return self._counted(super().read(size))

            def _counted(self, text: bytes) -> bytes:
                self.came += len(text) + LINE_ITSELF
                self._expect_an_end(0)
                return text

            def _expect_an_end(self, more: int) -> None:
                if self.came + more > MOST_BYTES:
                    raise imaplib.IMAP4.error("the server's answer has no end")

        return Client(address.host, address.port, address.timeout)

    # A folder ---------------------------------------------------------------------------------------

    async def select(self, *, readonly: bool) -> None:
        """Raises SourceError where there is no such folder."""
        await self._call(lambda: self._select(readonly))

    def _select(self, readonly: bool) -> None:
        folder = self._address.folder
        try:
            self._box.folder.set(folder, readonly=readonly)
        except _imap_tools().MailboxFolderSelectError as error:
            if _PASSING.search(str(error)):
                raise
            names = ", ".join(sorted(one.name for one in self._box.folder.list())[:8])
            raise SourceError(f"has no folder {folder}", place=self._address.place, hint=f"there is {names}") from error
        _, answer = self._box.client.response("UIDVALIDITY")
        self.validity = int(answer[0]) if answer and answer[0] else 0

    async def mails(self, sender: str | None, subject: str | None) -> list[MailFacts]:
        """Those that match, in the order in which they came."""
        return await self._call(lambda: self._mails(sender, subject))

    def _mails(self, sender: str | None, subject: str | None) -> list[MailFacts]:
        wanted = {name: text for name, text in (("from_", sender), ("subject", subject)) if text}
        criteria = _imap_tools().AND(**wanted) if wanted else "ALL"
        uids = sorted(self._box.uids(criteria, charset="UTF-8" if wanted else "US-ASCII"), key=int)
        found: list[MailFacts] = []
        for start in range(0, len(uids), _AT_ONCE):
            found += self._facts(uids[start : start + _AT_ONCE])
        return found

    async def mail(self, uid: str) -> MailFacts | None:
        """None = it is not there any more."""
        found = await self._call(lambda: self._facts([uid]))
        return found[0] if found else None

    def _facts(self, uids: list[str]) -> list[MailFacts]:
        status, answer = self._box.client.uid("FETCH", ",".join(uids), "(UID INTERNALDATE BODYSTRUCTURE)")
        if status != "OK":
            raise imaplib.IMAP4.error("the server does not say what its mails are made of")
        found = [_facts_of(line) for line in _lines(answer)]
        return sorted((one for one in found if one is not None), key=lambda one: int(one.uid))

    async def fetch_section(self, uid: str, section: str, begin: int, size: int) -> bytes:
        """Bytes of a part as it is encoded; fewer than `size` at its end. The mail stays unread."""

        def fetch() -> bytes:
            status, answer = self._box.client.uid("FETCH", uid, f"(BODY.PEEK[{section}]<{begin}.{size}>)")
            if status != "OK":
                raise imaplib.IMAP4.error("the server does not give the attachment")
            return next((bytes(item[1]) for item in answer if isinstance(item, tuple)), _quoted(answer))

        return await self._call(fetch)

    async def delete(self, uid: str) -> None:
        await self._call(lambda: self._delete(uid))

    def _delete(self, uid: str) -> None:
        client = self._box.client
        self._expect_ok(client.uid("STORE", uid, "+FLAGS.SILENT", r"(\Deleted)"))
        # Before the login a server says less of what it can do.
        if b"UIDPLUS" in b" ".join(client.capability()[1]).upper():
            # Only this mail: a person may have marked others, to think about them.
            self._expect_ok(client.uid("EXPUNGE", uid))
        else:
            self._expect_ok(client.expunge())

    def _expect_ok(self, answer: tuple[str, list[Any]]) -> None:
        if answer[0] != "OK":
            raise imaplib.IMAP4.error(str(answer[1]))

    async def move(self, uid: str, folder: str) -> None:
        def move() -> None:
            if not self._box.folder.exists(folder):
                self._box.folder.create(folder)
            if self._facts([uid]):
                self._box.copy([uid], folder)
                self._delete(uid)

        await self._call(move)

    # Errors -----------------------------------------------------------------------------------------

    async def _call(self, ask: Callable[[], _Made]) -> _Made:
        place = self._address.place
        try:
            return await blocking(ask, self._hang_up, longest=LONGEST_ANSWER * self._address.timeout)
        except ssl.SSLCertVerificationError as error:
            raise SourceError(
                f"its certificate is not trusted: {error.verify_message or error}",
                place=place,
                hint="ask whoever runs the mailbox to renew it, or add its authority to this machine's",
            ) from error
        except TimeoutError as error:
            raise silence(error, place) from error
        except (OSError, EOFError, imaplib.IMAP4.abort) as error:
            what = redact(" ".join(str(error).split())) or "the server hung up"
            raise PassingTroubleError(f"broke the connection: {what}", place=place) from error
        except (imaplib.IMAP4.error, _imap_tools().ImapToolsError, ValueError) as error:
            raise self._refused(error) from error

    def _refused(self, error: Exception) -> SourceError:
        place, said = self._address.place, redact(" ".join(str(error).split()))[:200]
        if _PASSING.search(said):
            return PassingTroubleError(f"has trouble of its own: {said}", place=place)
        if isinstance(error, _imap_tools().MailboxLoginError):
            hint = "check the user and password of source.auth.basic"
            return SourceError("refuses the login", place=place, hint=hint)
        return SourceError(f"refuses: {said}", place=place)

    def _hang_up(self) -> None:
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def leave(self) -> None:
        self._hang_up()
        with contextlib.suppress(OSError):
            self._socket.close()


def _mailbox(tools: Any, client: imaplib.IMAP4) -> Any:
    class Box(tools.BaseMailBox):  # type: ignore[misc]
        def _get_mailbox_client(self) -> imaplib.IMAP4:
            return client

    return Box()


def _lines(answer: list[Any]) -> list[bytes]:
    """An answer by mail: a literal (in the middle of a line) belongs to the line before."""
    lines: list[list[Any]] = []
    for item in answer:
        head = item[0] if isinstance(item, tuple) else item
        if head is None:
            continue
        if re.match(rb"\d+ \(", head):
            lines.append([item])
        elif lines:
            lines[-1].append(item)
    return [joined(line) for line in lines]


def _facts_of(line: bytes) -> MailFacts | None:
    structure, uid, received = _STRUCTURE.search(line), _UID.search(line), _RECEIVED.search(line)
    if structure is None or uid is None:
        return None
    moment = None
    if received is not None:
        with contextlib.suppress(ValueError):
            moment = datetime.strptime(received[1].decode().strip(), "%d-%b-%Y %H:%M:%S %z").astimezone(UTC)
    try:
        attachments = attachments_of(line[structure.end() :])
    except (ValueError, LookupError):
        attachments = []
    return MailFacts(uid[1].decode(), moment, attachments)


def _quoted(answer: list[Any]) -> bytes:
    """A short part may come as a quoted text instead of a literal."""
    found = re.search(rb'BODY\[[^\]]*\](?:<\d+>)? "((?:[^"\\]|\\.)*)"', joined(answer))
    return re.sub(rb"\\(.)", rb"\1", found[1]) if found else b""


def _imap_tools() -> Any:
    try:
        return importlib.import_module("imap_tools")
    except ImportError as error:
        raise DefinitionError("imap:// needs imap-tools", hint="pip install 'job-pipe[mail]'") from error
