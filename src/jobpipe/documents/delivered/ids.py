"""Ids of what destinations have: one integer for (destination, import, row)."""

from __future__ import annotations

from jobpipe.documents.row_ids import IMPORT_BITS, ROW_BITS, ROW_MASK, id_range, row_id
from jobpipe.errors import InternalError

_POSTING_BITS = IMPORT_BITS + ROW_BITS
_POSTING_MASK = (1 << _POSTING_BITS) - 1
# The last one has no range that ends within 63 bits.
_DESTINATIONS = (1 << 63 - _POSTING_BITS) - 1
# Above every id.
END = (1 << 63) - 1


def delivered_id(destination: int, import_id: int, row: int) -> int:
    """Raises InternalError where a number does not fit, so that no id names another's row."""
    return _first(destination) | row_id(import_id, row)


def delivered_range(destination: int, import_id: int | None = None) -> tuple[int, int]:
    """Between these, both left out, lie the ids of a destination, or of one import there."""
    first = _first(destination)
    if import_id is None:
        return first, first + (1 << _POSTING_BITS)
    low, high = id_range(import_id)
    return first + low, first + high


def destination_of(number: int) -> int:
    return number >> _POSTING_BITS


def import_of(number: int) -> int:
    return (number & _POSTING_MASK) >> ROW_BITS


def posting_of(number: int) -> tuple[int, int]:
    """(import, row)."""
    return import_of(number), number & ROW_MASK


def _first(destination: int) -> int:
    if not 0 < destination < _DESTINATIONS:
        raise InternalError(f"there cannot be a destination {destination}")
    return destination << _POSTING_BITS
