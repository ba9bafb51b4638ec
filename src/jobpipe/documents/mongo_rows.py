"""State rows as MongoDB holds them, selections as conditions on them, and the indexes that find them."""

from __future__ import annotations

from typing import Any

from pymongo import IndexModel

from jobpipe.documents.row_ids import ROW_MASK
from jobpipe.documents.selecting import contains_folded, folded
from jobpipe.documents.store import Role, Selection, StateRow, Status

ROLES = tuple(Role)
STATUSES = tuple(Status)
# A document of a collection.
Document = dict[str, Any]

# By collection. The names are fixed: one that is there already is left as it is.  What an index holds by its condition
# stands in its fields too, at no cost, so that a query finds it by these and can be answered without its documents.
INDEXES: dict[str, list[IndexModel]] = {
    "state": [
        # One posting a key; duplicates and rejected records share keys.
        IndexModel(
            [("import_id", 1), ("role", 1), ("key", 1)],
            name="posting_by_key",
            unique=True,
            partialFilterExpression={"role": int(Role.POSTING)},
        ),
        # Live postings are in no index that is not about keys or ends: most rows are live, and most stay as they are.
        IndexModel(
            [("import_id", 1), ("not_live", 1), ("role", 1), ("status", 1), ("reason", 1)],
            name="row_not_live",
            partialFilterExpression={"not_live": True},
        ),
        IndexModel(
            [("import_id", 1), ("not_live", 1), ("changed_run", 1)],
            name="change_not_live",
            partialFilterExpression={"not_live": True},
        ),
        IndexModel(
            [("import_id", 1), ("_id", 1)],
            name="missing_row",
            partialFilterExpression={"missing_since": {"$gt": 0}},
        ),
        IndexModel(
            [("import_id", 1), ("role", 1), ("status", 1), ("valid_through", 1)],
            name="live_until",
            partialFilterExpression={"status": int(Status.LIVE), "valid_through": {"$gt": ""}},
        ),
        # One entry a label of a row.
        IndexModel(
            [("import_id", 1), ("labelled", 1), ("labels", 1)],
            name="row_by_label",
            partialFilterExpression={"labelled": True},
        ),
    ],
}


def is_not_live(row: StateRow) -> bool:
    return row.role is not Role.POSTING or row.status is not Status.LIVE or row.reason != ""


def fields_of(import_id: int, row: StateRow) -> Document:
    """All but `_id` and `fence`."""
    return {
        "import_id": import_id,
        "role": int(row.role),
        "status": int(row.status),
        "not_live": is_not_live(row),
        "key": row.key,
        "reason": row.reason,
        "digest": row.digest,
        "posting_digest": row.posting_digest,
        "part": row.part,
        "ordinal": row.ordinal,
        "first_run": row.first_run,
        "changed_run": row.changed_run,
        "written_run": row.written_run,
        "missing_since": row.missing_since,
        "revision": row.revision,
        "first_day": row.first_day,
        "title": row.title,
        "valid_through": row.valid_through,
        "flags": row.flags,
        "prior": row.prior,
        "labels": row.labels.split("\n") if row.labels else [],
        "labelled": bool(row.labels),
        "facts": row.facts,
    }


def state_row(found: Document) -> StateRow:
    return StateRow(
        row=found["_id"] & ROW_MASK,
        role=ROLES[found["role"]],
        status=STATUSES[found["status"]],
        key=found["key"],
        reason=found["reason"],
        digest=found["digest"],
        posting_digest=found["posting_digest"],
        part=found["part"],
        ordinal=found["ordinal"],
        first_run=found["first_run"],
        changed_run=found["changed_run"],
        written_run=found["written_run"],
        missing_since=found["missing_since"],
        revision=found["revision"],
        first_day=found["first_day"],
        title=found["title"],
        valid_through=found["valid_through"],
        flags=found["flags"],
        prior=found["prior"],
        # What an earlier version has written has none.
        labels="\n".join(found.get("labels", ())),
        facts=found.get("facts", b""),
    )


def conditions_of(selection: Selection) -> Document:
    """For all but the keys and the text, which no index helps to find."""
    conditions: Document = {"role": int(selection.role)}
    if selection.status is not None:
        conditions["status"] = int(selection.status)
    if selection.reason:
        conditions["reason"] = selection.reason
    changed = {}
    if selection.changed_since_run:
        changed["$gte"] = selection.changed_since_run
    if selection.changed_in_run:
        changed["$eq"] = selection.changed_in_run
    if changed:
        conditions["changed_run"] = changed
    return conditions


def is_selected(found: Document, selection: Selection) -> bool:
    """By all but the keys."""
    return (
        found["role"] == selection.role
        and (selection.status is None or found["status"] == selection.status)
        and (not selection.reason or found["reason"] == selection.reason)
        and found["changed_run"] >= selection.changed_since_run
        and (not selection.changed_in_run or found["changed_run"] == selection.changed_in_run)
        and (not selection.labels or not set(selection.labels).isdisjoint(found.get("labels", ())))
        and (not selection.text or contains_folded(found["title"], folded(selection.text)))
    )
