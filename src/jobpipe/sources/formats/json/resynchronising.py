"""Finds the next record behind one that is broken, by what the sound ones begin with."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from jobpipe.sources.formats.json.scanning import Found, ValueScan

# A boundary is only believed when this many bytes behind it are there, so that it is the first in the document
# whatever the chunks are.
LOOKAHEAD = 2048
# Behind a broken place, so much is searched for the whole signature before the first name alone will do.
STRICT_BYTES = 256 * 1024
_MAX_CANDIDATES = 50
_BEGINNING = re.compile(
    rb'\{\s{0,200}+("(?:[^"\\]|\\.){1,100}+")\s{0,20}+:'
    rb'(?:\s{0,200}+(?:"(?:[^"\\]|\\.){0,300}+"|[^\s",{}\[\]]{1,40}+)\s{0,200}+,\s{0,200}+("(?:[^"\\]|\\.){1,100}+")\s{0,20}+:)?',
    re.DOTALL,
)
_SIMPLE_VALUE = rb'\s{0,200}+(?:"(?:[^"\\]|\\.){0,300}+"|[^\s",{}\[\]]{1,40}+)\s{0,200}+,\s{0,200}+'
_END_OF_ARRAY = re.compile(rb"\]")


class Signature:
    """What a record begins with: its indentation where it has one, its first name, and the second where it follows
    a simple value."""

    def __init__(self, record: bytes, indentation: bytes, *, is_item: bool) -> None:
        names = _names_of(record)
        self.is_known = bool(names)
        before = rb"\s{0,200}+" if not indentation else rb"\s{0,200}?" + re.escape(indentation)
        self._strict = _boundary(before, names, is_item)
        self._beginning = re.compile(_beginning(names), re.DOTALL)
        self._loose = _boundary(rb"\s{0,200}+", names[:1], is_item)

    def find(self, buffer: bytearray, start: int, end: int) -> re.Match[bytes] | None:
        """A boundary of which all is there, and that ends before `end`."""
        found = self._strict.search(buffer, start, end + LOOKAHEAD) if self.is_known else None
        return found if found and found.end() <= min(end, len(buffer) - LOOKAHEAD) else None

    def find_loosely(self, buffer: bytearray, start: int) -> re.Match[bytes] | None:
        found = self._loose.search(buffer, start) if self.is_known else None
        return found if found and found.end() <= len(buffer) - LOOKAHEAD else None

    def is_strictly_at(self, buffer: bytearray, start: int) -> bool:
        """Whether what begins here begins like the sound records."""
        return self._beginning.match(buffer, start) is not None

    def candidates(self, buffer: bytearray, start: int, strict_start: int) -> Iterator[tuple[int, int]]:
        """Where the broken record may end and the next one begin, in a document that is all there.  Nothing is
        like the sound records before `strict_start`."""
        starts = ((self._strict, strict_start), (self._loose, start)) if self.is_known else ()
        for pattern, begin in starts:
            for found in itertools.islice(pattern.finditer(buffer, begin), _MAX_CANDIDATES):
                yield end_of_broken(found), found.end()


def end_of_broken(boundary: re.Match[bytes]) -> int:
    """The broken record keeps its closing bracket where it has one."""
    return boundary.start() + (1 if boundary[0].startswith(b"}") else 0)


def indentation_before(buffer: bytearray, start: int) -> bytes:
    """The line break and the spaces before a record; b"" where it does not begin a line."""
    before = bytes(buffer[max(0, start - 128) : start])
    spaces = before[len(before.rstrip(b" \t")) :]
    return b"\n" + spaces if before.endswith(b"\n" + spaces) else b""


def ends_of_array(buffer: bytearray, start: int) -> Iterator[int]:
    """Where the array of the records may end, from the last place backwards."""
    place = len(buffer)
    for _ in range(_MAX_CANDIDATES):
        place = buffer.rfind(b"]", start, place)
        if place < 0:
            return
        yield place


def closes_document(buffer: bytearray, start: int, within: bytes) -> bool:
    """Whether all from here on is sound and ends the document; `within` are the brackets that are open."""
    scan = ValueScan(start, is_strict=True, within=within)
    return scan.advance(buffer, is_last=True) is Found.END and not buffer[scan.position :].strip()


def beginning_of(record: bytes) -> re.Pattern[bytes]:
    """What the records begin with, by this one."""
    return re.compile(_beginning(_names_of(record)), re.DOTALL)


def _names_of(record: bytes) -> list[bytes]:
    """The first name of a record, and the second where it follows a simple value."""
    found = _BEGINNING.match(record)
    return [name for name in found.groups() if name] if found else []


def _beginning(names: list[bytes]) -> bytes:
    pattern = rb"\{\s{0,200}+"
    if names:
        pattern += re.escape(names[0]) + rb"\s{0,20}+:"
    if len(names) > 1:
        pattern += _SIMPLE_VALUE + re.escape(names[1]) + rb"\s{0,20}+:"
    return pattern


def _boundary(before: bytes, names: list[bytes], is_item: bool) -> re.Pattern[bytes]:
    ahead = rb"(?:\}(?:\s{0,200}+,)?|,)" if is_item else rb":"
    return re.compile(rb"%b%b(?=%b)" % (ahead, before, _beginning(names)), re.DOTALL)
