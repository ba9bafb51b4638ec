"""What a published file means for each posting: written down where it differs from what was known, and only there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from jobpipe.documents.delivered.store import Delivered, Receipt, Standing
from jobpipe.runs.deliveries.sitting import Sitting
from jobpipe.runs.deliveries.snapshot_contents import Included

_CHUNK = 5_000


def keep_books(sitting: Sitting, delivery: int, contents: Iterable[Included]) -> None:
    """`contents`: what the file has, by import and growing row. Flat memory; reads no document; may be repeated."""
    delivered, number = sitting.workspace.delivered, sitting.destination.pk
    at = sitting.moment
    rows: list[Delivered] = []
    receipts: list[Receipt] = []
    for change in _all_changes(sitting, contents):
        change.delivery, change.at = delivery, at
        rows.append(change)
        receipts.append(_receipt(number, change))
        if len(rows) >= _CHUNK:
            delivered.save(number, rows, receipts)
            rows, receipts = [], []
    delivered.save(number, rows, receipts)


def _all_changes(sitting: Sitting, contents: Iterable[Included]) -> Iterator[Delivered]:
    left = sorted(sitting.workspace.delivered.imports(sitting.destination.pk), reverse=True)
    for import_id, included in groupby(contents, key=lambda one: one.import_id):
        while left and left[-1] < import_id:
            yield from _changes(sitting, left.pop(), iter(()))
        if left and left[-1] == import_id:
            left.pop()
        yield from _changes(sitting, import_id, included)
    while left:
        yield from _changes(sitting, left.pop(), iter(()))


def _changes(sitting: Sitting, import_id: int, included: Iterator[Included]) -> Iterator[Delivered]:
    """Of one import, by growing row: both sides are walked together."""
    known = sitting.workspace.delivered.walk(sitting.destination.pk, import_id)
    before = next(known, None)
    for one in included:
        while before is not None and before.row < one.row:
            yield from _gone(before)
            before = next(known, None)
        same = before if before is not None and before.row == one.row else None
        if same is not None:
            before = next(known, None)
        if same is None or same.standing is not Standing.THERE or same.digest != one.digest:
            yield Delivered(
                import_id=import_id,
                row=one.row,
                key=one.key,
                standing=Standing.THERE,
                number=(same.number if same is not None else 0) + 1,
                revision=one.revision,
                digest=one.digest,
            )
    while before is not None:
        yield from _gone(before)
        before = next(known, None)


def _gone(before: Delivered) -> Iterator[Delivered]:
    if before.standing is Standing.AWAY:
        return
    yield Delivered(
        import_id=before.import_id,
        row=before.row,
        key=before.key,
        standing=Standing.AWAY,
        number=before.number + 1,
    )


def _receipt(destination: int, one: Delivered) -> Receipt:
    return Receipt(
        destination=destination,
        import_id=one.import_id,
        row=one.row,
        number=one.number,
        action="upsert" if one.standing is Standing.THERE else "remove",
        fate="accepted",
        revision=one.revision,
        delivery=one.delivery,
        at=one.at,
    )
