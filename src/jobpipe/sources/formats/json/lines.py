"""JSON lines: one object a line, whatever else the lines hold."""

from __future__ import annotations

import json

import msgspec

from jobpipe.errors import LimitExceededError, Place
from jobpipe.safety.limits import show_size
from jobpipe.sources.formats.document_bytes import OffsetOf
from jobpipe.sources.formats.json.walking import Cut

_BLANK = b" \t\r\x00\x1e\x0b\x0c"
# Lines looked at to tell them from a document of several lines.
_MAX_LINES = 20


def are_lines(head: bytes, *, is_whole: bool, is_told: bool) -> bool:
    """Whether the document is JSON lines.  `is_whole`: the head is all of it; `is_told`: its name or the definition
    says so, so that one line is enough."""
    lines = [line.strip(_BLANK) for line in head.split(b"\n")]
    if not is_whole:
        # The last one may go on.
        lines = lines[:-1]
    lines = [line for line in lines if line][:_MAX_LINES]
    if not lines:
        return is_told and head.lstrip()[:1] == b"{"
    if not lines[0].startswith(b"{"):
        return is_told and not lines[0].startswith(b"[") and any(map(is_object, lines))
    whole = [is_object(line) for line in lines]
    if is_told:
        # An object over several lines has no line that is one.
        return whole[0] or sum(whole) * 2 > len(whole) or len(lines) == 1
    if whole[0]:
        return len(lines) > 1 and lines[1].startswith(b"{")
    return len(lines) > 2 and whole[1] and whole[2] and not lines[0].endswith((b"[", b"{", b","))


def is_object(line: bytes) -> bool:
    """Whether it is a JSON object, as a reader would take it."""
    if not line.startswith(b"{"):
        return False
    try:
        msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        try:
            return isinstance(json.loads(line.decode("utf-8", "replace"), strict=False), dict)
        except (ValueError, RecursionError):
            return False
    return True


class JsonLines:
    def __init__(self, max_record_bytes: int, name: str, offset_of: OffsetOf) -> None:
        self._limit = max_record_bytes
        self._name = name
        self._offset_of = offset_of
        # Pieces of the line that is not whole yet, and where it begins.
        self._open: list[bytes] = []
        self._open_bytes = 0
        self._base = 0
        self._lines = 0
        self._why = ""
        self.records = 0

    def take(self, piece: bytes) -> list[Cut]:
        first, *rest = piece.split(b"\n")
        self._open.append(first)
        self._open_bytes += len(first)
        if not rest:
            self._check(self._open_bytes, self._base)
            return []
        cut: list[Cut] = []
        self._take_line(b"".join(self._open), cut)
        last = rest.pop()
        for line in rest:
            self._take_line(line, cut)
        self._open, self._open_bytes = [last], len(last)
        self._check(self._open_bytes, self._base)
        return cut

    def finish(self) -> list[Cut]:
        line = b"".join(self._open)
        cut: list[Cut] = []
        self._open, self._open_bytes = [], 0
        if line.strip(_BLANK) and not is_object(line.strip(_BLANK)):
            self._why = f"the document is cut off in record {self.records + 1:,}: its last line is no whole object"
        else:
            self._take_line(line, cut)
        return cut

    @property
    def position(self) -> int:
        return self._base

    def missing(self) -> str:
        return self._why

    def _take_line(self, line: bytes, cut: list[Cut]) -> None:
        start = self._base
        self._base += len(line) + 1
        self._lines += 1
        raw = line.strip(_BLANK)
        if not raw:
            return
        start += len(line) - len(line.lstrip(_BLANK)) if raw is not line else 0
        self._check(len(raw), start)
        flaw = "" if raw.startswith(b"{") else f"line {self._lines:,} is no JSON object"
        self.records += 1
        cut.append(Cut(raw, start, flaw, ()))

    def _check(self, size: int, start: int) -> None:
        if size > self._limit:
            offset = self._offset_of(start)
            raise LimitExceededError(
                f"record {self.records + 1:,} at byte {offset:,} is larger than {show_size(self._limit)}",
                place=Place(source=self._name, offset=offset),
                hint="raise limits.record where records are honestly so large",
            )
