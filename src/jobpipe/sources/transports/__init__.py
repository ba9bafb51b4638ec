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

# Known, and not there yet.
PLANNED = ("gs", "az")

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(//)?")


def scheme_of(location: str) -> str:
    """`file` for a plain path."""
    found = _SCHEME.match(location)
    if not found:
        return "file"
    scheme = found[1].lower()
    # A colon alone is a part of a file's name, unless what stands before it is known.
    return scheme if found[2] or scheme in TRANSPORTS or scheme in PLANNED else "file"


def transport_for(location: str) -> Transport:
    """The transport that a location asks for. Raises DefinitionError where there is none."""
    scheme = scheme_of(location)
    if scheme in TRANSPORTS:
        module, _, name = TRANSPORTS[scheme].partition(":")
        transport: Transport = getattr(importlib.import_module(module), name)()
        return transport
    if scheme in PLANNED:
        raise DefinitionError(
            f"{redact(location)}: {scheme} is not built yet",
            hint="until it is, fetch the file by other means and name it by its path",
        )
    near = difflib.get_close_matches(scheme, TRANSPORTS, n=1)
    raise DefinitionError(
        f"{redact(location)}: nothing here speaks {scheme}",
        hint=f"did you mean {near[0]}?" if near else f"there is {', '.join(TRANSPORTS)}, and plain paths",
    )
