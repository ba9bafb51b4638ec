"""Decisions over labels as a CSV file, out and in: what is written is read back as it was.

A cell that a spreadsheet would take for a formula gets an apostrophe before it, which is taken away again.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import Any

from jobpipe.errors import UsageError
from jobpipe.ledger.models import MappingEntry, Scope
from jobpipe.runs.mappings.deciding import Decision

MAX_ROWS = 200_000
_COLUMNS = ("table", "scope", "owner", "label", "pattern", "code", "taxonomy")
_WRITTEN_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_READ_FORMULA = re.compile(r"'+[=+\-@\t\r]")
_YES = frozenset({"yes", "1", "true", "x", "oui", "ja"})


def write_entries(entries: Iterable[MappingEntry]) -> str:
    rows = [_row(entry) for entry in entries]
    others = sorted({name for row in rows for name in row} - set(_COLUMNS))
    out = io.StringIO()
    writer = csv.DictWriter(out, [*_COLUMNS, *others], restval="", lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: f"'{cell}" if _WRITTEN_FORMULA.match(cell) else cell for name, cell in row.items()})
    return out.getvalue()


def _row(entry: MappingEntry) -> dict[str, str]:
    value = entry.value if isinstance(entry.value, dict) else {"code": entry.value}
    return {
        "table": entry.table,
        "scope": entry.scope,
        "owner": entry.owner,
        "label": entry.label,
        "pattern": "yes" if entry.is_pattern else "",
        **{name: str(said) for name, said in value.items()},
    }


def read_decisions(text: str, shown: str, *, table: str, scope: str, owner: str) -> list[Decision]:
    """Rows that name no table or scope get the given ones. An empty code takes a decision back.

    Raises UsageError with the line of the first row that is wrong.
    """
    rows = _rows(text.removeprefix("\ufeff"), shown)
    decisions = []
    for line, row in rows:
        where = f"{shown}, line {line}"
        if not row.get("label"):
            raise UsageError(f"{where}: the row has no label", hint="the first row names the columns: label,code")
        if not (row.get("table") or table):
            raise UsageError(f"{where}: the row has no table", hint="a column `table`, or --table NAME")
        said = row.get("scope") or ""
        if said and said not in Scope.values:
            raise UsageError(f"{where}: no scope is named {said!r}", hint=f"it is one of {', '.join(Scope.values)}")
        decisions.append(
            Decision(
                table=row.get("table") or table,
                label=row["label"],
                value=_value(row, where),
                scope=said or scope,
                owner=row.get("owner", "") if said else owner,
                is_pattern=row.get("pattern", "").casefold() in _YES,
            )
        )
    return decisions


def _value(row: dict[str, str], where: str) -> Any:
    others = {name: cell for name, cell in row.items() if cell and name not in (*_COLUMNS[:5], "code")}
    if not row.get("code"):
        if others:
            raise UsageError(f"{where}: the row has no code")
        return None
    return {"code": row["code"], **others} if others else row["code"]


def _rows(text: str, shown: str) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, cells by column) of the rows that hold anything."""
    head = next((line for line in text.splitlines() if line.strip()), "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t|", key=head.count), strict=True)
    names: list[str] = []
    try:
        for number, cells in enumerate(reader):
            if number > MAX_ROWS:
                raise UsageError(f"{shown} has more than {MAX_ROWS:,} rows")
            given = [cell[1:] if _READ_FORMULA.match(cell) else cell for cell in cells]
            if not any(cell.strip() for cell in given):
                continue
            if not names:
                names = [_column(name) for name in given]
                if "label" not in names or "code" not in names:
                    raise UsageError(f"{shown} has no columns `label` and `code`", hint="the first row names them")
                continue
            yield reader.line_num, {name: cell for name, cell in zip(names, given, strict=False) if name}
    except csv.Error as error:
        raise UsageError(f"{shown}, line {reader.line_num}: no row of a table: {error}") from error


def _column(name: str) -> str:
    name = name.strip().casefold()
    return {"source": "label", "from": "label", "value": "code", "to": "code"}.get(name, name)
