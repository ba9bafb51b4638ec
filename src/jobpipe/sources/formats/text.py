"""The bytes of a record as UTF-8 or text, also where some of them are not what the document says."""

from __future__ import annotations

import codecs


def in_utf8(raw: bytes, encoding: str) -> bytes:
    """The bytes of a record in UTF-8, without a byte order mark. Raises UnicodeDecodeError."""
    if encoding == "utf-8" or codecs.lookup(encoding).name == "utf-8":
        return raw.removeprefix(codecs.BOM_UTF8)
    return raw.decode(encoding).encode("utf-8")


def decode_mended(raw: bytes, encoding: str) -> tuple[str, bool]:
    """The text, and whether every byte was of the encoding.

    In an encoding whose bytes stand for ASCII's characters, the bytes that are none of it are read as
    cp1252, which is what they are in nearly all feeds; cp1252's five gaps become the control characters of
    Latin-1.  So every byte is kept.  In the others (UTF-16) a byte that cannot be read becomes U+FFFD.
    """
    try:
        return raw.decode(encoding).removeprefix("\ufeff"), True
    except UnicodeDecodeError:
        return raw.decode(encoding, "replace" if is_wide(encoding) else "jobpipe_cp1252").removeprefix("\ufeff"), False


def is_wide(encoding: str) -> bool:
    """A character is more than one byte even where it is ASCII's, so that a wrong byte cannot be placed."""
    return codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return "".join(_character(byte) for byte in wrong), error.end


def _character(byte: int) -> str:
    try:
        return bytes((byte,)).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)


codecs.register_error("jobpipe_cp1252", _as_cp1252)
