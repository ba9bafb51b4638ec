"""What every transport is asked for and what it answers: an async stream of bytes and what is known of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Protocol

from jobpipe.definition.logins import Auth


@dataclass(frozen=True, kw_only=True, slots=True)
class Validators:
    """What a server said of a file's version; all empty when it said nothing."""

    etag: str = ""
    last_modified: str = ""

    def __bool__(self) -> bool:
        return bool(self.etag or self.last_modified)


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    # A URL or a path, with its secrets in place: never to be shown.
    location: str
    # user:password
    basic: str | None = field(default=None, repr=False)
    bearer: str | None = field(default=None, repr=False)
    # All that the definition says of logging in, the two above included; the paths of its files are absolute.
    auth: Auth | None = field(default=None, repr=False)
    # Of a mailbox: only mails from this address, whose subject contains this.
    sender: str | None = None
    subject: str | None = None
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    # Of the version that the last finished run read: if the source still has it, nothing is sent.
    validators: Validators = Validators()
    # Bytes that an interrupted run already has; the source is asked to go on from here.
    offset: int = 0
    # The version that those bytes belong to.
    resume: Validators = Validators()
    # Private networks that redirects may lead to.
    allow: tuple[str, ...] = ()
    # Seconds without a byte.
    timeout: float = 60.0
    # Bytes.
    max_bytes: int = 20 * 1024**3


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """What is known of a file before its bytes are read."""

    # The location without secrets, for people.
    shown: str
    # The file's own name, for its format (`offres.xml.gz`).
    name: str
    # The source still has the version of the request's validators: there are no bytes.
    unchanged: bool = False
    validators: Validators = Validators()
    # Bytes of the whole file, where the source says so.
    length: int | None = None
    content_type: str = ""
    charset: str = ""
    # The stream starts at this byte; 0 when the source cannot resume or has another version.
    resumed_from: int = 0
    # The address after redirects, without secrets; "" = it is no address of the web.
    found_at: str = ""


class Transport(Protocol):
    async def open(self, request: Request) -> tuple[Arrival, AsyncIterator[bytes]]:
        """Chunks of any size. The stream raises SourceError when it ends before `length`.

        Closing the iterator (`aclose`) releases the connection.
        """
        ...

    async def list(self, request: Request) -> list[str]:
        """The locations that a pattern stands for; the location itself where it is none."""
        ...
