"""Mapping tables: from a source's labels to codes or values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jobpipe.errors import RecordError

# The value of a label; None = the table does not have it.
Lookup = Callable[[str], Any]


def lookup_in(table: Mapping[str, Any]) -> Lookup:
    """Finds a label as written, else without regard to case and white space."""
    exact = {str(label): value for label, value in table.items()}
    loose: dict[str, Any] = {}
    for label, value in exact.items():
        loose.setdefault(normalise_label(label), value)

    def look_up(label: str) -> Any:
        found = exact.get(label)
        return found if found is not None else loose.get(normalise_label(label))

    return look_up


def not_in_table(table: str, label: str, field: str = "") -> RecordError:
    return RecordError(
        f"the table {table} does not have {label!r}", reason="unmapped", field=field, hint="add it to the table"
    )


def normalise_label(label: str) -> str:
    return " ".join(label.split()).casefold()
