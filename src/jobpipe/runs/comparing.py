"""Comparing: what is known already is not parsed; the rest goes into batches.

A batch is a range of consecutive records: for each, where it was found in the known table, or that it was
not; only those that were not found travel to a worker.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field

import xxhash

from jobpipe.runs.executors.executor import Work
from jobpipe.runs.known_table import Kind, KnownTable
from jobpipe.sources.formats.reading import DigestView
from jobpipe.sources.record import Context, RawRecord
from jobpipe.transform.outcome import Item

# Not found in the known table.
MISS = 0xFFFFFFFF

MAX_MISSES = 500
MAX_MISS_BYTES = 1_000_000
MAX_RECORDS = 5_000

# Of records that come slowly: so many make a batch once the first of them has waited so many seconds, so that workers
# compute while the others are fetched; and so many make one at any rate, so that no worker is left with the last ones.
ENOUGH_SLOW_MISSES = 20
PATIENCE = 0.25
MAX_SLOW_MISSES = 100


@dataclass(slots=True)
class Miss:
    ordinal: int
    digest: bytes
    part: str


@dataclass(slots=True)
class ComparedBatch:
    number: int
    # Ordinal of its first record.
    first: int
    # For each record its index in the known table, or MISS.
    found: array[int] = field(default_factory=lambda: array("I"))
    misses: list[Miss] = field(default_factory=list)
    work: Work | None = None
    # Over the digests of all records up to its last one; 32 hexadecimal digits.
    chain: str = ""

    @property
    def last(self) -> int:
        return self.first + len(self.found) - 1


class Comparer:
    """Looks records up, in their order, and cuts batches."""

    def __init__(
        self,
        known: KnownTable,
        *,
        revision: int,
        day: str,
        digest_view: DigestView | None = None,
        come_slowly: bool = False,
        most_bytes: int = MAX_MISS_BYTES,
        is_trial: bool = False,
        emit: Callable[[ComparedBatch], None],
    ) -> None:
        """`come_slowly`: records are asked for, page by page; others are there as fast as they are read.

        `most_bytes`: of the records that a batch sends to a worker, where there is more than one;
        `is_trial`: see `Work`.
        """
        self._known = known
        self._revision = revision
        self._day = day
        self._view = digest_view
        self._come_slowly = come_slowly
        self._most_bytes = most_bytes
        self._is_trial = is_trial
        self._emit = emit
        self._context: Context | None = None
        self._seed = 0
        self._batches = 0
        self._ordinal = 0
        self._part = ""
        self._chain = xxhash.xxh3_128()
        self._begin()

    def begin_part(self, part: str) -> None:
        self._part = part

    def skip(self, record: RawRecord) -> str:
        """A record that an earlier sitting of the run has applied; the chain up to it."""
        self._ordinal += 1
        self._chain.update(self.digest(record))
        self._begin()
        return self._chain.hexdigest()

    @property
    def ordinal(self) -> int:
        """Of the last record that was compared."""
        return self._ordinal

    def add(self, record: RawRecord) -> None:
        self._ordinal += 1
        digest = self.digest(record)
        self._chain.update(digest)
        index = self._look_up(digest)
        batch = self._batch
        if index >= 0:
            batch.found.append(index)
            self._known.mark_seen(index, self._ordinal)
        else:
            batch.found.append(MISS)
            batch.misses.append(Miss(self._ordinal, digest, self._part))
            self._items.append(
                Item(self._ordinal, record.raw, self._context_index(), record.flaw, self._day, record.offset)
            )
            self._bytes += len(record.raw)
        is_full = len(batch.misses) >= MAX_MISSES or self._bytes >= self._most_bytes or len(batch.found) >= MAX_RECORDS
        if is_full or (self._come_slowly and self._has_waited(len(batch.misses))):
            self.cut()

    def _has_waited(self, misses: int) -> bool:
        if misses < ENOUGH_SLOW_MISSES:
            return False
        return misses >= MAX_SLOW_MISSES or time.monotonic() - self._begun >= PATIENCE

    def cut(self) -> None:
        """End the batch that is being filled."""
        batch = self._batch
        if not batch.found:
            return
        batch.chain = self._chain.hexdigest()
        if self._items:
            batch.work = Work(batch.number, self._contexts, self._items, self._is_trial)
        self._begin()
        self._emit(batch)

    def digest(self, record: RawRecord) -> bytes:
        """Of the record's bytes with all that decides what becomes of them."""
        context = record.context
        if context is not self._context:
            self._context = context
            self._seed = int.from_bytes(context.digest()[:8], "little") ^ self._revision
        raw = record.raw if self._view is None or record.flaw else self._view(record.raw, context)
        return xxhash.xxh3_128_digest(raw, seed=self._seed)

    def _look_up(self, digest: bytes) -> int:
        """A hit repeats the stored outcome; a duplicate's counts only while the record that took its key is there."""
        known = self._known
        index = known.find(digest)
        if index < 0 or known.is_taken(index):
            return -1
        kind = known.kind(index)
        if kind == Kind.DUPLICATE or kind == Kind.REJECTED:
            return self._look_up_side_row(index, kind)
        return index

    def _look_up_side_row(self, index: int, kind: int) -> int:
        known = self._known
        holder = known.holder_row(index)
        holder_index = known.index_of_row(holder) if holder else -1
        if kind == Kind.DUPLICATE:
            return index if known.is_taken(holder_index) else -1
        known.mark_seen_otherwise(holder_index)
        return index

    def _begin(self) -> None:
        self._batch = ComparedBatch(self._batches, self._ordinal + 1)
        self._batches += 1
        self._items: list[Item] = []
        self._contexts: list[Context] = []
        self._bytes = 0
        self._begun = time.monotonic() if self._come_slowly else 0.0

    def _context_index(self) -> int:
        context = self._context
        assert context is not None
        if not self._contexts or self._contexts[-1] is not context:
            self._contexts.append(context)
        return len(self._contexts) - 1
