"""Ids of state rows and bodies: one integer for (import, row), one for (import, row, revision)."""

from __future__ import annotations

from jobpipe.errors import InternalError

ROW_BITS = 29
REVISION_BITS = 17
IMPORT_BITS = 63 - ROW_BITS - REVISION_BITS
ROW_MASK = (1 << ROW_BITS) - 1
REVISION_MASK = (1 << REVISION_BITS) - 1


def row_id(import_id: int, row: int) -> int:
    """No row has the number 0. Raises InternalError where a number does not fit, so that no id names another's row."""
    if not 0 <= row <= ROW_MASK or import_id >> IMPORT_BITS:
        raise InternalError(f"import {import_id} cannot have a row {row}")
    return import_id << ROW_BITS | row


def row_of(number: int) -> int:
    return number & ROW_MASK


def id_range(import_id: int, *, after_row: int = 0) -> tuple[int, int]:
    """Between these, both left out, lie the ids of an import, or those of its rows above `after_row`."""
    return import_id << ROW_BITS | after_row, (import_id + 1) << ROW_BITS


def body_id(number: int, revision: int) -> int:
    """Raises InternalError for a revision that cannot be counted."""
    if not 0 <= revision <= REVISION_MASK:
        raise InternalError(f"row {row_of(number)} cannot have a revision {revision}")
    return number << REVISION_BITS | revision


def bodies_range(number: int) -> tuple[int, int]:
    """The first and the last id that a body of this row can have."""
    return number << REVISION_BITS, number << REVISION_BITS | REVISION_MASK


def revision_of(body: int) -> int:
    return body & REVISION_MASK
