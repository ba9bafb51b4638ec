"""XLSX for people: a header and a row a posting, all cells text or numbers, never formulas.

A sheet takes 1,048,576 rows and a cell 32,767 characters: further rows go to further sheets, and a text that is cut
says so at its end.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from jobpipe.destinations.formats.columns import COLUMNS, check_columns, columns_of, text_of
from jobpipe.destinations.formats.format import OutputFormat, Setting
from jobpipe.destinations.formats.xml_elements import allowed
from jobpipe.errors import JobpipeError
from jobpipe.posting import JobPosting

if TYPE_CHECKING:
    from xlsxwriter import Workbook

MAX_ROWS = 1_048_576
MAX_CELL = 32_767
_PIECE = 1 << 20


def write(postings: Iterable[JobPosting], setting: Setting) -> Iterator[bytes]:
    """Rows go to files on the disk as they come, from which all is read. Raises JobpipeError without its extra."""
    columns = columns_of(setting)
    with tempfile.TemporaryFile() as file:
        workbook = _workbook(file)
        try:
            _write_rows(workbook, postings, columns)
        finally:
            workbook.close()
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece


def _workbook(file: Any) -> Workbook:
    try:
        import xlsxwriter
    except ImportError as error:
        raise JobpipeError("xlsx needs an extra", hint="pip install 'job-pipe[xlsx]'") from error
    return xlsxwriter.Workbook(file, {"constant_memory": True})


def _write_rows(workbook: Workbook, postings: Iterable[JobPosting], columns: Any) -> None:
    getters = list(enumerate(columns.values()))
    sheet, row = None, MAX_ROWS
    for posting in postings:
        if row == MAX_ROWS:
            sheet, row = _sheet(workbook, columns), 1
        assert sheet is not None
        for column, get in getters:
            value = get(posting)
            if type(value) is float or type(value) is int:
                sheet.write_number(row, column, value)
            elif text := text_of(value):
                sheet.write_string(row, column, _cell(text))
        row += 1
    if sheet is None:
        _sheet(workbook, columns)


def _sheet(workbook: Workbook, columns: Any) -> Any:
    number = len(workbook.worksheets()) + 1
    sheet = workbook.add_worksheet("postings" if number == 1 else f"postings {number}")
    sheet.freeze_panes(1, 0)
    for column, name in enumerate(columns):
        sheet.write_string(0, column, _cell(name))
    return sheet


def _cell(text: str) -> str:
    text = allowed(text)
    if len(text) <= MAX_CELL:
        return text
    said = f" […cut: {len(text):,} characters]"
    return text[: MAX_CELL - len(said)] + said


FORMAT = OutputFormat(
    name="xlsx",
    summary="a table for Excel, lists joined by ' | '",
    write=write,
    extension="xlsx",
    media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    documented="https://support.microsoft.com/office/excel-specifications-and-limits",
    takes_fields=True,
    check=check_columns,
    carries=dict.fromkeys(COLUMNS, ""),
)
