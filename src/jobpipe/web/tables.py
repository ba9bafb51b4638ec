"""Tables as files: any list of the interface as CSV, of which no cell is a formula to a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse

from jobpipe.safety.spreadsheets import without_formulas


def wants_csv(request: HttpRequest) -> bool:
    """`?as=csv`"""
    return request.GET.get("as") == "csv"


def csv_file(
    name: str, headings: Sequence[str], rows: Iterable[Sequence[Any]], *, delimiter: str = ","
) -> HttpResponse:
    """`delimiter`: a semicolon is for spreadsheets of half of Europe, which the file then tells of UTF-8."""
    buffer = io.StringIO("\ufeff" if delimiter == ";" else "")
    buffer.seek(0, io.SEEK_END)
    writer = csv.writer(buffer, lineterminator="\r\n", delimiter=delimiter)
    writer.writerow(headings)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    response = HttpResponse(buffer.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return without_formulas(value) if isinstance(value, str) else str(value)
