"""The bytes of a taxonomy's file and its text: within limits, in the encoding that it is in."""

from __future__ import annotations

from pathlib import Path

from jobpipe.errors import DefinitionError, LimitExceededError, Place
from jobpipe.safety.limits import MEGABYTE, show_size
from jobpipe.sources.formats.encodings import codec_of, detect_encoding, is_wide

# A taxonomy is loaded whole: the largest that are published, in all their languages, stay below.
MAX_BYTES = 256 * MEGABYTE
# How files begin that are read as tables by another way.
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_PACKED = {
    b"\x1f\x8b": "a gzip file",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
}
# Control characters that no text has.
_CONTROLS = bytes([*range(0x09), *range(0x0E, 0x1B)])


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
    _refuse_binary(data, shown)
    return data


def _refuse_binary(data: bytes, shown: str) -> None:
    """Workbooks are read elsewhere."""
    head = data[:4096]
    what = next((what for magic, what in _PACKED.items() if head.startswith(magic)), "")
    if what:
        raise DefinitionError(f"the file is {what}", place=Place(source=shown), hint="unpack it first")
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if (
        controls * 20 > len(head)
        and not head.startswith(WORKBOOKS)
        and not is_wide(detect_encoding(head, declared=None).codec)
    ):
        raise DefinitionError(
            "a binary file is no taxonomy", place=Place(source=shown), hint="CSV, JSON, XML and XLSX are read"
        )


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
