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
        self._dialect = dialect
        self._encoding = encoding
        delimiter = dialect.delimiter.encode(encoding)
        self._quote = dialect.quote.encode(encoding)
        self._blank = b" \t\r\x00" + delimiter + self._quote
        self._line_end = line_end
        self._to_skip = skip_lines
        self._comment = comment.encode(encoding, "replace") if comment else b""
        self._limit = limit
        self._name = name
        self._offset_of = offset_of
        self._from_start, self._from_within = _patterns(delimiter, self._quote, dialect.escape.encode(encoding))
        # Pieces of the line that is not whole yet, and where it begins.
        self._piece: list[bytes] = []
        self._piece_bytes = 0
        self._position = 0
        # The lines of a row whose quote is open, each with its end, and where the row begins.
        self._open: list[bytes] = []
        self._open_bytes = 0
        self._open_at = 0
        self._most_lines = MAX_OPEN_LINES
        self._rows: list[Row] = []
        # The last row was given without a line end behind it.
        self.is_last_unended = False
        # Where the row begins that the end of the file cuts within a quote; -1 = none.
        self.cut_at = -1

    @property
    def position(self) -> int:
        """Before it, nothing is needed any more."""
        return self._open_at if self._open else self._position

    def take(self, piece: bytes) -> list[Row]:
        first, *lines = piece.split(self._line_end)
        self._piece.append(first)
        self._piece_bytes += len(first)
        if lines:
            last = lines.pop()
            self._take_line(b"".join(self._piece))
            self._take_lines(lines)
            self._piece, self._piece_bytes = [last], len(last)
        self._check(self._piece_bytes + self._open_bytes, self.position)
        rows, self._rows = self._rows, []
        return rows

    def _take_lines(self, lines: list[bytes]) -> None:
        quote, rows, step = self._quote, self._rows, len(self._line_end)
        if self._comment or not quote:
            quote = b""
        for line in lines:
            is_plain = b"\r" not in line and quote and quote not in line
            if not is_plain or self._open or self._to_skip or len(line) > self._limit:
                self._take_line(line)
                continue
            if line.strip(self._blank):
                rows.append(Row(line, self._position))
            self._position += len(line) + step

    def _take_line(self, line: bytes, *, is_ended: bool = True) -> None:
        """One line without its end; a lone carriage return within ends one, too."""
        end = self._line_end if is_ended else b""
        if b"\r" in line:
            *parts, last = line.split(b"\r")
            if is_ended and not last and parts:
                # The pair of both.
                last, end = parts.pop(), b"\r" + end
            for part in parts:
                self._take_part(part, b"\r")
            line = last
        self._take_part(line, end)

    def _take_part(self, line: bytes, end: bytes) -> None:
        start = self._position
        self._position += len(line) + len(end)
        if self._to_skip:
            self._to_skip -= 1
            return
        if not self._open:
            if self._comment and line.startswith(self._comment):
                return
            if not self._quote or self._quote not in line or self._from_start.fullmatch(line):
                if line.strip(self._blank):
                    self._give(line, start)
                return
            self._open_at = start
        elif self._quote in line and self._from_within.fullmatch(line):
            raw = b"".join((*self._open, line))
            self._open, self._open_bytes = [], 0
            self._give(raw, self._open_at)
            return
        self._open.append(line + end)
        self._open_bytes += len(line) + len(end)
        if len(self._open) > self._most_lines or (self._open_bytes > MAX_OPEN_BYTES and len(self._open) > 1):
            self._give_up()

    def _give(self, raw: bytes, start: int, flaw: str = "") -> None:
        self._check(len(raw), start)
        self._rows.append(Row(raw, start, flaw))

    def _give_up(self) -> None:
        """The open row's first line is a broken row, and those after it are read again."""
        self._most_lines = max(_LEAST_OPEN_LINES, self._most_lines // 2)
        first, *lines = self._open
        self._open, self._open_bytes = [], 0
        self._give(first.rstrip(b"\r\n"), self._open_at, UNCLOSED)
        self._position = self._open_at + len(first)
        for line in lines:
            text = line.rstrip(b"\r\n") if line.endswith((b"\n", b"\r")) else line
            self._take_part(text, line[len(text) :])

    def finish(self, columns: int) -> list[Row]:
        """The rest, at the end of the file; `columns` is how many cells a row should have, 0 = not known."""
        line = b"".join(self._piece)
        self._piece, self._piece_bytes = [], 0
        before = len(self._rows)
        if line:
            self._take_line(line, is_ended=False)
        self.is_last_unended = bool(line) and not self._open and len(self._rows) > before
        if self._open and not self._is_unclosed(columns):
            self.cut_at = self._open_at
            self._open, self._open_bytes = [], 0
        while self._open:
            self._give_up()
        rows, self._rows = self._rows, []
        return rows

    def _is_unclosed(self, columns: int) -> bool:
        """Whether a quote too many stands in the open row, and not the end of the file in the middle of a cell:
        then most of the lines behind it are rows of their own."""
        lines = [line.rstrip(b"\r\n") for line in self._open[1:]]
        whole = [line for line in lines if self._quote not in line or self._from_start.fullmatch(line)]
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
    """Of a line that leaves no quote open: from its start, and from within a quote.

    A quote opens a cell only at its beginning; what follows the closing one belongs to the cell.
    """
    d, q, e = re.escape(delimiter), re.escape(quote or b'"'), re.escape(escape)
    other = rb"[^%b]" % d if len(delimiter) == 1 else rb"(?!%b)." % d
    within = rb"(?:[^%b%b]++|%b.)*+" % (q, e, e) if escape else rb"(?:[^%b]++|%b%b)*+" % (q, q, q)
    rest = rb"%b%b(?:%b)*+" % (within, q, other)
    cell = rb"(?:%b%b|(?!%b)(?:%b)++)?+" % (q, rest, q, other)
    more = rb"(?:%b%b)*+" % (d, cell)
    return re.compile(cell + more, re.DOTALL), re.compile(rest + more, re.DOTALL)
