"""The rows of a table, with their columns known, as categories."""

from __future__ import annotations

from collections.abc import Sequence

from jobpipe.errors import DefinitionError, Place
from jobpipe.taxonomy.loading.building import Builder
from jobpipe.taxonomy.loading.columns import Columns
from jobpipe.taxonomy.loading.table import Row, Table
from jobpipe.taxonomy.loading.wishes import Column

# Between several values in one cell, the first that occurs. Never a comma: it belongs to labels.
_SEPARATORS = ("\n", "|", ";")
_CODE_SEPARATORS = ("\n", "|")
_SHOWN = 5


def add_rows(builder: Builder, table: Table, columns: Columns, *, language: str, separator: str) -> None:
    """Several rows with one code: their further labels are synonyms. Raises DefinitionError naming the line."""
    reading = _Reading(builder, table, columns, language, separator)
    for number, row in enumerate(table.rows):
        reading.add(row, table.below.get(number, -1))
    reading.check()


class _Reading:
    def __init__(self, builder: Builder, table: Table, columns: Columns, language: str, separator: str) -> None:
        self._builder = builder
        self._table = table
        self._columns = columns
        self._language = language
        labels = {one.name for one in columns.labels}
        # A list of words has its separators in the words.
        found = _separator(table, columns.code, _CODE_SEPARATORS)
        self._code_separator = "" if columns.code in labels else separator or found
        self._parent_separator = separator or _separator(table, columns.parent)
        self._synonym_separators = {one.name: separator or _separator(table, one.name) for one in columns.synonyms}
        self._without_code: list[Row] = []

    def add(self, row: Row, above: int) -> None:
        """`above`: the number of the row that it is nested in, -1 = in none."""
        place = self._table.place(row)
        codes = _parts(row.cells.get(self._columns.code, ""), self._code_separator)
        if not codes:
            if any(row.cells.get(one.name) for one in (*self._columns.labels, *self._columns.synonyms)):
                self._without_code.append(row)
            return
        for number, code in enumerate(codes):
            self._builder.code(code, place)
            self._add_terms(row, code, number, len(codes))
        if len(codes) == 1:
            for parent in _parts(row.cells.get(self._columns.parent, ""), self._parent_separator):
                self._builder.parent(codes[0], parent)
        if above >= 0:
            for code in codes:
                self._builder.parent(code, self._table.rows[above].cells.get(self._columns.code, ""))

    def _add_terms(self, row: Row, code: str, number: int, codes: int) -> None:
        for column in self._columns.labels:
            cell = row.cells.get(column.name, "")
            parts = _parts(cell, self._code_separator) if codes > 1 else []
            # As many labels as codes: each has its own.
            text = parts[number] if len(parts) == codes else cell
            self._builder.term(code, text, self._of(column), preferred=True)
        for column in self._columns.synonyms:
            for text in _parts(row.cells.get(column.name, ""), self._synonym_separators[column.name]):
                self._builder.term(code, text, self._of(column), preferred=False)

    def _of(self, column: Column) -> str:
        return column.language or self._language

    def check(self) -> None:
        if self._without_code:
            lines = ", ".join(str(row.line) for row in self._without_code[:_SHOWN])
            more = " …" if len(self._without_code) > _SHOWN else ""
            raise DefinitionError(
                f"{len(self._without_code):,} rows have a label and no {self._columns.code} (lines {lines}{more})",
                place=Place(source=self._table.shown, line=self._without_code[0].line),
                hint="give each a code, or take the rows out; is the right column the code?",
            )


def _separator(table: Table, column: str, separators: Sequence[str] = _SEPARATORS) -> str:
    """ "" = each cell is one value."""
    if not column:
        return ""
    cells = set(table.cells(column))
    return next((one for one in separators if any(one in cell for cell in cells)), "")


def _parts(cell: str, separator: str) -> list[str]:
    if not separator:
        return [cell] if cell else []
    return list(dict.fromkeys(part for one in cell.split(separator) if (part := one.strip())))
