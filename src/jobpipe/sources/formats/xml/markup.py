"""XML's markup as bytes: where a tag ends, what it is called, what it declares.

Made for encodings whose bytes below 0x80 are ASCII.  Everything here also takes what is not well-formed, and
says so, because one wrong tag must not cost the records around it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

SPACE = rb"[ \t\r\n]"
_NAME = rb"[A-Za-z_:\x80-\xff][^ \t\r\n<>/=\"'&;?!]*+"
NAME_AT_TAG = re.compile(rb"<(" + _NAME + rb")")
END_TAG = re.compile(rb"</(" + _NAME + rb")[^<>]*+>")
# Up to the `>` of a start tag, or to what should not be in one.
_INSIDE_TAG = re.compile(rb"(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+")
BRACKET = re.compile(rb"[<>]")
_ATTRIBUTE = re.compile(
    rb"([^ \t\r\n=/<>\"']++)" + SPACE + rb"*+=" + SPACE + rb"*+(?:\"([^\"]*+)\"|'([^']*+)'|([^ \t\r\n\"'<>]++))"
)
DECLARATION = re.compile(rb"<\?xml(?=[ \t\r\n?])[^<>]*+>", re.IGNORECASE)
_DECLARED_ENCODING = re.compile(rb"encoding" + SPACE + rb"*=" + SPACE + rb"*\\?[\"']([A-Za-z0-9._:\-]+)\\?[\"']")


class TagEnd(NamedTuple):
    # Where the tag ends: after its `>`, or at the `<` that comes before one.
    end: int
    # `<job/>`.
    is_empty: bool
    # It is never closed.
    is_broken: bool = False


def end_of_start_tag(data: bytes, start: int, final: bool) -> TagEnd | None:
    """The end of the start tag at `start`; None = the data end before it does, and more may come."""
    stop = _INSIDE_TAG.match(data, start + 1)
    place = stop.end() if stop else start + 1
    if place < len(data) and data[place] == 0x3E:
        return TagEnd(place + 1, data[place - 1] == 0x2F)
    if place < len(data) and data[place] != 0x3C:
        # A quote that is not closed before the next `<`.
        bracket = BRACKET.search(data, place)
        if bracket is not None and bracket[0] == b">":
            if not final and data.find(b"<", place) < 0:
                return None
            return TagEnd(bracket.end(), data[bracket.start() - 1] == 0x2F)
        place = bracket.start() if bracket else len(data)
    if place >= len(data):
        return TagEnd(len(data), False, True) if final else None
    return TagEnd(place, False, True)


def local_name(name: bytes) -> bytes:
    return name.rpartition(b":")[2]


def attributes_of(tag: bytes) -> list[tuple[bytes, bytes]]:
    """(name, value as it is written) of the attributes in a start tag."""
    opened = NAME_AT_TAG.match(tag)
    found = _ATTRIBUTE.finditer(tag, opened.end() if opened else 0)
    return [(one[1], one[2] or one[3] or one[4] or b"") for one in found]


def declared_encoding(head: bytes) -> str | None:
    """What the XML declaration of a document says; junk before it and escaped quotes are no hindrance."""
    declaration = DECLARATION.search(head, 0, 4096)
    found = _DECLARED_ENCODING.search(declaration[0]) if declaration else None
    return found[1].decode("ascii") if found else None
