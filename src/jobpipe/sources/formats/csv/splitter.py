"""Cuts CSV files into rows; the bytes of a row are the record."""

from __future__ import annotations

from collections import deque

from jobpipe.sources.formats.csv.columns import column_names
from jobpipe.sources.formats.csv.dialect import (
    cells_of,
    detect_dialect,
    excel_delimiter,
    given_delimiter,
    given_quote,
)
from jobpipe.sources.formats.csv.rows import Row, RowCutter
from jobpipe.sources.formats.document_bytes import Blocks, DocumentBytes, Head
from jobpipe.sources.formats.encodings import HEAD_BYTES
from jobpipe.sources.record import Context, CsvDialect, Ending, FormatSettings, RawRecord


class CsvSplitter:
    def __init__(self, settings: FormatSettings, name: str) -> None:
        """Raises SourceError where the delimiter or the quote of the settings is no character."""
        self._settings = settings
        self._name = name
        self._delimiter = given_delimiter(settings.delimiter)
        self._quote = given_quote(settings.quote)
        self._head = Head(HEAD_BYTES)
        self._blocks = Blocks()
        self._document = DocumentBytes("utf-8", 0)
        self._dialect = CsvDialect()
        self._cutter: RowCutter | None = None
        self._context: Context | None = None
        # The last rows, which may be no data.
        self._held: deque[RawRecord] = deque()
        self._records = 0

    def feed(self, chunk: bytes) -> list[RawRecord]:
        if self._cutter is None:
            return self._begin(is_whole=False) if self._head.take(chunk) else []
        block = self._blocks.take(chunk)
        return self._take(block) if block else []

    def close(self) -> tuple[list[RawRecord], Ending]:
        records: list[RawRecord] = []
        if self._cutter is None:
            if self._head.is_blank():
                return [], Ending(complete=False, why=f"{self._name or 'the file'} is empty: it has no row")
            records = self._begin(is_whole=True)
        assert self._cutter is not None
        records += self._take(self._blocks.rest())
        columns = len(self._context.columns) if self._context is not None else 0
        last = self._records_of(self._cutter.finish(columns))
        why = self._missing(self._cutter, last)
        if why:
            # The rows that are no data are not there: those that were held back for them are.
            return records + list(self._held), Ending(complete=False, why=why)
        notices = () if self._context is not None else ("there is no row in it, not even a header",)
        return records + self._release(last), Ending(complete=True, notices=notices)

    # The beginning -----------------------------------------------------------------------------------

    def _begin(self, *, is_whole: bool) -> list[RawRecord]:
        """Decide by the head, and cut it."""
        head, rest = self._head.give()
        self._document = DocumentBytes.of(head, self._settings)
        cut = self._document.take(head)
        encoding = self._document.encoding
        text = cut.decode(encoding, "replace")
        line_end = "\n" if "\n" in text or "\r" not in text else "\r"
        if not is_whole and line_end in text:
            text = text[: text.rindex(line_end) + 1]
        skip_lines = self._settings.skip_rows
        if (of_excel := excel_delimiter(text)) is not None:
            skip_lines += 1
            self._delimiter = self._delimiter or of_excel
        self._dialect = detect_dialect(
            self._without_skipped(text, skip_lines), delimiter=self._delimiter, quote=self._quote
        )
        self._cutter = RowCutter(
            self._dialect,
            encoding,
            line_end=line_end.encode(),
            skip_lines=skip_lines,
            comment=self._settings.comment,
            limit=self._settings.max_record_bytes,
            name=self._name,
            offset_of=self._document.original,
        )
        records = self._release(self._records_of(self._cutter.take(cut)))
        return records + self._take(rest)

    def _without_skipped(self, text: str, lines: int) -> str:
        comment = self._settings.comment
        kept = text.splitlines(keepends=True)[lines:]
        return "".join(line for line in kept if not (comment and line.startswith(comment)))

    def _take_header(self, row: Row) -> None:
        """From the first row: what the columns are called, and so the context of all rows."""
        cells = cells_of(row.raw.decode(self._document.encoding, "replace"), self._dialect)
        self._context = Context(
            kind="csv",
            encoding=self._document.encoding,
            columns=column_names(cells, self._settings),
            dialect=self._dialect,
        )

    # Cutting -----------------------------------------------------------------------------------------

    def _take(self, block: bytes) -> list[RawRecord]:
        assert self._cutter is not None
        records = self._records_of(self._cutter.take(self._document.take(block)))
        self._document.original(self._cutter.position)
        return self._release(records)

    def _records_of(self, rows: list[Row]) -> list[RawRecord]:
        if self._context is None and rows:
            self._take_header(rows[0])
            rows = rows[1:] if self._settings.header else rows
        if self._context is None:
            return []
        context, original = self._context, self._document.original
        self._records += len(rows)
        return [RawRecord(raw, original(position), context, flaw) for raw, position, flaw in rows]

    def _release(self, records: list[RawRecord]) -> list[RawRecord]:
        """All but the last ones, which may be no data."""
        kept = self._settings.skip_last_rows
        if not kept:
            return records
        self._held += records
        return [self._held.popleft() for _ in range(len(self._held) - kept)]

    def _missing(self, cutter: RowCutter, last: list[RawRecord]) -> str:
        """What is missing at the end, "" = nothing; a row that is cut off is taken out of the last ones."""
        if cutter.cut_at >= 0:
            self._held += last
            start = self._document.original(cutter.cut_at)
            return (
                f"the document is cut off in record {self._records + 1:,}, which begins at byte {start:,}: "
                "it ends within a quote"
            )
        if not (cutter.is_last_unended and last) or last[-1].flaw:
            return ""
        row = last[-1]
        cells = len(cells_of(row.raw.decode(row.context.encoding, "replace"), self._dialect))
        if cells >= len(row.context.columns):
            return ""
        self._held += last[:-1]
        return (
            f"the document is cut off in record {self._records:,}, which begins at byte {row.offset:,}: "
            f"{cells} cells where the header has {len(row.context.columns)} columns, and no line end"
        )
