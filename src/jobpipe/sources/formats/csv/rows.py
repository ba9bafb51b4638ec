"""Cuts a CSV file into rows at the line ends outside quotes, without parting the cells."""

from __future__ import annotations

import re
from typing import NamedTuple

from jobpipe.errors import LimitExceededError, Place
from jobpipe.safety.limits import show_size
from jobpipe.sources.formats.csv.dialect import cells_of
from jobpipe.sources.formats.document_bytes import OffsetOf
from jobpipe.sources.record import CsvDialect

# A quote that is not closed within so much was never meant to be: its line is broken, and the next one begins
# a row again.
MAX_OPEN_LINES = 1000
MAX_OPEN_BYTES = 1024 * 1024
# Where quotes are left open again and again, less is waited for.
_LEAST_OPEN_LINES = 16
UNCLOSED = "a quote in this row is never closed"
# What is not whole yet is looked at again when it has grown by half, from this size on.
_SMALL = 64 * 1024
_WAIT, _GIVE_UP, _CUT = -1, -2, -3


class Row(NamedTuple):
    # Without its line end.
    raw: bytes
    # Of its first byte in what was cut.
    position: int
    flaw: str = ""


class RowCutter:
    """`take` gives the rows that a piece completes; blank ones and comments are left out."""

    def __init__(
        self,
        dialect: CsvDialect,
        encoding: str,
        *,
        line_end: bytes = b"\n",
        skip_lines: int = 0,
        comment: str | None = None,
        limit: int,
        name: str,
        offset_of: OffsetOf,
    ) -> None:
        """`line_end` is `\\n` or `\\r`; `limit` is that of one row, in bytes."""
        self._dialect = dialect
        self._encoding = encoding
        self._line_end = line_end
        self._to_skip = skip_lines
        self._comment = comment.encode(encoding, "replace") if comment else b""
        self._limit = limit
        self._name = name
        self._offset_of = offset_of
        delimiter = dialect.delimiter.encode(encoding)
        self._quote = dialect.quote.encode(encoding)
        self._blank = b" \t\r\x00" + delimiter + self._quote
        self._line, self._row = _patterns(delimiter, self._quote, dialect.escape.encode(encoding))
        # What is not cut yet, where it begins, and how much of it is worth a look.
        self._held: list[bytes] = []
        self._size = 0
        self._position = 0
        self._wanted = 0
        self._most_lines = MAX_OPEN_LINES
        # The last row was given without a line end behind it.
        self.is_last_unended = False
        # Where the row begins that the end of the file cuts within a quote; -1 = none.
        self.cut_at = -1

    @property
    def position(self) -> int:
        """Before it, nothing is needed any more."""
        return self._position

    def take(self, piece: bytes) -> list[Row]:
        self._held.append(piece)
        self._size += len(piece)
        if self._size < min(self._wanted, self._limit):
            return []
        return self._cut_held(0, is_last=False)

    def finish(self, columns: int) -> list[Row]:
        """The rest, at the end of the file; `columns` is how many cells a row should have, 0 = not known."""
        return self._cut_held(columns, is_last=True)

    def _cut_held(self, columns: int, *, is_last: bool) -> list[Row]:
        text = self._held[0] if len(self._held) == 1 else b"".join(self._held)
        rows, used = self._cut(text, columns, is_last=is_last)
        rest = text[used:]
        self._held, self._size = [rest], len(rest)
        self._position += used
        self._check(len(rest), self._position)
        self._wanted = len(rest) + len(rest) // 2 if len(rest) > _SMALL else 0
        return rows

    def _cut(self, text: bytes, columns: int, *, is_last: bool) -> tuple[list[Row], int]:
        """The rows, and how many bytes of the text are done with."""
        rows: list[Row] = []
        quote, blank = self._quote, self._blank
        base, start, size = self._position, 0, len(text)
        while start < size:
            end = text.find(self._line_end, start)
            if end < 0:
                if not is_last:
                    break
                end = size
            line, after, flaw = text[start:end], end + 1, ""
            if (place := line.find(b"\r")) >= 0:
                # Before a line feed it belongs to that; a lone one ends a line, too.
                after = after if start + place + 1 == end < size else start + place + 1
                line = line[:place]
            if (self._to_skip or self._comment) and self._is_no_data(line):
                line = b""
            elif quote and quote in line and not self._line.fullmatch(line):
                end = self._end_of_row(text, start, columns, is_last=is_last)
                if end < 0 and end != _GIVE_UP:
                    self.cut_at = base + start if end == _CUT else -1
                    return rows, size if end == _CUT else start
                if end == _GIVE_UP:
                    flaw = UNCLOSED
                else:
                    line, after = text[start:end], end + (2 if text.startswith(b"\r\n", end) else 1)
            if flaw or line.strip(blank):
                self._check(len(line), base + start)
                rows.append(Row(line, base + start, flaw))
                self.is_last_unended = after > size
            start = after
        return rows, min(start, size)

    def _is_no_data(self, line: bytes) -> bool:
        if self._to_skip:
            self._to_skip -= 1
            return True
        return bool(self._comment) and line.startswith(self._comment)

    def _end_of_row(self, text: bytes, start: int, columns: int, *, is_last: bool) -> int:
        """Of a row whose first line leaves a quote open; or _WAIT for more, _GIVE_UP, _CUT off by the end."""
        found = self._row.match(text, start, self._farthest_end(text, start))
        assert found is not None
        end = found.end()
        is_closed = end < len(text) and text[end] in b"\r\n"
        if self._is_too_long(text, start, end if is_closed else len(text)):
            self._most_lines = max(_LEAST_OPEN_LINES, self._most_lines // 2)
            return _GIVE_UP
        if not is_last:
            # Half of a pair may be all that is there of the line end.
            is_whole = is_closed and (end + 1 < len(text) or text[end] == ord("\n"))
            return end if is_whole else _WAIT
        if is_closed or end == len(text):
            return end
        return _GIVE_UP if self._is_unclosed(text[start:], columns) else _CUT

    def _farthest_end(self, text: bytes, start: int) -> int:
        """Behind it, a row is too long at any rate: where many are, nobody looks farther."""
        end = len(text)
        if self._most_lines < MAX_OPEN_LINES:
            place = start
            for _ in range(self._most_lines + 2):
                place = text.find(self._line_end, place) + 1
                if not place:
                    return end
            end = place
        return end

    def _is_too_long(self, text: bytes, start: int, end: int) -> bool:
        lines = text.count(self._line_end, start, end)
        return lines > self._most_lines or (lines > 0 and end - start > MAX_OPEN_BYTES)

    def _is_unclosed(self, text: bytes, columns: int) -> bool:
        """Whether a quote too many stands in the open row, and not the end of the file in the middle of a cell:
        then most of the lines behind it are rows of their own."""
        lines = [line.rstrip(b"\r\n") for line in text.split(self._line_end)[1:]]
        lines = [line for line in lines if line.strip(self._blank)]
        whole = [line for line in lines if self._quote not in line or self._line.fullmatch(line)]
        fitting = sum(len(cells_of(line.decode(self._encoding, "replace"), self._dialect)) == columns for line in whole)
        return columns > 1 and fitting > 0 and fitting * 2 >= len(lines)

    def _check(self, size: int, start: int) -> None:
        if size > self._limit:
            offset = self._offset_of(start)
            raise LimitExceededError(
                f"the row that begins at byte {offset:,} is larger than {show_size(self._limit)}",
                place=Place(source=self._name, offset=offset),
                hint="raise limits.record where rows are honestly so large, or check csv.quote",
            )


def _patterns(delimiter: bytes, quote: bytes, escape: bytes) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """Of a line that leaves no quote open, and of a row of several lines.

    A quote opens a cell only at its beginning; what follows the closing one belongs to the cell.
    """
    d, q, e = re.escape(delimiter), re.escape(quote or b'"'), re.escape(escape)
    within = rb"(?:[^%b%b]++|%b.)*+" % (q, e, e) if escape else rb"(?:[^%b]++|%b%b)*+" % (q, q, q)
    is_byte = len(delimiter) == 1
    in_line = rb"[^%b]" % d if is_byte else rb"(?!%b)." % d
    in_row = rb"[^%b\r\n]" % d if is_byte else rb"(?!%b)[^\r\n]" % d

    def pattern(other: bytes) -> re.Pattern[bytes]:
        cell = rb"(?:%b%b%b(?:%b)*+|(?!%b)(?:%b)++)?+" % (q, within, q, other, q, other)
        return re.compile(rb"%b(?:%b%b)*+" % (cell, d, cell), re.DOTALL)

    return pattern(in_line), pattern(in_row)
