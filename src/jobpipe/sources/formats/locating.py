"""From byte offsets to lines and columns, for messages: what a person looks for in an editor."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

# A line ends with \n, with \r\n, or with a lone \r.
_LINE_END = re.compile(rb"\r\n?|\n")


def locate(chunks: Iterator[bytes], offsets: Iterable[int]) -> dict[int, tuple[int, int]]:
    """The line and the column of each offset, both from 1; columns are counted in bytes.

    Reads as few chunks as will do.  An offset beyond the end, or below 0, is left out.
    """
    wanted = sorted({offset for offset in offsets if offset >= 0}, reverse=True)
    found: dict[int, tuple[int, int]] = {}
    spot = _Spot()
    if not wanted:
        return found
    for chunk in chunks:
        end = spot.offset + len(chunk)
        begin = spot.offset
        while wanted and wanted[-1] < end:
            offset = wanted.pop()
            spot.advance(chunk, spot.offset - begin, offset - begin)
            spot.settle(chunk[offset - begin])
            found[offset] = (spot.line, offset - spot.line_start + 1)
        if not wanted:
            break
        spot.advance(chunk, spot.offset - begin, len(chunk))
    return found


class _Spot:
    """How far the reading is, and where the line began that it is in."""

    def __init__(self) -> None:
        self.offset = 0
        self.line = 1
        self.line_start = 0
        # The last byte read was \r: it ends its line unless a \n follows, which then does.
        self._after_return = False

    def advance(self, chunk: bytes, start: int, end: int) -> None:
        """Reads the chunk from `start`, which is where the reading is, to `end`."""
        if start >= end:
            return
        begin = self.offset - start
        self.settle(chunk[start])
        self.offset = begin + end
        self._after_return = chunk[end - 1] == 0x0D
        if self._after_return:
            end -= 1
        if chunk.count(b"\r", start, end) == chunk.count(b"\r\n", start, end):
            ends = chunk.count(b"\n", start, end)
            last = chunk.rfind(b"\n", start, end) + 1
        else:
            ends, last = 0, 0
            for line_end in _LINE_END.finditer(chunk, start, end):
                ends, last = ends + 1, line_end.end()
        if ends:
            self.line += ends
            self.line_start = begin + last

    def settle(self, following: int) -> None:
        """Takes a look at the next byte."""
        if self._after_return and following != 0x0A:
            self.line += 1
            self.line_start = self.offset
            self._after_return = False
