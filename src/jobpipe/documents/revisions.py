"""Which bodies a row has when a batch has been written."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from jobpipe.documents.row_ids import body_id
from jobpipe.documents.store import Written


class Bodies(msgspec.Struct, gc=False):
    """Of one row: the stored ones from `oldest` to `newest` stay, and `frames` (by revision) are written."""

    oldest: int
    newest: int
    frames: dict[int, bytes]


def bodies_of(numbers: Sequence[int], written: Sequence[Written], revisions_kept: int) -> dict[int, Bodies]:
    """By the ids of rows. A body is replaced under its revision; later and too old ones of its row go.

    A row may be written several times in one batch: each writing takes from what the ones before it left.
    Raises InternalError for a revision that cannot be counted.
    """
    left: dict[int, Bodies] = {}
    for number, one in zip(numbers, written, strict=True):
        newest = one.state.revision
        body_id(number, newest)
        oldest = max(newest - revisions_kept + 1, 0)
        own = left.get(number)
        if own is None:
            own = left[number] = Bodies(oldest, newest, {})
        else:
            own.oldest, own.newest = max(own.oldest, oldest), min(own.newest, newest)
            own.frames = {revision: frame for revision, frame in own.frames.items() if oldest <= revision <= newest}
        if one.body is not None:
            own.frames[newest] = one.body
    return left
