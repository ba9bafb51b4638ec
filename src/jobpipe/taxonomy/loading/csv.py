"""A CSV file as a table: delimiter, quotes and encoding as for feeds."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from jobpipe.errors import DefinitionError, Place
from jobpipe.sources.formats.csv.dialect import detect_dialect, excel_delimiter, reader_with
from jobpipe.taxonomy.loading.file_bytes import text_of
from jobpipe.taxonomy.loading.table import Row, Table

MAX_ROWS = 1_000_000
# The apostrophe that an export puts before what a spreadsheet would take for a formula.
_WRITTEN_FORMULA = re.compile(r"^'(?='*[=+\-@])")
# Characters by which the dialect is found; a whole line at the end.
_HEAD = 256 * 1024


def read_csv(data: bytes, shown: str, encoding: str) -> Table:
    """The first row that holds anything names the columns. Raises DefinitionError with file and line."""
    text, codec = text_of(data, shown, encoding)
    given = excel_delimiter(text)
    if given:
        text = text.partition("\n")[2]
    head = text if len(text) <= _HEAD else text[: text.rfind("\n", 0, _HEAD) + 1] or text[:_HEAD]
    dialect = detect_dialect(head, delimiter=given, quote=None)
    # A quote that is never closed would swallow all rows behind it.
    reader = reader_with(dialect, io.StringIO(text, newline=""), strict=True)
    table = Table(shown, [])
    if codec != "utf-8":
        table.notices.append(f"{shown} was read as {codec}")
    for line, cells in _numbered(reader, shown, 2 if given else 1):
        if not table.columns:
            table.columns = _names(cells)
        elif len(cells) > len(table.columns) and any(cells[len(table.columns) :]):
            raise DefinitionError(
                f"the row has {len(cells)} cells, the first one {len(table.columns)}",
                place=Place(source=shown, line=line),
                hint=f"cells are parted by {dialect.delimiter!r}; one that holds it stands in quotes",
            )
        else:
            kept = zip(table.columns, cells, strict=False)
            table.rows.append(Row(line, {name: cell for name, cell in kept if cell}))
        if len(table.rows) > MAX_ROWS:
            raise DefinitionError(f"more than {MAX_ROWS:,} rows", place=Place(source=shown, line=line))
    return table


def _names(cells: list[str]) -> list[str]:
    return [" ".join(cell.split()) or f"column_{number}" for number, cell in enumerate(cells, 1)]


def _numbered(reader: Iterator[list[str]], shown: str, first: int) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of the rows that hold anything."""
    line = first
    try:
        for cells in reader:
            stripped = [_WRITTEN_FORMULA.sub("", cell.strip()) for cell in cells]
            if any(stripped):
                yield line, stripped
            line = first + getattr(reader, "line_num", 0)
    except csv.Error as error:
        raise DefinitionError(
            f"no row of a table: {error}",
            place=Place(source=shown, line=line),
            hint="a quote is closed, one inside doubled",
        ) from error
