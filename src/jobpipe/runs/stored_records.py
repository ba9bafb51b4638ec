"""Stored records as a source would give them: raw bytes with their context, beside the rows that they made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

import msgspec
import xxhash

from jobpipe.documents.body import unpack
from jobpipe.documents.store import Documents, Flag, Role, Selection, StateRow, before_run
from jobpipe.runs.interrupted import taken_back
from jobpipe.sources.record import Context, RawRecord


class StoredRecord(NamedTuple):
    row: StateRow
    record: RawRecord
    # Canonical JSON of the posting that it made; b"" = none.
    posting: bytes


def in_order(
    documents: Documents, import_id: int, run: int, postings: Iterable[Selection], rejected: Selection
) -> Iterator[StoredRecord]:
    """As they were when `run` began, whatever it has written meanwhile.

    Of two records with one key the first keeps it: a rejected one that is newer than its posting goes before.  A
    record that is stored twice, as a posting's and as a rejected one, comes once; one that an interrupted run made
    a posting of, as what it was before.
    """
    interrupted = taken_back(import_id)
    replaced: dict[str, bytes] = {}

    def records(*selections: Selection) -> Iterator[StoredRecord]:
        return _records_of(documents, import_id, run, selections)

    def replacing() -> Iterator[StoredRecord]:
        for one in records(rejected):
            if _replaces(one.row):
                replaced[one.row.key] = _content(one)
                yield one

    def is_another(one: StoredRecord) -> bool:
        row = one.row
        if row.first_run in interrupted:
            return False
        return row.role is not Role.POSTING or row.key not in replaced or replaced[row.key] != _content(one)

    others = (one for one in records(rejected) if not _replaces(one.row))
    return chain(replacing(), filter(is_another, records(*postings)), others)


def records_of(documents: Documents, import_id: int, selections: Iterable[Selection]) -> Iterator[StoredRecord]:
    """As they are, for what writes nothing; a record whose context is lost is left out."""
    return _records_of(documents, import_id, 0, selections)


def context_of(documents: Documents, import_id: int, digest: bytes) -> Context | None:
    """None = it is lost."""
    packed = documents.context(import_id, digest)
    return msgspec.msgpack.decode(packed, type=Context) if packed is not None else None


def _content(one: StoredRecord) -> bytes:
    return xxhash.xxh3_128_digest(one.record.raw, seed=int.from_bytes(one.record.context.digest()[:8], "little"))


def _replaces(row: StateRow) -> bool:
    return bool(row.flags & Flag.REPLACES)


def _records_of(
    documents: Documents, import_id: int, run: int, selections: Iterable[Selection]
) -> Iterator[StoredRecord]:
    """Those of the selections, one after the other; a record whose context is lost is left out."""
    contexts: dict[bytes, Context] = {}
    for selection in selections:
        for row, frame in _as_before(documents, import_id, run, selection):
            body = unpack(frame)
            if body.context not in contexts:
                context = context_of(documents, import_id, body.context)
                if context is None:
                    continue
                contexts[body.context] = context
            yield StoredRecord(row, RawRecord(body.raw, body.offset, contexts[body.context]), body.posting)


def _as_before(
    documents: Documents, import_id: int, run: int, selection: Selection
) -> Iterator[tuple[StateRow, bytes]]:
    """The run writes while its records are read: what it has made is none of them, what it has changed is as it was."""
    for row, frame in documents.bodies(import_id, selection):
        before = before_run(row, run)
        if before is row:
            yield row, frame
        elif before is not None and _is_of(before, selection):
            kept = documents.body(import_id, row.row, before.revision) if before.revision != row.revision else None
            yield before, kept or frame


def _is_of(row: StateRow, selection: Selection) -> bool:
    """As far as a run can change it."""
    return (
        row.role is selection.role and selection.status in (None, row.status) and selection.reason in ("", row.reason)
    )
