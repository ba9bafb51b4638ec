"""Reads workbooks (XLSX, XLS, XLSB, ODS) whole, and gives each row as a JSON array of its cells."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

import msgspec

from jobpipe.errors import LimitExceededError, Place, SourceError
from jobpipe.safety.limits import Limits, show_size
from jobpipe.sources.formats.csv.columns import column_names
from jobpipe.sources.formats.xlsx.extent import check_extent
from jobpipe.sources.record import Context, Ending, FormatSettings, RawRecord

# Rows looked at for a header below a title.
_TITLE_ROWS = 10
_LEAST_WIDTH = 3
# Beyond, a float does not hold every whole number.
_MAX_WHOLE = 2**53
_encode = msgspec.json.Encoder().encode
# The number of a row in its sheet, from 1, and its cells; None = an empty cell.
_Row = tuple[int, list[Any]]


class WorkbookSplitter:
    """All records come from `close`: a workbook says at its end what is in it.

    The offset of a record is the number of its row in the sheet, from 1.
    """

    def __init__(self, settings: FormatSettings, name: str) -> None:
        self._settings = settings
        self._name = name
        self._chunks: list[bytes] = []
        self._size = 0
        self._limit = Limits().xlsx

    def feed(self, chunk: bytes) -> list[RawRecord]:
        self._size += len(chunk)
        if self._size > self._limit:
            raise LimitExceededError(
                f"a workbook is read whole, and this one is larger than {show_size(self._limit)}",
                place=Place(source=self._name),
                hint="ask for CSV, which is read as a stream",
            )
        self._chunks.append(chunk)
        return []

    def close(self) -> tuple[list[RawRecord], Ending]:
        """Raises SourceError where the workbook is damaged or has no such sheet."""
        data = b"".join(self._chunks)
        self._chunks.clear()
        if not data:
            return [], Ending(complete=False, why=f"{self._name or 'the workbook'} is empty: it has no row")
        check_extent(data, self._name, limit=10 * self._limit)
        rows = self._read(data)
        if not rows:
            return [], Ending(complete=True, notices=("there is no row in it, not even a header",))
        return self._records(rows), Ending(complete=True)

    def _read(self, data: bytes) -> list[_Row]:
        from python_calamine import CalamineError, CalamineWorkbook, PasswordError

        try:
            return self._rows_of_sheet(CalamineWorkbook.from_filelike(io.BytesIO(data)))
        except PasswordError as error:
            raise self._error("the workbook is protected by a password", "ask for one without") from error
        except CalamineError as error:
            raise self._error(f"not a workbook that can be read: {error}", "it is damaged, or cut off") from error
        except BaseException as error:
            # The parser panics at what it does not expect.
            if type(error).__name__ != "PanicException":
                raise
            raise self._error("not a workbook that can be read: it is damaged", "save it anew") from error

    def _rows_of_sheet(self, workbook: Any) -> list[_Row]:
        """Of the sheet that is named, else of the first one that holds a table, else of the first with rows."""
        wanted = self._settings.sheet
        if wanted is not None:
            return _rows_of(workbook.get_sheet_by_name(self._sheet_called(workbook.sheet_names, wanted)))
        first: list[_Row] = []
        for name in _visible_first(workbook):
            rows = _rows_of(workbook.get_sheet_by_name(name))
            if _is_table(rows):
                return rows
            first = first or rows
        return first

    def _sheet_called(self, names: list[str], wanted: str) -> str:
        for name in names:
            if name == wanted:
                return name
        for name in names:
            if name.strip().casefold() == wanted.strip().casefold():
                return name
        raise self._error(f"the workbook has no sheet {wanted!r}; it has: {', '.join(names)}", "name it in csv.sheet")

    def _records(self, rows: list[_Row]) -> list[RawRecord]:
        settings = self._settings
        rows = [row for row in rows if row[0] > settings.skip_rows and not self._is_comment(row[1])]
        if settings.header:
            rows = rows[_place_of_header(rows) :]
        if not rows:
            return []
        names = ["" if cell is None else _as_text(cell) for cell in rows[0][1]]
        context = Context(kind="csv", dialect=None, columns=column_names(names, settings))
        if settings.header:
            rows = rows[1:]
        if settings.skip_last_rows:
            rows = rows[: -settings.skip_last_rows]
        return [self._record(number, cells, context) for number, cells in rows]

    def _record(self, number: int, cells: list[Any], context: Context) -> RawRecord:
        raw = _encode(cells)
        if len(raw) > self._settings.max_record_bytes:
            raise LimitExceededError(
                f"row {number:,} is larger than {show_size(self._settings.max_record_bytes)}",
                place=Place(source=self._name),
                hint="raise limits.record where rows are honestly so large",
            )
        return RawRecord(raw, number, context)

    def _is_comment(self, cells: list[Any]) -> bool:
        comment = self._settings.comment
        return bool(comment) and isinstance(cells[0], str) and cells[0].startswith(str(comment))

    def _error(self, message: str, hint: str) -> SourceError:
        return SourceError(message, place=Place(source=self._name), hint=hint)


def _visible_first(workbook: Any) -> list[str]:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    visible = [sheet.name for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible]
    return visible + [sheet.name for sheet in sheets if sheet.name not in visible]


def _rows_of(sheet: Any) -> list[_Row]:
    """Those with something in them."""
    rows = ((number, [_value(cell) for cell in cells]) for number, cells in enumerate(sheet.iter_rows(), start=1))
    return [(number, cells) for number, cells in rows if _width(cells)]


def _value(cell: Any) -> Any:
    """Of what JSON has and of dates; a whole number is one however the workbook keeps it."""
    if isinstance(cell, float):
        return int(cell) if abs(cell) < _MAX_WHOLE and cell.is_integer() else cell
    return None if cell == "" else cell


def _as_text(cell: Any) -> str:
    return cell if isinstance(cell, str) else str(msgspec.to_builtins(cell))


def _width(cells: Iterable[Any]) -> int:
    """How many cells say something."""
    return sum(cell is not None and not (isinstance(cell, str) and not cell.strip()) for cell in cells)


def _is_table(rows: list[_Row]) -> bool:
    return sum(_width(cells) > 1 for _, cells in rows[: 2 * _TITLE_ROWS]) > 1


def _place_of_header(rows: list[_Row]) -> int:
    """Rows of one cell above a wide one are titles."""
    for place, (_, cells) in enumerate(rows[:_TITLE_ROWS]):
        width = _width(cells)
        if width >= _LEAST_WIDTH:
            return place
        if width > 1:
            break
    return 0
