"""Finds where one JSON value ends, in a buffer that grows, without reading it.

Strings are passed as a whole and brackets counted, by one regex that runs from bracket to bracket.  On the way
it sees what no JSON has: a string that is followed by no comma, colon or bracket, a bracket closed by the other
kind, an object that begins where a name should stand.  A quote too many or too few is so known within a few
bytes, before it turns the rest of the document inside out.  Comments and last commas are let through.
"""

from __future__ import annotations

import re
from enum import Enum, auto

# First up to quotes that are plainly escaped and one that is plainly not, which is several times as fast as to look
# at every character; then, for what is left (a backslash before the backslash), that.
_TEXT = rb'"(?:(?:[^"]*+(?<=[^\\]\\)")*+[^"]*+(?<!\\)"|[^"\\]*+(?:\\.[^"\\]*+)*+")'
_PLAIN = rb'[^"{}\[\]/]++|/(?=[^/*])'
# Behind a string: all that may follow it.
_AFTER = rb"(?=[,:}\]]|/[/*])"
_IN_ARRAY = rb"%b|%b\s*+(?=[,\]]|/[/*])" % (_PLAIN, _TEXT)
_LEAF_ARRAY = rb"\[(?:%b)*+\]" % _IN_ARRAY
_LEAF_OBJECT = rb"\{(?:%b|%b\s*+%b)*+\}" % (_PLAIN, _TEXT, _AFTER)
# The innermost objects and arrays are passed as a whole where they are all there.
_RUN_IN_OBJECT = re.compile(
    rb"(?:%b|%b\s*+(?::\s*+(?:%b|%b)?+|%b))*+" % (_PLAIN, _TEXT, _LEAF_OBJECT, _LEAF_ARRAY, _AFTER), re.DOTALL
)
_RUN_IN_ARRAY = re.compile(rb"(?:%b|%b|%b)*+" % (_IN_ARRAY, _LEAF_OBJECT, _LEAF_ARRAY), re.DOTALL)
_REST_OF_TEXT = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_SPACE = re.compile(rb"\s*+")
_SCALAR = re.compile(rb'[^\s,:"{}\[\]]*+')

_QUOTE, _SLASH, _OPEN_OBJECT, _OPEN_ARRAY = b'"/{['
_CLOSES = {ord("}"): ord("{"), ord("]"): ord("[")}
_BEFORE_COMMENT = frozenset(b" \t\r\n,{}[]")
_FOLLOWS_IN_OBJECT = frozenset(b",:}]")
_FOLLOWS_IN_ARRAY = frozenset(b",]")
_BEFORE_VALUE = frozenset(b":/")
# No reader goes deeper.
MAX_DEPTH = 1000


class Found(Enum):
    # More bytes are needed.
    MORE = auto()
    # `position` is behind the value.
    END = auto()
    # `position` is at what no JSON has, or at what is nested too deeply.
    BROKEN = auto()


class ValueScan:
    """The scan of one value that begins at `position`; `is_strict` = stop at what no JSON has."""

    __slots__ = ("_is_in_text", "_open", "_text_at", "is_strict", "position", "start")

    def __init__(self, start: int, *, is_strict: bool, within: bytes = b"") -> None:
        self.start = self.position = start
        self.is_strict = is_strict
        # The brackets that are open, outermost first; with some of them given, the value is what is left.
        self._open = bytearray(within)
        # Within a string, which was looked through up to `_text_at`.
        self._is_in_text = False
        self._text_at = 0

    def move(self, dropped: int) -> None:
        """Bytes were taken from the front of the buffer."""
        self.start -= dropped
        self.position -= dropped
        self._text_at -= dropped

    def advance(self, buffer: bytearray, *, is_last: bool) -> Found:
        if not self._open and not self._is_in_text and (found := self._begin(buffer, is_last=is_last)) is not None:
            return found
        while True:
            found = self._pass_text(buffer) if self._is_in_text else self._run(buffer)
            if found is not None:
                return found

    @property
    def needed_from(self) -> int:
        """The bytes before it are not looked at again."""
        return self._text_at if self._is_in_text else self.position

    def _run(self, buffer: bytearray) -> Found | None:
        run = _RUN_IN_OBJECT if self._open and self._open[-1] == _OPEN_OBJECT else _RUN_IN_ARRAY
        matched = run.match(buffer, self.position)
        assert matched is not None
        self.position = matched.end()
        return Found.MORE if self.position >= len(buffer) else self._step(buffer)

    def _begin(self, buffer: bytearray, *, is_last: bool) -> Found | None:
        if self.position >= len(buffer):
            return Found.MORE
        first = buffer[self.position]
        if first in (_OPEN_OBJECT, _OPEN_ARRAY):
            self._open.append(first)
            self.position += 1
            return None
        if first == _QUOTE:
            self._is_in_text, self._text_at = True, self.position + 1
            return None
        matched = _SCALAR.match(buffer, self.position)
        assert matched is not None
        if matched.end() == len(buffer) and not is_last:
            return Found.MORE
        # A stray character is passed, so that there is always progress.
        self.position = max(matched.end(), self.position + 1)
        return Found.END

    def _step(self, buffer: bytearray) -> Found | None:
        """Past one thing that the run stopped at; None = go on."""
        byte = buffer[self.position]
        if byte == _QUOTE:
            return self._pass_text(buffer)
        if byte == _SLASH:
            return self._pass_comment(buffer)
        if byte in (_OPEN_OBJECT, _OPEN_ARRAY):
            if len(self._open) >= MAX_DEPTH:
                return Found.BROKEN
            if self.is_strict and self._open[-1] == _OPEN_OBJECT and not self._is_at_value(buffer):
                return Found.BROKEN
            self._open.append(byte)
            self.position += 1
            return None
        if self._open[-1] != _CLOSES[byte]:
            if self.is_strict:
                return Found.BROKEN
            self.position += 1
            return None
        self._open.pop()
        self.position += 1
        return None if self._open else Found.END

    def _pass_text(self, buffer: bytearray) -> Found | None:
        if not self._is_in_text:
            self._is_in_text, self._text_at = True, self.position + 1
        matched = _REST_OF_TEXT.match(buffer, self._text_at)
        assert matched is not None
        self._text_at = matched.end()
        if self._text_at >= len(buffer) or buffer[self._text_at] != _QUOTE:
            return Found.MORE
        if not self._open:
            self.position, self._is_in_text = self._text_at + 1, False
            return Found.END
        behind = _SPACE.match(buffer, self._text_at + 1)
        assert behind is not None
        follows = self._may_follow(buffer, behind.end())
        if follows is None:
            return Found.MORE
        if not follows and self.is_strict:
            return Found.BROKEN
        self.position, self._is_in_text = self._text_at + 1, False
        return None

    def _may_follow(self, buffer: bytearray, place: int) -> bool | None:
        """Whether this may stand behind a string; None = it is not there yet."""
        if place >= len(buffer):
            return None
        byte = buffer[place]
        if byte == _SLASH:
            return buffer[place + 1] in b"/*" if place + 1 < len(buffer) else None
        return byte in (_FOLLOWS_IN_OBJECT if self._open[-1] == _OPEN_OBJECT else _FOLLOWS_IN_ARRAY)

    def _pass_comment(self, buffer: bytearray) -> Found | None:
        end = end_of_comment(buffer, self.position, self.start)
        if end < 0:
            return Found.MORE
        self.position = end
        return None

    def _is_at_value(self, buffer: bytearray) -> bool:
        before = buffer[max(self.start, self.position - 256) : self.position].rstrip()
        return not before or before[-1] in _BEFORE_VALUE


def end_of_comment(buffer: bytearray, place: int, start: int = 0) -> int:
    """Behind the comment that begins at this slash, or behind the slash where none does; -1 = not there yet."""
    kind = buffer[place + 1 : place + 2]
    if not kind:
        return -1
    if kind == b"*":
        end = buffer.find(b"*/", place + 2)
        return end + 2 if end >= 0 else -1
    # `http://…` without its quotes is no comment.
    if kind == b"/" and (place == start or buffer[place - 1] in _BEFORE_COMMENT):
        end = buffer.find(b"\n", place + 2)
        return end + 1 if end >= 0 else -1
    return place + 1


def end_of_value(buffer: bytearray, start: int) -> int:
    """Behind the value that begins here; -1 = it is cut off. Forgives what a reader would not."""
    scan = ValueScan(start, is_strict=False)
    return scan.position if scan.advance(buffer, is_last=True) is Found.END else -1
