"""Reads one row: of a CSV file by its dialect, of a workbook as the JSON array that its splitter makes.

A path is the name of a column (as written; else without regard to case, spaces and accents where only one
matches), or its number from 1: `#3`, `column_3`.
"""

from __future__ import annotations

import csv
import difflib
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

import msgspec

from jobpipe.errors import RecordError
from jobpipe.sources.formats.csv.dialect import reader_with
from jobpipe.sources.formats.feed_level import feed_path, values_of_feed
from jobpipe.sources.formats.reading import DigestView, Nodes, PathError, Reading, Values
from jobpipe.sources.formats.text import decode_mended, is_wide
from jobpipe.sources.record import Context

# The module's own limit for one cell is 128 KiB; a description may be longer.
MAX_CELL_CHARACTERS = 64 * 1024 * 1024
_NUMBER = re.compile(r"(?:#|column_)(\d{1,5})", re.IGNORECASE)
_decode_row = msgspec.json.Decoder(list[Any]).decode
_encode_row = msgspec.json.Encoder().encode


class Row:
    """Its cells, and where the columns are (shared by all rows of one context)."""

    __slots__ = ("cells", "context", "places")

    def __init__(self, cells: list[Any], context: Context, places: dict[str, tuple[int, ...]]) -> None:
        self.cells = cells
        self.context = context
        self.places = places


class CsvReader:
    def __init__(self) -> None:
        # For each set of columns, the cells that the paths asked for so far lead to.
        self._places: dict[tuple[str, ...], dict[str, tuple[int, ...]]] = {}
        if csv.field_size_limit() < MAX_CELL_CHARACTERS:
            csv.field_size_limit(MAX_CELL_CHARACTERS)

    def read(self, raw: bytes, context: Context) -> Reading:
        if context.dialect is None:
            cells, repaired = _cells_of_workbook(raw), False
        else:
            cells, repaired = _cells_of_text(raw, context)
        columns = context.columns
        if len(cells) != len(columns) and columns:
            repaired = _fit(cells, columns, is_workbook=context.dialect is None) or repaired
        places = self._places.get(columns)
        if places is None:
            places = self._places[columns] = {}
        return Reading(Row(cells, context, places), repaired)

    def salvage(self, raw: bytes, context: Context) -> Row | None:
        """Nothing is read from a row that is broken: its cells may have moved."""
        return None

    def values(self, path: str) -> Values:
        path = path.strip()
        if path.startswith("feed:"):
            return values_of_feed(feed_path(path) or "")
        if not path:
            raise PathError("an empty path", hint="a path is the name of a column, or its number: #3")

        def read(row: Row) -> list[Any]:
            places = row.places.get(path)
            if places is None:
                places = row.places[path] = find_columns(row.context.columns, path)
            cells = row.cells
            if len(places) == 1:
                place = places[0]
                value = cells[place] if place < len(cells) else None
                return [value] if value is not None else []
            return [cells[place] for place in places if place < len(cells) and cells[place] is not None]

        return read

    def nodes(self, path: str) -> Nodes:
        if path.strip() == ".":
            return lambda node: [node]
        raise PathError(f"a row has nothing below it to start from, as `for: {path}` would")

    def as_value(self, root: Row) -> Any:
        names = root.context.columns or tuple(f"column_{number}" for number in range(1, len(root.cells) + 1))
        return {name: cell for name, cell in zip(names, root.cells, strict=False) if cell is not None}

    def missing_columns(self, context: Context, paths: Iterable[str]) -> list[str]:
        """What to tell a person of the paths that no column of this file has; [] when all are there."""
        told: list[str] = []
        for path in dict.fromkeys(path.strip() for path in paths):
            if path.startswith("feed:") or find_columns(context.columns, path):
                continue
            near = nearest_columns(context.columns, path)
            also = f"; nearest: {', '.join(near)}" if near else f"; it has: {', '.join(context.columns[:20])}"
            told.append(f"the file has no column {path!r}{also}")
        return told

    def ignoring(self, paths: list[str]) -> DigestView:
        if wrong := [path for path in paths if path.startswith("feed:") or not path.strip()]:
            raise PathError(f"{wrong[0]!r} cannot be ignored", hint="`ignore` takes columns of the file")

        def view(raw: bytes, context: Context) -> bytes:
            try:
                row = self.read(raw, context).root
            except RecordError:
                return raw
            left_out = {place for path in paths for place in find_columns(context.columns, path.strip())}
            return bytes(_encode_row([cell for place, cell in enumerate(row.cells) if place not in left_out]))

        return view


def find_columns(columns: tuple[str, ...], path: str) -> tuple[int, ...]:
    """The places of the columns that a path names; a name that stands twice names both."""
    if exact := tuple(place for place, name in enumerate(columns) if name == path):
        return exact
    simple = _simplified(path)
    near = tuple(place for place, name in enumerate(columns) if _simplified(name) == simple)
    if len(near) == 1 and simple:
        return near
    if found := _NUMBER.fullmatch(path):
        place = int(found[1]) - 1
        return (place,) if place >= 0 and (not columns or place < len(columns)) else ()
    return ()


def nearest_columns(columns: tuple[str, ...], path: str) -> list[str]:
    """At most three columns whose names are like this one."""
    simple = {_simplified(name): name for name in columns}
    return [simple[name] for name in difflib.get_close_matches(_simplified(path), list(simple), n=3)]


def _simplified(name: str) -> str:
    """Without case, accents and anything that is no letter or digit."""
    apart = unicodedata.normalize("NFKD", name.casefold())
    return "".join(character for character in apart if character.isalnum())


def _cells_of_workbook(raw: bytes) -> list[Any]:
    try:
        return _decode_row(raw)
    except msgspec.MsgspecError as error:
        raise RecordError(f"not a row of a workbook: {error}", reason="malformed") from error


def _cells_of_text(raw: bytes, context: Context) -> tuple[list[Any], bool]:
    """Raises RecordError where the quotes of the row do not match."""
    text, sound = decode_mended(raw, context.encoding)
    if not sound and is_wide(context.encoding):
        raise RecordError(f"not text in {context.encoding}", reason="malformed")
    text = text.rstrip("\r\n")
    try:
        return _parse_row(text, context, strict=True), not sound
    except csv.Error as error:
        # A quote inside an unquoted cell is harmless; one that is never closed may have eaten other rows.
        try:
            cells = _parse_row(text, context, strict=False)
        except csv.Error:
            cells = []
        if len(cells) == len(context.columns) and _is_closed(text, context):
            return cells, True
        raise RecordError(f"not a row: {error}", reason="malformed") from error


def _parse_row(text: str, context: Context, *, strict: bool) -> list[Any]:
    dialect = context.dialect
    assert dialect is not None
    rows: list[list[Any]] = list(reader_with(dialect, (text,), strict=strict))
    if len(rows) > 1:
        raise RecordError(f"{len(rows)} rows where one should be", reason="malformed")
    return rows[0] if rows else []


def _is_closed(text: str, context: Context) -> bool:
    assert context.dialect is not None
    return text.count(context.dialect.quote or '"') % 2 == 0


def _fit(cells: list[Any], columns: tuple[str, ...], *, is_workbook: bool) -> bool:
    """Make the row as long as the header where that is honest; whether something was mended.

    Empty cells too many are dropped, and empty cells at the end that a writer left out are no harm.  A row
    that lacks half of its cells was broken in two.
    """
    wanted, found = len(columns), len(cells)
    if found > wanted:
        if any(cell not in (None, "") for cell in cells[wanted:]):
            raise RecordError(f"{found} cells where the header has {wanted} columns", reason="malformed")
        del cells[wanted:]
        return False
    if is_workbook:
        return False
    if found * 2 < wanted:
        raise RecordError(f"{found} cells where the header has {wanted} columns", reason="malformed")
    return True
