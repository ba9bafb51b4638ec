"""Refuses a workbook that would become too large in memory, before it is read."""

from __future__ import annotations

import io
import re
import zipfile

from jobpipe.errors import LimitExceededError, Place, SourceError
from jobpipe.safety.limits import show_size
from jobpipe.sources.packing.zip import DAMAGES

# A sheet is held as a full grid up to its last cell, whatever lies between.
MAX_CELLS = 50_000_000
_CELL = re.compile(rb'<c r="([A-Z]{1,3})\d')
_ROW = re.compile(rb'<row r="(\d{1,7})"')
_BLOCK = 1024 * 1024
_OVERLAP = 32


def check_extent(data: bytes, name: str, *, limit: int) -> None:
    """`limit`: bytes of all parts unpacked. Raises LimitExceededError, or SourceError where it is cut off.

    Says nothing of workbooks that are no zip archive (XLS): their sheets are small by their format.
    """
    if not data.startswith(b"PK"):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if sum(part.file_size for part in parts) > limit:
                raise LimitExceededError(
                    f"the workbook unpacks to more than {show_size(limit)}",
                    place=Place(source=name),
                    hint="ask for CSV, which is read as a stream",
                )
            for part in parts:
                if part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml"):
                    _check_sheet(archive, part, name)
    except (NotImplementedError, RuntimeError, *DAMAGES) as error:
        raise SourceError(
            f"not a workbook that can be read: {error}", place=Place(source=name), hint="it is damaged, or cut off"
        ) from error


def _check_sheet(archive: zipfile.ZipFile, part: zipfile.ZipInfo, name: str) -> None:
    columns: set[bytes] = set()
    rows = 1
    with archive.open(part) as sheet:
        before = b""
        while block := sheet.read(_BLOCK):
            block = before + block
            columns.update(_CELL.findall(block))
            rows = max([rows, *map(int, _ROW.findall(block))])
            before = block[-_OVERLAP:]
    width = max(map(_number, columns), default=1)
    if rows * width > MAX_CELLS:
        raise LimitExceededError(
            f"a sheet of the workbook reaches to row {rows:,} and column {width:,}",
            place=Place(source=name),
            hint="delete the empty rows and columns below and beside the table, or ask for CSV",
        )


def _number(column: bytes) -> int:
    """Of `A`, `B` … `XFD`, from 1."""
    number = 0
    for letter in column:
        number = number * 26 + letter - 64
    return number
