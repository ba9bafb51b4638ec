"""What files become first: named columns, and rows that know where they stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from jobpipe.errors import Place


class Row(NamedTuple):
    # Counted from 1; 0 = not known.
    line: int
    # By column; what is empty may be absent.
    cells: dict[str, str]
    # The record's number, from 1; 0 = its line says it.
    ordinal: int = 0


@dataclass(slots=True)
class Table:
    # As people know the file.
    shown: str
    columns: list[str]
    rows: list[Row] = field(default_factory=list)
    # Nested objects: the number of a row (from 0) -> that of the row which it is below.
    below: dict[int, int] = field(default_factory=dict)
    # What a person should know of how it was read.
    notices: list[str] = field(default_factory=list)

    def place(self, row: Row) -> Place:
        return Place(source=self.shown, line=row.line, ordinal=row.ordinal)

    def cells(self, column: str) -> Iterator[str]:
        """Those that are not empty."""
        for row in self.rows:
            if cell := row.cells.get(column, ""):
                yield cell
