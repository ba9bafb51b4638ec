"""The outcome of one record, from what was known before its run and what the definition makes of it."""

from __future__ import annotations

import enum
from typing import NamedTuple

import msgspec

from jobpipe.documents.store import NEAR_DUPLICATE, Flag, Role, StateRow, Status, before_run, is_hidden, pack_prior
from jobpipe.transform.outcome import Made, Transformed

replace = msgspec.structs.replace


class Outcome(enum.IntEnum):
    """What became of one record in a run. Below 16: it shares a byte with a flag."""

    NEW = 0
    UPDATED = 1
    UNCHANGED = 2
    # A smaller ordinal of the run has its key.
    DUPLICATE = 3
    # The definition's `keep`, a rule above it or a person leaves it out.
    FILTERED = 4
    # In quarantine, with its reason.
    REJECTED = 5
    # The source's own word that the posting is over.
    CLOSED = 6


class Kind(enum.IntEnum):
    """What a known row means for a record whose digest is the row's. Below 8: it takes three bits."""

    LIVE = 0
    # Expired because it was absent: to be listed again revives it.
    ABSENT = 1
    # Expired by its own day, which has not changed.
    ENDED = 2
    CLOSED = 3
    EXCLUDED = 4
    # Another import of the client has the same job: listed like a live one, delivered nowhere.
    HIDDEN = 5
    DUPLICATE = 6
    REJECTED = 7


class Decision(NamedTuple):
    outcome: Outcome
    row: StateRow
    # The posting had expired and is back.
    reappeared: bool = False


_KIND_OF_EXPIRED = {"ended": Kind.ENDED, "closed": Kind.CLOSED}
_OUTCOME_OF_HIT = {
    Kind.LIVE: Outcome.UNCHANGED,
    Kind.ABSENT: Outcome.UPDATED,
    Kind.ENDED: Outcome.UNCHANGED,
    Kind.CLOSED: Outcome.CLOSED,
    Kind.EXCLUDED: Outcome.FILTERED,
    Kind.HIDDEN: Outcome.UNCHANGED,
    Kind.DUPLICATE: Outcome.DUPLICATE,
    Kind.REJECTED: Outcome.REJECTED,
}


def kind_of(role: Role, status: Status, reason: str) -> Kind:
    if role is Role.DUPLICATE:
        return Kind.DUPLICATE
    if role is Role.REJECTED:
        return Kind.REJECTED
    if status is Status.EXPIRED:
        return _KIND_OF_EXPIRED.get(reason, Kind.ABSENT)
    if status is Status.EXCLUDED:
        return Kind.HIDDEN if reason == NEAR_DUPLICATE else Kind.EXCLUDED
    return Kind.LIVE


def outcome_of_hit(kind: Kind) -> tuple[Outcome, bool]:
    """The outcome of a record that is known byte by byte, and whether its posting reappears."""
    return _OUTCOME_OF_HIT[kind], kind is Kind.ABSENT


def revive(row: StateRow, *, run: int, ordinal: int) -> StateRow:
    """An expired posting whose very record is listed again."""
    before = before_run(row, run)
    return replace(
        row,
        status=Status.LIVE,
        reason="",
        ordinal=ordinal,
        changed_run=run,
        written_run=run,
        missing_since=0,
        prior=pack_prior(before) if before is not None else b"",
    )


def decide(
    found: StateRow | None, seen: int, record: Transformed, *, run: int, digest: bytes, part: str, day: str
) -> Decision:
    """The outcome of a record that was transformed, and the row to write.

    `found` is the posting that has the record's key, as it is stored; `seen` the ordinal of the record that
    took it in this run, 0 = none yet.  The comparison is always with the state before the run, so that a
    replay decides the same.
    """
    made = _Made(record, run=run, digest=digest, part=part, day=day)
    before = before_run(found, run) if found is not None else None
    taker = seen or (found.ordinal if found is not None and before is None else 0)
    is_taken = 0 < taker < record.ordinal
    if record.made is Made.REJECTED:
        row = made.side_row(Role.REJECTED)
        if found is not None and not is_taken:
            row = replace(row, flags=row.flags | Flag.REPLACES)
        return Decision(Outcome.REJECTED, row)
    if is_taken:
        return Decision(Outcome.DUPLICATE, made.side_row(Role.DUPLICATE))
    number = found.row if found is not None else 0
    if record.made is Made.CLOSED:
        return Decision(Outcome.CLOSED, made.posting_row(number, before, Status.EXPIRED, "closed"))
    if record.made is Made.FILTERED:
        reason = "rule" if record.reason == "keep" else record.reason
        return Decision(Outcome.FILTERED, made.posting_row(number, before, Status.EXCLUDED, reason))
    return _decide_posting(made, number, before)


def was_a_posting(before: StateRow | None) -> bool:
    """What was filtered or closed at first sight never was one."""
    return before is not None and (before.revision > 0 or before.status is Status.LIVE)


def _decide_posting(made: _Made, number: int, before: StateRow | None) -> Decision:
    record = made.record
    if before is None or not was_a_posting(before):
        return Decision(Outcome.NEW, made.posting_row(number, before, Status.LIVE, ""))
    is_same = before.posting_digest == record.posting_digest
    if before.status is Status.EXPIRED and before.reason == "ended" and (is_same or made.is_over):
        outcome = Outcome.UNCHANGED if is_same else Outcome.UPDATED
        return Decision(outcome, made.posting_row(number, before, Status.EXPIRED, "ended"))
    if is_hidden(before) and is_same:
        return Decision(Outcome.UNCHANGED, made.posting_row(number, before, Status.EXCLUDED, NEAR_DUPLICATE))
    # One that was hidden is compared anew when it has changed.
    row = made.posting_row(number, before, Status.LIVE, "")
    if before.status is Status.LIVE:
        return Decision(Outcome.UNCHANGED if is_same else Outcome.UPDATED, row)
    return Decision(Outcome.UPDATED, row, reappeared=before.status is Status.EXPIRED)


class _Made(NamedTuple):
    """A transformed record on its way to a row."""

    record: Transformed
    run: int
    digest: bytes
    part: str
    day: str

    @property
    def is_over(self) -> bool:
        """Its last day lies before the day of the run."""
        return bool(self.record.valid_through) and self.record.valid_through[:10] < self.day

    @property
    def flags(self) -> int:
        record = self.record
        return (Flag.REPAIRED if record.repaired else 0) | (Flag.DAY_DEPENDENT if record.day_dependent else 0)

    def side_row(self, role: Role) -> StateRow:
        record = self.record
        return StateRow(
            key=record.key,
            role=role,
            status=Status.NONE,
            reason=record.reason if role is Role.REJECTED else "",
            digest=self.digest,
            posting_digest=record.posting_digest,
            part=self.part,
            ordinal=record.ordinal,
            first_run=self.run,
            changed_run=self.run,
            written_run=self.run,
            first_day=self.day,
            title=record.title,
            flags=self.flags,
            # A duplicate is made anew when its posting is gone: what labels mean cannot make it stale.
            labels=record.labels if role is Role.REJECTED else "",
        )

    def posting_row(self, number: int, before: StateRow | None, status: Status, reason: str) -> StateRow:
        record = self.record
        row = StateRow(
            row=number,
            key=record.key,
            status=status,
            reason=reason,
            digest=self.digest,
            posting_digest=record.posting_digest,
            part=self.part,
            ordinal=record.ordinal,
            first_run=self.run,
            changed_run=self.run,
            written_run=self.run,
            # Only what was live counts as a posting: what is filtered or closed at first sight never was one.
            revision=1 if status is Status.LIVE else 0,
            first_day=self.day,
            title=record.title,
            valid_through=record.valid_through,
            flags=self.flags,
            labels=record.labels,
            facts=record.facts,
        )
        return row if before is None else self._after(row, before)

    def _after(self, row: StateRow, before: StateRow) -> StateRow:
        is_same = before.posting_digest == row.posting_digest
        stays = is_same and (before.status, before.reason) == (row.status, row.reason)
        revision = before.revision + (not is_same) if before.revision else row.revision
        return replace(
            row,
            title=row.title or before.title,
            first_run=before.first_run,
            first_day=before.first_day,
            changed_run=before.changed_run if stays else self.run,
            revision=revision,
            prior=pack_prior(before),
        )
