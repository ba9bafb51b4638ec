"""Cuts many sound records of an array at once.

What stands between two records and the first name behind it are the same all through most feeds.  The last such
place in the buffer is taken for a boundary, and msgspec, which is twenty times as fast as a regex, is asked
whether all up to there is JSON; only then it was one.
"""

from __future__ import annotations

import re

import msgspec

from jobpipe.sources.formats.json.resynchronising import beginning_of

_FIRST_NAME = re.compile(rb'\{\s{0,200}+"(?:[^"\\]|\\.){1,100}+"\s{0,20}+:', re.DOTALL)
# Boundaries tried: those within the records (a list of objects with the same first name) are passed over.
_MAX_TRIES = 16
_BETWEEN = re.compile(rb"[\s,]*+")
# So much is waited for when there is no boundary in the buffer yet.
_PATIENCE = 256 * 1024
_MAX_PAUSE = 64
_cut = msgspec.json.Decoder(list[msgspec.Raw]).decode


class RecordRuns:
    def __init__(self) -> None:
        # From the last bracket of one record to the first name of the next.
        self._boundary = b""
        # In it, where the next record begins; and what that must look like.
        self._to_record = 0
        self._beginning = re.compile(rb"")
        # Records to be cut one by one, because the last try failed; doubled with each failure.
        self._pause = 0
        self._next_pause = 1

    def learn(self, buffer: bytearray, start: int, end: int) -> None:
        """A record was cut one by one."""
        name = _FIRST_NAME.match(buffer, start)
        before = bytes(buffer[max(0, start - 128) : start])
        place = before.rfind(b"}")
        if name is None:
            self._boundary = b""
        elif place >= 0 and before[place + 1 :].strip(b" \t\r\n") == b",":
            self._boundary = before[place:] + name[0]
            self._to_record = len(before) - place
            self._beginning = beginning_of(bytes(buffer[start : min(end, start + 1024)]))

    def find(self, buffer: bytearray, start: int, *, is_last: bool) -> list[tuple[bytes, int]] | None:
        """Records and where they begin, from this place on; [] = wait for more bytes, None = cut the next one
        by itself."""
        if self._pause:
            self._pause -= 1
            return None
        if not self._boundary:
            return None
        place = self._last_boundary(buffer, start)
        if place < 0:
            return None if is_last or len(buffer) - start > _PATIENCE else []
        try:
            items = _cut(b"[" + memoryview(buffer)[start : place + 1] + b"]")
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            items = []
        if not items:
            self._pause = self._next_pause
            self._next_pause = min(_MAX_PAUSE, self._next_pause * 2)
            return None
        self._next_pause = 1
        return _placed(items, buffer, start)

    def _last_boundary(self, buffer: bytearray, start: int) -> int:
        place = len(buffer)
        for _ in range(_MAX_TRIES):
            place = buffer.rfind(self._boundary, start, place)
            if place < 0 or self._beginning.match(buffer, place + self._to_record):
                break
        return place


def _placed(items: list[msgspec.Raw], buffer: bytearray, start: int) -> list[tuple[bytes, int]]:
    placed: list[tuple[bytes, int]] = []
    for item in items:
        raw = bytes(item)
        placed.append((raw, start))
        between = _BETWEEN.match(buffer, start + len(raw))
        assert between is not None
        start = between.end()
    return placed
