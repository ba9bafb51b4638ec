"""Applying: batches, in their order, become state rows, bodies and verdicts.

The conductor alone writes.  Documents are written first, then the batches are marked done in the ledger;
between the two a kill costs nothing, because writing is by key and compared with the state before the run.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from jobpipe.documents.body import unpack
from jobpipe.documents.store import Documents, Role, StateRow, Status, Written, before_run
from jobpipe.lifecycle import Outcome, decide, outcome_of_hit, revive
from jobpipe.runs.comparing import MISS, ComparedBatch, Miss
from jobpipe.runs.executors.executor import Done
from jobpipe.runs.known_table import Kind, KnownTable
from jobpipe.runs.verdicts import Verdicts
from jobpipe.sources.record import Context
from jobpipe.tracing import span
from jobpipe.transform.outcome import Transformed

FLUSH_ROWS = 2_000
FLUSH_BYTES = 8_000_000
FLUSH_RECORDS = 20_000
FLUSH_SECONDS = 2.0
MAX_LABELS = 1_000
MAX_SAMPLES = 20
SAMPLE_EVERY = 7


@dataclass(frozen=True, slots=True)
class VainChange:
    """The packed bodies of one posting whose record changed and which did not."""

    before: bytes
    now: bytes


class Applier:
    def __init__(
        self,
        *,
        documents: Documents,
        import_id: int,
        run: int,
        known: KnownTable,
        day: str,
        transform_again: Callable[[Transformed, Context, str], Transformed],
        mark_done: Callable[[list[tuple[Verdicts, str]]], None],
        take_down: Callable[[list[Written]], list[Written]],
    ) -> None:
        """`transform_again(transformed, context, day)` makes a record's posting with another first day;
        `mark_done` marks batches in the ledger: their verdicts, and the chain of digests at their end;
        `take_down` is asked for each writing what of it is not to be live."""
        self._documents = documents
        self._import_id = import_id
        self._run = run
        self._known = known
        self._day = day
        self._transform_again = transform_again
        self._mark_done = mark_done
        self._take_down = take_down
        # (table, label) of look-ups that found nothing -> how many records.
        self.unmapped: Counter[tuple[str, str]] = Counter()
        # Rules that could not be applied: number -> how many records, and for one of them its key and why.
        self.rule_faults: Counter[int] = Counter()
        self.rule_samples: dict[int, tuple[str, str]] = {}
        # Records whose bytes had changed though their posting had not, and a few of them for a closer look.
        self.changed_in_vain = 0
        self.vain_samples: list[VainChange] = []
        # Of postings whose own record came after the one that takes their key now: its body, by index.
        self._own_bodies: dict[int, bytes] = {}
        self._saved_contexts: set[bytes] = set()
        self._reset()

    def apply(self, batch: ComparedBatch, done: Done | None) -> None:
        verdicts = Verdicts(batch.first)
        results = iter(zip(batch.misses, done.results if done else (), strict=True))
        contexts = batch.work.contexts if batch.work else []
        found = self._find_postings(done.results) if done else {}
        seen, kind_of, row_of = self._known.seen, self._known.kind, self._known.row
        live = int(Kind.LIVE)
        for ordinal, index in enumerate(batch.found, batch.first):
            if index == MISS:
                miss, record = next(results)
                self._apply_miss(verdicts, miss, record, found, contexts)
            elif kind_of(index) == live and seen(index) == ordinal:
                verdicts.add(Outcome.UNCHANGED, row_of(index))
            else:
                self._apply_other_hit(verdicts, ordinal, index)
        self._verdicts.append((verdicts, batch.chain))
        self._records += len(verdicts)
        self._keep_contexts(contexts)
        if self._is_due():
            self.flush()

    def flush(self) -> None:
        """Write what is pending: durable when this returns."""
        with span("apply", batches=len(self._verdicts), written=len(self._written)):
            self._flush()

    def _flush(self) -> None:
        if self._contexts:
            self._documents.save_contexts(self._import_id, self._contexts)
        if self._written:
            numbers = self._documents.write(self._import_id, self._take_down(self._written))
            for (verdicts, ordinal), number in zip(self._places, numbers, strict=True):
                verdicts.set_row(ordinal, number)
        if self._verdicts:
            self._mark_done(self._verdicts)
        self._reset()

    def _reset(self) -> None:
        self._written: list[Written] = []
        # Whose verdict waits for the row number of each written row.
        self._places: list[tuple[Verdicts, int]] = []
        self._pending: dict[str, StateRow] = {}
        self._contexts: dict[bytes, bytes] = {}
        self._verdicts: list[tuple[Verdicts, str]] = []
        self._records = 0
        self._bytes = 0
        self._since = time.monotonic()

    def _is_due(self) -> bool:
        return (
            len(self._written) >= FLUSH_ROWS
            or self._bytes >= FLUSH_BYTES
            or self._records >= FLUSH_RECORDS
            or time.monotonic() - self._since >= FLUSH_SECONDS
        )

    def _keep_contexts(self, contexts: list[Context]) -> None:
        for context in contexts:
            digest = context.digest()
            if digest not in self._saved_contexts:
                self._saved_contexts.add(digest)
                self._contexts[digest] = msgspec.msgpack.encode(context)

    def _find_postings(self, results: list[Transformed]) -> dict[str, StateRow]:
        keys = [record.key for record in results if record.key and record.key not in self._pending]
        return self._documents.postings_by_key(self._import_id, keys) if keys else {}

    def _apply_miss(
        self,
        verdicts: Verdicts,
        miss: Miss,
        record: Transformed,
        found_rows: dict[str, StateRow],
        contexts: list[Context],
    ) -> None:
        found = self._pending.get(record.key) or found_rows.get(record.key)
        if record.day_dependent and found is not None and found.first_day not in ("", self._day):
            record = self._again(record, contexts, found.first_day)
        for label in record.unmapped:
            if label in self.unmapped or len(self.unmapped) < MAX_LABELS:
                self.unmapped[label] += 1
        for rule, why in record.rule_faults:
            self.rule_faults[rule] += 1
            self.rule_samples.setdefault(rule, (record.key, why))
        index = self._known.index_of_row(found.row) if found is not None and found.row else -1
        seen = self._known.seen(index) if self._known.is_taken(index) else 0
        decision = decide(
            found,
            seen,
            record,
            run=self._run,
            digest=miss.digest,
            part=miss.part,
            day=self._day,
        )
        row = decision.row
        if row.role is Role.POSTING:
            self._pending[record.key] = row
            if found is not None and seen > record.ordinal:
                self._keep_own_body(index, found)
            if index >= 0:
                self._known.mark_seen(index, record.ordinal)
            if decision.outcome is Outcome.UNCHANGED:
                self._note_vain_change(found, record)
        elif decision.outcome is Outcome.REJECTED:
            self._known.mark_seen_otherwise(index)
        self._write(verdicts, decision.outcome, row, record.body, reappeared=decision.reappeared)

    def _keep_own_body(self, index: int, found: StateRow) -> None:
        """What was known of a record that becomes a duplicate, before the body of its posting is another."""
        before = before_run(found, self._run) or found
        body = self._documents.body(self._import_id, found.row, before.revision)
        if body is not None:
            self._own_bodies[index] = body

    def _note_vain_change(self, found: StateRow | None, record: Transformed) -> None:
        self.changed_in_vain += 1
        if found is None or len(self.vain_samples) >= MAX_SAMPLES or self.changed_in_vain % SAMPLE_EVERY != 1:
            return
        stored = self._documents.body(self._import_id, found.row)
        if stored is not None:
            self.vain_samples.append(VainChange(before=stored, now=record.body))

    def _again(self, record: Transformed, contexts: list[Context], day: str) -> Transformed:
        wanted = unpack(record.body).context
        for context in contexts:
            if context.digest() == wanted:
                return self._transform_again(record, context, day)
        return record

    def _apply_other_hit(self, verdicts: Verdicts, ordinal: int, index: int) -> None:
        number = self._known.row(index)
        if self._known.seen(index) != ordinal:
            row = self._documents.rows(self._import_id, [number])[number]
            before = before_run(row, self._run) or row
            body = self._own_bodies.pop(index, None)
            self._write(verdicts, Outcome.DUPLICATE, self._side_row(before, ordinal), body)
            return
        kind = Kind(self._known.kind(index))
        outcome, reappeared = outcome_of_hit(kind)
        if not reappeared:
            verdicts.add(outcome, number)
            return
        row = self._documents.rows(self._import_id, [number])[number]
        back = revive(row, run=self._run, ordinal=ordinal)
        self._pending[row.key] = back
        self._write(verdicts, outcome, back, None, reappeared=True)

    def _side_row(self, holder: StateRow, ordinal: int) -> StateRow:
        """A record whose bytes are its posting's own, but whose key a smaller ordinal has taken."""
        return StateRow(
            key=holder.key,
            role=Role.DUPLICATE,
            status=Status.NONE,
            digest=holder.digest,
            posting_digest=holder.posting_digest,
            part=holder.part,
            ordinal=ordinal,
            first_run=self._run,
            changed_run=self._run,
            written_run=self._run,
            first_day=self._day,
            title=holder.title,
        )

    def _write(
        self, verdicts: Verdicts, outcome: Outcome, row: StateRow, body: bytes | None, *, reappeared: bool = False
    ) -> None:
        self._written.append(Written(row, body))
        self._places.append((verdicts, verdicts.first + len(verdicts)))
        self._bytes += len(body or b"")
        verdicts.add(outcome, row.row, reappeared=reappeared)
