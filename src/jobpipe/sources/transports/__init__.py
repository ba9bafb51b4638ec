"""Where bytes come from: one file a kind of place, found by the scheme of a location."""

from __future__ import annotations

import difflib
import importlib
import re

from jobpipe.errors import DefinitionError
from jobpipe.safety.secrets import redact
from jobpipe.sources.transports.transport import Transport

# A scheme, and the transport that speaks it; imported when it is first needed.
TRANSPORTS = {
    "file": "jobpipe.sources.transports.file:FileTransport",
    "http": "jobpipe.sources.transports.http:HttpTransport",
    "https": "jobpipe.sources.transports.http:HttpTransport",
    "ftp": "jobpipe.sources.transports.ftp:FtpTransport",
    "ftps": "jobpipe.sources.transports.ftp:FtpTransport",
    "sftp": "jobpipe.sources.transports.sftp:SftpTransport",
    "s3": "jobpipe.sources.transports.s3:S3Transport",
    "imap": "jobpipe.sources.transports.imap:ImapTransport",
    "imaps": "jobpipe.sources.transports.imap:ImapTransport",
}

# Known, and not spoken here: what to write instead.
_INSTEAD = {
    "gs": "Google's stores speak S3 as well: s3://bucket/… with an HMAC key and the endpoint "
    "https://storage.googleapis.com in source.auth.store",
    "az": "a storage account of Azure can be opened by SFTP: sftp://…",
}

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(//)?")


def scheme_of(location: str) -> str:
    """`file` for a plain path."""
    found = _SCHEME.match(location)
    if not found:
        return "file"
    scheme = found[1].lower()
    # A colon alone is a part of a file's name, unless what stands before it is known.
    return scheme if found[2] or scheme in TRANSPORTS or scheme in _INSTEAD else "file"


def transport_for(location: str) -> Transport:
    """The transport that a location asks for. Raises DefinitionError where there is none."""
    scheme = scheme_of(location)
    if scheme in TRANSPORTS:
        module, _, name = TRANSPORTS[scheme].partition(":")
        transport: Transport = getattr(importlib.import_module(module), name)()
        return transport
    if scheme in _INSTEAD:
        raise DefinitionError(
            f"{redact(location)}: of the stores only S3-compatible ones are read", hint=_INSTEAD[scheme]
        )
    near = difflib.get_close_matches(scheme, TRANSPORTS, n=1)
    raise DefinitionError(
        f"{redact(location)}: nothing here speaks {scheme}",
        hint=f"did you mean {near[0]}?" if near else f"there is {', '.join(TRANSPORTS)}, and plain paths",
    )
