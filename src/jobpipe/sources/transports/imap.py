"""A mailbox: `imaps://host/INBOX/offers*.csv` stands for the attachments of that name of the mails in a folder.

`files.sender` and `files.subject` say of which mails. Reading leaves a mail as it is, unread or not. One attachment is
`imaps://host/INBOX/offers.csv;mail=UIDVALIDITY.UID.SECTION`: it can never change.
"""

from __future__ import annotations

import base64
import dataclasses
import quopri
import re
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from urllib.parse import quote, unquote

from jobpipe.errors import Place, SourceError
from jobpipe.safety.network import NetworkGuard, Resolve, resolve
from jobpipe.safety.secrets import redact
from jobpipe.sources.hosts import host_of
from jobpipe.sources.transports.drop import DroppedFile, locations_of, login_of, matches, parts_of
from jobpipe.sources.transports.imap_session import Address, ImapConnection, MailFacts, connected
from jobpipe.sources.transports.patience import Patience
from jobpipe.sources.transports.resuming import Download, OpenFile, tried
from jobpipe.sources.transports.transport import Arrival, Request, Validators

# Bytes asked for at once.
CHUNK = 512 * 1024
_MAIL = re.compile(r"(?P<name>.*);mail=(?P<validity>\d+)\.(?P<uid>\d+)\.(?P<section>\d+(?:\.\d+)*)", re.DOTALL)


class ImapTransport:
    """`imap://` and `imaps://`, with imap-tools (the extra `mail`) on a thread."""

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
        """Raises SourceError where the attachment cannot be had, DefinitionError without the extra."""
        if _MAIL.fullmatch(_last(request)) is None:
            locations = await self.list(request)
            request = _at(request, locations[-1])
        address = self._address(request)

        @asynccontextmanager
        async def opened() -> AsyncIterator[OpenFile]:
            async with connected(address) as connection:
                yield await _Attachment.opened(connection, _last(request), address.place)

        download = Download(request, opened, address.place, self._patience)
        return await download.begin(), download

    async def list(self, request: Request) -> list[str]:
        """Raises SourceError where no mail has such an attachment."""
        if _MAIL.fullmatch(_last(request)):
            return [request.location]
        return await locations_of(self, request)

    async def look(self, request: Request) -> Sequence[DroppedFile]:
        address = self._address(request)

        async def ask() -> Sequence[DroppedFile]:
            async with connected(address) as connection:
                await connection.select(readonly=True)
                return _files_of(await connection.mails(request.sender, request.subject), connection.validity, request)
            raise AssertionError("unreachable")

        return await tried(ask, self._patience)

    async def remove(self, request: Request) -> bool:
        """The whole mail; another attachment of it may have taken it away already."""
        return await self._put_away(request, None)

    async def move(self, request: Request, folder: str) -> bool:
        """The whole mail, to a folder of the mailbox."""
        return await self._put_away(request, folder.strip("/"))

    async def _put_away(self, request: Request, folder: str | None) -> bool:
        found = _MAIL.fullmatch(_last(request))
        if found is None:
            return False
        async with connected(self._address(request)) as connection:
            await connection.select(readonly=False)
            if connection.validity != int(found["validity"]):
                return False
            if folder is None:
                await connection.delete(found["uid"])
            else:
                await connection.move(found["uid"], folder)
        return True

    def _address(self, request: Request) -> Address:
        parts = parts_of(request.location)
        is_secure = parts.scheme.lower() == "imaps"
        folder = unquote(parts.path[1:].rpartition("/")[0]) or "INBOX"
        user, password = login_of(request, parts)
        place = Place(source=redact(request.location))
        if not user:
            raise SourceError("needs a login", place=place, hint="give source.auth.basic: ${USER}:${PASSWORD}")
        host = parts.hostname or ""
        return Address(
            place=place,
            server=host_of(parts.geturl()),
            host=host,
            port=parts.port or (993 if is_secure else 143),
            folder=folder,
            user=user,
            password=password,
            context=self._context() if is_secure else None,
            guard=NetworkGuard.naming([host], self._resolve, allow=request.allow),
            timeout=request.timeout,
        )


class _Attachment:
    """One attachment over one connection: it is decoded here, so it is always read from its beginning."""

    can_resume = True
    # The length is known of the encoded text only.
    length: int | None = None

    def __init__(self, connection: ImapConnection, name: str, uid: str, section: str, encoding: str) -> None:
        self._connection = connection
        self._uid = uid
        self._section = section
        self._encoding = encoding
        self.name = name
        self.validators = Validators(etag=f'"{connection.validity}-{uid}-{section}"')

    @classmethod
    async def opened(cls, connection: ImapConnection, name: str, place: Place) -> _Attachment:
        found = _MAIL.fullmatch(name)
        assert found is not None
        await connection.select(readonly=True)
        facts = await connection.mail(found["uid"]) if connection.validity == int(found["validity"]) else None
        attachments = facts.attachments if facts is not None else []
        wanted = next((one for one in attachments if one.section == found["section"]), None)
        if wanted is None:
            raise SourceError("is not there any more", place=place, hint="the mail was deleted or moved meanwhile")
        return cls(connection, wanted.name, found["uid"], wanted.section, wanted.encoding)

    async def chunks(self, offset: int) -> AsyncIterator[bytes]:
        decoder = _Decoder(self._encoding)
        begin, passed = 0, 0
        while True:
            text = await self._connection.fetch_section(self._uid, self._section, begin, CHUNK)
            begin += len(text)
            made = decoder.feed(text) if len(text) == CHUNK else decoder.feed(text) + decoder.close()
            fresh = made[max(0, offset - passed) :]
            passed += len(made)
            if fresh:
                yield fresh
            if len(text) < CHUNK:
                return

    async def version_now(self) -> Validators:
        """A mail never changes."""
        return self.validators


class _Decoder:
    """A body's transfer encoding, taken off piece by piece."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._rest = b""

    def feed(self, text: bytes) -> bytes:
        if self._encoding == "base64":
            letters = self._rest + re.sub(rb"[^A-Za-z0-9+/=]", b"", text)
            whole = len(letters) - len(letters) % 4
            self._rest = letters[whole:]
            return base64.b64decode(letters[:whole])
        if self._encoding == "quoted-printable":
            lines = self._rest + text
            whole = lines.rfind(b"\n") + 1
            self._rest = lines[whole:]
            return quopri.decodestring(lines[:whole])
        return text

    def close(self) -> bytes:
        rest, self._rest = self._rest, b""
        if self._encoding == "base64":
            return base64.b64decode(rest + b"=" * (-len(rest) % 4)) if len(rest) > 1 else b""
        return quopri.decodestring(rest) if self._encoding == "quoted-printable" else b""


def _files_of(mails: list[MailFacts], validity: int, request: Request) -> list[DroppedFile]:
    """The oldest mail first."""
    head = request.location.rpartition("/")[0]
    wanted = _last(request)
    one = _MAIL.fullmatch(wanted)
    found: list[DroppedFile] = []
    for mail in mails:
        for attachment in mail.attachments:
            key = f"{validity}.{mail.uid}.{attachment.section}"
            if one is not None:
                if key != wanted.rpartition("=")[2]:
                    continue
            elif not matches(attachment.name.lower(), wanted.lower()):
                continue
            location = f"{head}/{quote(attachment.name)};mail={key}"
            found.append(_dropped(location, attachment.name, attachment.size, mail.received))
    return found


def _dropped(location: str, name: str, size: int, received: datetime | None) -> DroppedFile:
    return DroppedFile(location=location, name=name, size=size, modified=received)


def _last(request: Request) -> str:
    """The name of an attachment, or the pattern for it; every one where none is given."""
    path = parts_of(request.location).path.replace("%3F", "?").replace("%23", "#")
    return unquote(path.rpartition("/")[2]) or "*"


def _at(request: Request, location: str) -> Request:
    return dataclasses.replace(request, location=location)
