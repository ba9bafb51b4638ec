"""State rows as SQLite holds them, and selections as conditions on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jobpipe.documents.row_ids import ROW_MASK
from jobpipe.documents.selecting import folded
from jobpipe.documents.store import Role, Selection, StateRow, Status

ROLES = tuple(Role)
STATUSES = tuple(Status)

# Id and import are written with these; the key and the role of a posting never change.
_CHANGING = (
    *("status", "written_run", "missing_since", "reason", "digest", "posting_digest", "part", "ordinal"),
    *(
        "first_run",
        "changed_run",
        "revision",
        "first_day",
        "title",
        "valid_through",
        "flags",
        "prior",
        "labels",
        "facts",
    ),
)
_WRITTEN = ("id", "import_id", "role", "key", *_CHANGING)

_COLUMNS_AND_MARKS = f"state ({', '.join(_WRITTEN)}) VALUES ({', '.join('?' * len(_WRITTEN))})"
# Three ways to write a row: one that is not there, one that may be, and a posting that keeps its key, whose
# place in the index of keys is then left alone.
INSERT_ROW = f"INSERT INTO {_COLUMNS_AND_MARKS}"
REPLACE_ROW = f"INSERT OR REPLACE INTO {_COLUMNS_AND_MARKS}"
UPDATE_POSTING = f"UPDATE state SET {', '.join(f'{name} = ?' for name in _CHANGING)} WHERE id = ?"

# What `state_row` reads, of the table under the name s.
SELECTED = ", ".join(f"s.{name}" for name in ("id", "role", "key", *_CHANGING))
# In the words of the partial indexes, which are used for no other.
NOT_LIVE = "(s.role != 0 OR s.status != 0 OR s.reason != '')"


def changing_values(row: StateRow) -> tuple[Any, ...]:
    return (
        int(row.status),
        row.written_run,
        row.missing_since,
        row.reason,
        row.digest,
        row.posting_digest,
        row.part,
        row.ordinal,
        row.first_run,
        row.changed_run,
        row.revision,
        row.first_day,
        row.title,
        row.valid_through,
        row.flags,
        row.prior,
        row.labels,
        row.facts,
    )


def written_values(number: int, import_id: int, row: StateRow) -> tuple[Any, ...]:
    return (number, import_id, int(row.role), row.key, *changing_values(row))


def state_row(found: Sequence[Any]) -> StateRow:
    return StateRow(
        row=found[0] & ROW_MASK,
        role=ROLES[found[1]],
        key=found[2],
        status=STATUSES[found[3]],
        written_run=found[4],
        missing_since=found[5],
        reason=found[6],
        digest=found[7],
        posting_digest=found[8],
        part=found[9],
        ordinal=found[10],
        first_run=found[11],
        changed_run=found[12],
        revision=found[13],
        first_day=found[14],
        title=found[15],
        valid_through=found[16],
        flags=found[17],
        prior=found[18],
        labels=found[19],
        facts=found[20],
    )


def conditions_of(selection: Selection) -> tuple[str, list[Any]]:
    """An SQL condition with its values for all but the keys."""
    conditions: list[str] = ["s.role = ?"]
    values: list[Any] = [int(selection.role)]
    if selection.status is not None:
        conditions.append("s.status = ?")
        values.append(int(selection.status))
    if selection.reason:
        conditions.append("s.reason = ?")
        values.append(selection.reason)
    if selection.changed_since_run:
        conditions.append("s.changed_run >= ?")
        values.append(selection.changed_since_run)
    if selection.changed_in_run:
        conditions.append("s.changed_run = ?")
        values.append(selection.changed_in_run)
    if selection.text:
        conditions.append("contains_folded(s.title, ?)")
        values.append(folded(selection.text))
    return " AND ".join(conditions), values
