"""Mapping tables of a project folder: `mappings/*.csv`, a label and its code or value a row."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobpipe.definition.faults import Fault, InvalidFileError
from jobpipe.definition.loading import read_text
from jobpipe.definition.yaml import Spot

_LABEL = ("label", "source", "from")
_CODE = ("code", "value", "to")
_HINT = "the first row names the columns: `label,code`"


def read_table(path: Path, shown: str) -> dict[str, Any]:
    """label -> value; with more columns than those two, label -> {code, taxonomy, …}.

    The delimiter is that of the first row.  Raises InvalidFileError with every row that is wrong, and DefinitionError
    where the file cannot be read.
    """
    text = read_text(path, shown)
    rows = _rows(text, shown)
    if not rows:
        raise InvalidFileError(shown, text, [Fault(Spot(1, 1), "the table is empty", _HINT)])
    header = _header_of(rows[0], text, shown)
    table: dict[str, Any] = {}
    lines: dict[str, int] = {}
    faults = []
    for row in rows[1:]:
        label, code = row.cell(header.label), row.cell(header.code)
        if not label or not code:
            missing = header.names[header.code if label else header.label]
            faults.append(Fault(Spot(row.line, 1), f"the row has no {missing}"))
        elif label in table:
            hint = "keep one of them"
            faults.append(Fault(Spot(row.line, 1), f"{label!r} is mapped twice: first in line {lines[label]}", hint))
        else:
            more = {header.names[place]: cell for place in header.others if (cell := row.cell(place))}
            table[label] = {"code": code, **more} if more else code
            lines[label] = row.line
    if faults:
        raise InvalidFileError(shown, text, faults)
    return table


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: list[str]

    def cell(self, place: int) -> str:
        return self.cells[place].strip() if place < len(self.cells) else ""


@dataclass(frozen=True, slots=True)
class _Header:
    names: list[str]
    # Places in a row.
    label: int
    code: int
    others: list[int]


def _header_of(row: _Row, text: str, shown: str) -> _Header:
    names = [name.strip().lower() for name in row.cells]
    places = []
    for wanted in (_LABEL, _CODE):
        place = next((names.index(name) for name in wanted if name in names), None)
        if place is None:
            fault = Fault(Spot(row.line, 1), f"the table has no column `{wanted[0]}`", _HINT)
            raise InvalidFileError(shown, text, [fault])
        places.append(place)
    label, code = places
    others = [place for place, name in enumerate(names) if name and place not in places]
    return _Header(names, label, code, others)


def _rows(text: str, shown: str) -> list[_Row]:
    """The rows that hold anything, each with the line that it begins in."""
    head = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t|", key=head.count)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True)
    rows = []
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append(_Row(line, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        fault = Fault(Spot(line, 1), f"no row of a table: {error}", "quotes inside a cell are doubled, and closed")
        raise InvalidFileError(shown, text, [fault]) from error
    return rows
