"""What one run has changed, posting by posting, each beside what it was before."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import msgspec

from jobpipe.documents.body import unpack
from jobpipe.documents.store import Documents, Role, Selection, StateRow, Status
from jobpipe.ledger.models import Run
from jobpipe.runs.deliveries.change_lists import pruned_to
from jobpipe.runs.deliveries.row_numbers import unpack_rows
from jobpipe.runs.plans.field_changes import differing_fields, excerpts

NEW, UPDATED, EXPIRED = "new", "updated", "expired"
KINDS = (NEW, UPDATED, EXPIRED)
# Rows that are looked at for one page of one kind.
_LOOKED_AT = 5_000
# Of them, in one question.
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class FieldDifference:
    field: str
    # None = nothing.
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Changed:
    row: StateRow
    # new, updated, expired, or what else became of it: excluded, closed.
    kind: str
    # Of an updated one, where both revisions are kept.
    fields: list[FieldDifference]


@dataclass(frozen=True, slots=True)
class ChangedPage:
    found: list[Changed]
    # The row to go on after; 0 = there is no more.
    next_after: int


def changed_page(documents: Documents, run: Run, *, kind: str = "", after: int = 0, size: int = 20) -> ChangedPage:
    """Postings that `run` was the last to change, by the number of their rows; `kind`: only those."""
    found: list[StateRow] = []
    last = after
    for looked, row in enumerate(_changed(documents, run, kind, after), 1):
        if len(found) == size or looked > _LOOKED_AT:
            return ChangedPage(_all_changed(documents, run, found), last)
        last = row.row
        if kind in ("", kind_of(row, run)):
            found.append(row)
    return ChangedPage(_all_changed(documents, run, found), 0)


def _changed(documents: Documents, run: Run, kind: str, after: int) -> Iterator[StateRow]:
    """Postings that `run` was the last to change, after this row, those of the kind among them.

    By the lists of the run, so that all other postings cost nothing; where these are not there (the run is under way,
    or they were pruned for their age) all postings are looked through.
    """
    owner = run.import_row_id
    lists = [unpack_rows(bytes(rows)) for rows in run.change_lists.values_list("rows", flat=True)]
    if kind == EXPIRED or (not lists and not _is_listed(run)):
        status = Status.EXPIRED if kind == EXPIRED else Status.LIVE if kind else None
        yield from documents.select(owner, Selection(status=status, changed_in_run=run.pk, after_row=after))
        return
    numbers = sorted({number for rows in lists for number in rows[bisect_right(rows, after) :]})
    for start in range(0, len(numbers), _AT_ONCE):
        some = documents.rows(owner, numbers[start : start + _AT_ONCE])
        for number in sorted(some):
            if some[number].role is Role.POSTING and some[number].changed_run == run.pk:
                yield some[number]


def _is_listed(run: Run) -> bool:
    """Whether what it changed is still listed: where it has no list, it changed nothing."""
    return run.sequence is not None and run.sequence > pruned_to()


def kind_of(row: StateRow, run: Run) -> str:
    if row.status is Status.LIVE:
        return NEW if row.first_run == run.pk else UPDATED
    return EXPIRED if row.status is Status.EXPIRED else "excluded"


def _all_changed(documents: Documents, run: Run, rows: list[StateRow]) -> list[Changed]:
    return [Changed(row, kind_of(row, run), list(differences(documents, run.import_row_id, row))) for row in rows]


def differences(
    documents: Documents, import_id: int, row: StateRow, *, revision: int = 0, most: int = 40
) -> Iterator[FieldDifference]:
    """Between a revision of the posting (0 = the last one) and the one before, where both are kept."""
    revision = revision or row.revision
    if revision < 2:
        return
    frames = [documents.body(import_id, row.row, one) for one in (revision - 1, revision)]
    postings = [unpack(frame).posting if frame else b"" for frame in frames]
    if not all(postings):
        return
    for name, was, now in islice(differing_fields(*postings), most):
        yield FieldDifference(name, *excerpts(_value(was), _value(now)))


def _value(packed: bytes) -> Any:
    return msgspec.json.decode(packed) if packed else None
