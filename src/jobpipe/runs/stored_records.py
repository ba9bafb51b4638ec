"""Stored records as a source would give them: raw bytes with their context, beside the rows that they made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

import msgspec

from jobpipe.documents.body import unpack
from jobpipe.documents.store import Documents, Flag, Selection, StateRow
from jobpipe.sources.record import Context, RawRecord


def in_order(
    documents: Documents, import_id: int, postings: Iterable[Selection], rejected: Selection
) -> Iterator[tuple[StateRow, RawRecord]]:
    """Of two records with one key the first keeps it: a rejected one that is newer than its posting goes before."""
    replacing = ((row, record) for row, record in records_of(documents, import_id, (rejected,)) if _replaces(row))
    others = ((row, record) for row, record in records_of(documents, import_id, (rejected,)) if not _replaces(row))
    return chain(replacing, records_of(documents, import_id, postings), others)


def _replaces(row: StateRow) -> bool:
    return bool(row.flags & Flag.REPLACES)


def records_of(
    documents: Documents, import_id: int, selections: Iterable[Selection]
) -> Iterator[tuple[StateRow, RawRecord]]:
    """Those of the selections, one after the other; a record whose context is lost is left out."""
    contexts: dict[bytes, Context] = {}
    for selection in selections:
        for row, frame in documents.bodies(import_id, selection):
            body = unpack(frame)
            if body.context not in contexts:
                packed = documents.context(import_id, body.context)
                if packed is None:
                    continue
                contexts[body.context] = msgspec.msgpack.decode(packed, type=Context)
            yield row, RawRecord(body.raw, body.offset, contexts[body.context])
