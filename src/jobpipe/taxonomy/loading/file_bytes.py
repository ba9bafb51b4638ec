"""The bytes of a taxonomy's file and its text: within limits, in the encoding that it is in."""

from __future__ import annotations

from pathlib import Path

from jobpipe.errors import DefinitionError, LimitExceededError, Place
from jobpipe.safety.limits import MEGABYTE, show_size
from jobpipe.sources.formats.encodings import codec_of, detect_encoding

# A taxonomy is loaded whole: the largest that are published, in all their languages, stay below.
MAX_BYTES = 256 * MEGABYTE


def read_bytes(path: Path, shown: str) -> bytes:
    """Raises DefinitionError where it cannot be read or is empty, LimitExceededError where it is too large."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise LimitExceededError(
                f"a file of {show_size(size)}; a taxonomy has at most {show_size(MAX_BYTES)}",
                place=Place(source=shown),
                hint="keep its codes and labels, and leave out what else it says",
            )
        data = path.read_bytes()
    except OSError as error:
        raise DefinitionError(f"the file cannot be read: {error.strerror}", place=Place(source=shown)) from error
    if not data.strip(b"\x00 \t\r\n\xef\xbb\xbf\xfe\xff"):
        raise DefinitionError("the file is empty", place=Place(source=shown), hint="a taxonomy has codes and labels")
    return data


def text_of(data: bytes, shown: str, encoding: str) -> tuple[str, str]:
    """(text, codec). Raises DefinitionError with the line that is not in the encoding."""
    if encoding and not codec_of(encoding):
        raise DefinitionError(f"there is no encoding {encoding!r}", hint="such as utf-8, cp1252 or iso-8859-15")
    found = detect_encoding(data, declared=encoding or None)
    body = data[found.bom :]
    try:
        return body.decode(found.codec), found.codec
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise DefinitionError(
            f"the file is not {found.codec}: byte {error.object[error.start]:#04x} is no character of it",
            place=Place(source=shown, line=line),
            hint="name the encoding that it is in (--encoding cp1252), or save it as UTF-8",
        ) from error
