"""By what postings are ordered: the day on which they were first seen, then import and row, in one integer."""

from __future__ import annotations

from datetime import date

from jobpipe.documents.row_ids import IMPORT_BITS, ROW_BITS, row_id
from jobpipe.documents.search.store import Entry

_FIRST_DAY = date(2000, 1, 1).toordinal()
_LAST = (1 << 62 - IMPORT_BITS - ROW_BITS) - 1
# Above every number.
END = (1 << 63) - 1


def number_of(entry: Entry) -> int:
    """Higher = newer. Below 2**63; a day before 2000 counts as its first, one that is not known too."""
    return _day(entry.first_day) << IMPORT_BITS + ROW_BITS | row_id(entry.import_id, entry.row)


def _day(text: str) -> int:
    try:
        day = date.fromisoformat(text[:10]).toordinal() - _FIRST_DAY
    except ValueError:
        return 0
    return min(max(day, 0), _LAST)
