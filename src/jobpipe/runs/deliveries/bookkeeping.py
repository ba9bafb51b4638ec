"""What a published file means for each posting: written down where it differs from what was known, and only there."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from jobpipe.documents.delivered.store import Delivered, Receipt, Standing
from jobpipe.documents.store import Role, Selection, StateRow, Status
from jobpipe.runs.deliveries.sitting import Sitting

_CHUNK = 5_000


def keep_books(sitting: Sitting, delivery: int, included: dict[int, array[int]]) -> None:
    """`included`: import -> the rows that the file has, growing. Flat memory; reads no body; may be repeated."""
    delivered, number = sitting.workspace.delivered, sitting.destination.pk
    at = sitting.moment
    rows: list[Delivered] = []
    receipts: list[Receipt] = []
    for import_id in sorted({*included, *delivered.imports(number)}):
        for change in _changes(sitting, import_id, included.get(import_id, array("I"))):
            change.delivery, change.at = delivery, at
            rows.append(change)
            receipts.append(_receipt(number, change))
            if len(rows) >= _CHUNK:
                delivered.save(number, rows, receipts)
                rows, receipts = [], []
    delivered.save(number, rows, receipts)


def _changes(sitting: Sitting, import_id: int, included: array[int]) -> Iterator[Delivered]:
    """Of one import, by growing row: both sides are walked together."""
    known = sitting.workspace.delivered.walk(sitting.destination.pk, import_id)
    before = next(known, None)
    for state in _states(sitting, import_id, included):
        while before is not None and before.row < state.row:
            yield from _gone(before)
            before = next(known, None)
        same = before if before is not None and before.row == state.row else None
        if same is not None:
            before = next(known, None)
        if same is None or same.standing is not Standing.THERE or same.digest != state.posting_digest:
            yield Delivered(
                import_id=import_id,
                row=state.row,
                key=state.key,
                standing=Standing.THERE,
                number=(same.number if same is not None else 0) + 1,
                revision=state.revision,
                digest=state.posting_digest,
            )
    while before is not None:
        yield from _gone(before)
        before = next(known, None)


def _states(sitting: Sitting, import_id: int, included: array[int]) -> Iterator[StateRow]:
    """Of the rows that are in the file; one that has gone since it was written counts as it was."""
    wanted = iter(included)
    row = next(wanted, None)
    for state in sitting.workspace.documents.select(import_id, Selection(role=Role.POSTING)):
        while row is not None and row < state.row:
            row = next(wanted, None)
        if row is None:
            return
        if state.row == row and state.status is not Status.NONE:
            yield state


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
