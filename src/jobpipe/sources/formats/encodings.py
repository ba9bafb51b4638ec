"""Which encoding a document is in: said by somebody, shown by its bytes, or guessed last.

The cascade: the definition's word, the byte order mark, the zero bytes of UTF-16 and UTF-32, the document's
own word, the transport's word, strict UTF-8, and then cp1252, unless its text would not look like one, when
chardet is asked.  A word that the bytes plainly contradict, or that Python does not know, is passed over.
"""

from __future__ import annotations

import codecs
import re
from typing import Literal

import msgspec

# How much of a document is looked at; splitters hold this much back so that the answer does not depend on
# how the document was cut into chunks.
HEAD_BYTES = 64 * 1024

Decider = Literal["definition", "bom", "zero bytes", "document", "transport", "utf-8", "cp1252", "chardet"]


class Encoding(msgspec.Struct, frozen=True):
    """How to read a document, and who said so."""

    # A Python codec, with its byte order where it has one: never `utf-16`, but `utf-16-le`.
    codec: str
    # Bytes of the byte order mark, which are not part of the text.
    bom: int = 0
    by: Decider = "utf-8"


_MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What is meant by a name in practice, where that is more than what it says (as browsers take it, too).
# US-ASCII says nothing: whatever is beyond it is of another encoding.
_MEANT = {
    "utf_8_sig": "utf-8",
    "utf-8-sig": "utf-8",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "ascii": "",
}
# In these a byte below 0x80 may be a part of another character, or stand for another one.
_NOT_ASCII_BY_BYTE = frozenset(
    [
        "big5",
        "big5hkscs",
        "cp932",
        "cp949",
        "cp950",
        "gb18030",
        "gbk",
        "hz",
        "johab",
        "shift_jis",
        "shift_jisx0213",
        "shift_jis_2004",
        "utf-7",
        "iso2022_jp",
        "iso2022_jp_1",
        "iso2022_jp_2",
        "iso2022_jp_2004",
        "iso2022_jp_3",
        "iso2022_jp_ext",
        "iso2022_kr",
    ]
)
# Python's own, which no document is in.
_NOT_OF_DOCUMENTS = frozenset({"idna", "punycode", "unicode-escape", "unicode_escape", "raw-unicode-escape", "mbcs"})
_ASCII = bytes(range(128))
_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH = re.compile(rb"[\x80-\xff]")
# Three bytes beyond ASCII in a row: rare in the languages of cp1252, the rule in Cyrillic, Greek or Japanese.
_HIGH_RUN = re.compile(rb"[\x80-\xff]{3,}")


def detect_encoding(
    head: bytes, *, declared: str | None, in_document: str | None = None, transport: str | None = None
) -> Encoding:
    """The encoding of a document that begins with `head`. Never raises; at most `HEAD_BYTES` are looked at.

    `declared` is the definition's word, `in_document` the document's own (an XML prolog), `transport` the
    one of `Content-Type`; each may be a name that Python does not know.
    """
    head = head[:HEAD_BYTES]
    bom, marked = _mark_of(head)
    wide = marked if is_wide(marked) else _wide_by_zeros(head)
    if (codec := _fitting(declared, head, wide, readable=False)) and (codec == marked or not is_wide(marked)):
        return Encoding(codec, bom, "definition")
    if marked:
        return Encoding(marked, bom, "bom")
    if wide:
        return Encoding(wide, 0, "zero bytes")
    if (codec := _fitting(in_document, head, wide)) and not _is_utf8_after_all(codec, head):
        return Encoding(codec, 0, "document")
    if (codec := _fitting(transport, head, wide)) and not _is_utf8_after_all(codec, head):
        return Encoding(codec, 0, "transport")
    return _by_its_bytes(head)


def codec_of(name: str | None) -> str:
    """The codec that a name means: "" where Python knows no such text encoding, or the name says nothing."""
    try:
        info = codecs.lookup((name or "").strip().strip("\"'\\"))
        b"a".decode(info.name)
    except UnicodeDecodeError:
        pass  # Half a character.
    except (LookupError, ValueError):
        return ""
    if info.name in _NOT_OF_DOCUMENTS:
        return ""
    return _MEANT.get(info.name, info.name)


def is_wide(codec: str) -> bool:
    """UTF-16 or UTF-32."""
    return codec.startswith(("utf-16", "utf-32"))


def is_ascii_by_byte(codec: str) -> bool:
    """Every byte below 0x80 is that character of ASCII: the document can be cut without decoding it."""
    if codec in _NOT_ASCII_BY_BYTE or is_wide(codec):
        return False
    try:
        return _ASCII.decode(codec) == _ASCII.decode("ascii")
    except UnicodeError:
        return False


def _mark_of(head: bytes) -> tuple[int, str]:
    for mark, codec in _MARKS:
        if head.startswith(mark):
            return len(mark), codec
    return 0, ""


def _wide_by_zeros(head: bytes) -> str:
    """UTF-16 or UTF-32 without a mark: text that is mostly ASCII has its zero bytes in one place.

    Whatever its letters are, text of UTF-32 has a zero byte in each, and other bytes are hardly ever valid as such.
    """
    sample = head[:1024]
    if not sample.count(0):
        return ""
    for codec in ("utf-32-le", "utf-32-be"):
        if _can_be(codec, sample):
            return codec
    first, second, third, fourth = (_share_of_zeros(sample[place::4]) for place in range(4))
    if min(second, third, fourth) > 0.7 and first < 0.2:
        return "utf-32-le"
    if min(first, second, third) > 0.7 and fourth < 0.2:
        return "utf-32-be"
    even, odd = _share_of_zeros(sample[::2]), _share_of_zeros(sample[1::2])
    if odd > 0.3 and even < 0.03:
        return "utf-16-le"
    if even > 0.3 and odd < 0.03:
        return "utf-16-be"
    return ""


def _can_be(codec: str, sample: bytes) -> bool:
    """Of UTF-32: at least two characters of a text, and none that is no character."""
    whole = sample[: len(sample) // 4 * 4]
    try:
        return len(whole) >= 8 and "\0" not in whole.decode(codec)
    except UnicodeDecodeError:
        return False


def _share_of_zeros(sample: bytes) -> float:
    return sample.count(0) / len(sample) if sample else 0.0


def _fitting(name: str | None, head: bytes, wide: str, *, readable: bool = True) -> str:
    """The codec of a word, or "" where the width of the characters shows that it is wrong.

    `readable`: wide characters without a trace of it are not believed, whatever the bytes are.
    """
    codec = codec_of(name)
    if not codec or not is_wide(codec):
        return "" if wide else codec
    if wide:
        return wide
    if readable or (not head.count(0) and _is_utf8(head)):
        return ""
    return {"utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(codec, codec)


def _is_utf8_after_all(codec: str, head: bytes) -> bool:
    """A word for a one-byte encoding, and several characters that only UTF-8 writes so."""
    if codec == "utf-8" or not is_ascii_by_byte(codec) or codec.startswith("euc"):
        return False
    return _is_utf8(head) and len(_SEQUENCE.findall(head)) >= 3


def _is_utf8(head: bytes) -> bool:
    """Strictly, up to a character that the end of the head cuts."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _by_its_bytes(head: bytes) -> Encoding:
    if _is_utf8(head):
        return Encoding("utf-8", 0, "utf-8")
    sequences = _SEQUENCE.findall(head)
    high = len(_HIGH.findall(head))
    strays = high - sum(map(len, sequences))
    if len(sequences) >= 3 * strays:
        # UTF-8 with a few wrong bytes, which cost their records at most.
        return Encoding("utf-8", 0, "utf-8")
    in_runs = sum(len(run) for run in _HIGH_RUN.findall(head))
    if in_runs > high * 0.4 and high >= 12 and (codec := _guess(head)):
        return Encoding(codec, 0, "chardet")
    return Encoding("cp1252", 0, "cp1252")


def _guess(head: bytes) -> str:
    import chardet

    return codec_of(chardet.detect(head)["encoding"])
