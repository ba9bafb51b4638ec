"""What a change would do, heard of while its run is tried out: row by row as they would be written."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from jobpipe.documents.body import unpack
from jobpipe.documents.ending import is_over
from jobpipe.documents.store import Documents, Flag, Role, Selection, StateRow, Status, Written, unpack_prior
from jobpipe.lifecycle.outcomes import was_a_posting
from jobpipe.runs.plans.field_changes import FieldChanges
from jobpipe.taxonomy.tables import parse_use

MAX_SAMPLES = 5
# Different labels, and different reasons of rejected records, that are counted.
MAX_LABELS = 1_000
MAX_REASONS = 100
# Postings that are kept until their rows are heard of: about as many as are under way.
MAX_MET = 6_000
MAX_MET_BYTES = 48_000_000
# Keys in one question to the store.
_AT_ONCE = 500
_CHANGED = "updated"

Label = tuple[str, str]


class Effects:
    def __init__(self, documents: Documents, import_id: int, run: int) -> None:
        """`documents`: as they are; `run`: of the rows that are heard of."""
        self._documents = documents
        self._import_id = import_id
        self._run = run
        self._now = datetime.now(UTC)
        self.fields = FieldChanges()
        # A few of each outcome, for people.
        self.samples: dict[str, list[dict[str, Any]]] = {}
        # Of the postings that would be filtered, closed …: how many are live.
        self.were_live: Counter[str] = Counter()
        self._met_postings: dict[int, bytes] = {}
        self._met_bytes = 0
        self._heard: Counter[str] = Counter()
        # Live postings that a record was found for, be it one that would be rejected.
        self._met = 0
        # (reason, field) -> how many records, and one of them.
        self._rejected: Counter[Label] = Counter()
        self._messages: dict[Label, dict[str, Any]] = {}
        # Labels that mean nothing and did, and the other way round -> how many records.
        self.unmapped: Counter[Label] = Counter()
        self.mapped: Counter[Label] = Counter()

    def meet(self, row: int, posting: bytes) -> None:
        """What a row holds that is likely to be heard of soon: it need not be asked for again."""
        met = self._met_postings
        met[row] = posting
        self._met_bytes += len(posting)
        while len(met) > MAX_MET or self._met_bytes > MAX_MET_BYTES:
            self._met_bytes -= len(met.pop(next(iter(met))))

    def heed(self, batch: list[Written]) -> None:
        changed: dict[str, Written] = {}
        for one in batch:
            state = one.state
            if state.written_run != self._run:
                continue
            before = unpack_prior(state.prior)
            outcome = _outcome(state, before)
            if outcome == _CHANGED and self._is_live(state) and one.body is not None:
                changed[state.key] = one
            elif outcome == "rejected":
                self._count_rejected(one)
            self._note(outcome, state, before)
            self._compare_labels(state, before)
        self._compare_fields(changed)

    def _is_live(self, state: StateRow) -> bool:
        """When the run is over: what is past its day ends with it."""
        end = state.valid_through
        return state.status is Status.LIVE and not (end and is_over(end, self._now))

    @property
    def rejected(self) -> list[dict[str, Any]]:
        """Why records would be rejected, the most frequent reason first."""
        return [{**self._messages[reason], "records": count} for reason, count in self._rejected.most_common()]

    def left_behind(self, live: int, unchanged: int) -> int:
        """Of so many live postings those whose records have made others, in a run over all that is stored.

        `unchanged`: how many records were; those that are known byte by byte are not heard of.
        """
        known = unchanged - self._heard["unchanged"]
        return max(live - self._met - known, 0)

    def _note(self, outcome: str, state: StateRow, before: StateRow | None) -> None:
        is_live = before is not None and before.status is Status.LIVE
        self._heard[outcome] += 1
        self._met += is_live or bool(state.role is Role.REJECTED and state.flags & Flag.REPLACES)
        if is_live and state.status is not Status.LIVE:
            self.were_live[outcome] += 1
        elif outcome in ("filtered", "closed") and before is not None:
            return  # it is no news
        samples = self.samples.setdefault(outcome, [])
        if outcome not in ("unchanged", _CHANGED) and len(samples) < MAX_SAMPLES:
            samples.append({"key": state.key, "title": state.title})

    def _count_rejected(self, one: Written) -> None:
        note = unpack(one.body).note if one.body is not None else None
        reason, field, message = note or (one.state.reason, "", "")
        known = (reason, field)
        if known not in self._messages:
            if len(self._messages) >= MAX_REASONS:
                return
            self._messages[known] = {"reason": reason, "field": field, "message": message, "key": one.state.key}
        self._rejected[known] += 1

    def _compare_labels(self, state: StateRow, before: StateRow | None) -> None:
        labels = before.labels if before is not None else ""
        if state.labels == labels:
            return
        had, has = set(labels.split("\n")) - {""}, set(state.labels.split("\n")) - {""}
        was = {use[:2]: use.mark for use in map(parse_use, had - has)}
        for use in map(parse_use, has - had):
            label = (use.table, use.label)
            if not use.mark:
                _count(self.unmapped, label)
            elif was.get(label) == "":
                _count(self.mapped, label)

    def _compare_fields(self, changed: dict[str, Written]) -> None:
        keys = [key for key, one in changed.items() if not self._compare_met(one)]
        for start in range(0, len(keys), _AT_ONCE):
            some = Selection(keys=tuple(keys[start : start + _AT_ONCE]))
            for row, frame in self._documents.bodies(self._import_id, some):
                self._compare(changed[row.key], unpack(frame).posting)

    def _compare_met(self, one: Written) -> bool:
        before = self._met_postings.pop(one.state.row, None)
        if before is None:
            return False
        self._met_bytes -= len(before)
        self._compare(one, before)
        return True

    def _compare(self, one: Written, before: bytes) -> None:
        after = unpack(one.body or b"").posting
        if before and after:
            self.fields.compare(one.state.key, one.state.title, before, after)


def _outcome(state: StateRow, before: StateRow | None) -> str:
    """As `jobpipe.lifecycle.decide` has it."""
    if state.role is not Role.POSTING:
        return state.role.name.lower()
    if state.status is Status.EXCLUDED and state.reason == "rule":
        return "filtered"
    if state.status is Status.EXPIRED and state.reason == "closed":
        return "closed"
    if not was_a_posting(before):
        return "new"
    assert before is not None
    return "unchanged" if before.posting_digest == state.posting_digest else _CHANGED


def _count(counted: Counter[Label], label: Label) -> None:
    if label in counted or len(counted) < MAX_LABELS:
        counted[label] += 1
