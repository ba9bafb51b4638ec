"""What a store of documents does, in dicts: slow, and easy to see through."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime

import msgspec

from jobpipe.documents.store import Known, Role, Selection, StateRow, Status, Written, is_listed, pack_prior

copy = msgspec.structs.replace


class ModelDocuments:
    """One import."""

    def __init__(self, revisions_kept: int) -> None:
        self.revisions_kept = revisions_kept
        self.states: dict[int, StateRow] = {}
        self.frames: dict[int, dict[int, bytes]] = {}
        self.last_row = 0
        self.at_start: dict[int, StateRow] = {}

    def start_run(self) -> None:
        self.at_start = dict(self.states)

    def posting_of(self, key: str) -> StateRow | None:
        return next((row for row in self.states.values() if row.role is Role.POSTING and row.key == key), None)

    def write(self, batch: Iterable[Written]) -> list[int]:
        numbers = []
        for one in batch:
            state = one.state
            found = self.posting_of(state.key) if state.role is Role.POSTING else None
            number = found.row if found else state.row or self.last_row + 1
            self.last_row = max(self.last_row, number)
            self.states[number] = copy(state, row=number)
            frames = self.frames.setdefault(number, {})
            if one.body is not None:
                frames[state.revision] = one.body
            kept = range(state.revision - self.revisions_kept + 1, state.revision + 1)
            self.frames[number] = {revision: frame for revision, frame in frames.items() if revision in kept}
            numbers.append(number)
        return numbers

    def mark_missing(self, run: int, numbers: Iterable[int]) -> None:
        for number in numbers:
            row = self.states.get(number)
            if row is not None and not row.missing_since and row.status is not Status.EXPIRED:
                self.states[number] = copy(row, missing_since=run)

    def clear_missing(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            if number in self.states:
                self.states[number] = copy(self.states[number], missing_since=0)

    def expire(self, run: int, numbers: Iterable[int], reason: str) -> int:
        expired = 0
        for number in set(numbers):
            row = self.states.get(number)
            if row is None or not is_listed(row):
                continue
            prior = row.prior if row.written_run == run else pack_prior(row)
            changes = {"changed_run": run, "written_run": run, "missing_since": 0, "prior": prior}
            self.states[number] = copy(row, status=Status.EXPIRED, reason=reason, **changes)
            expired += 1
        return expired

    def delete_rows(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self.states.pop(number, None)
            self.frames.pop(number, None)

    def delete_side_rows_of(self, run: int, after_ordinal: int) -> None:
        self.delete_rows(
            [
                number
                for number, row in self.states.items()
                if row.role is not Role.POSTING and row.written_run == run and row.ordinal > after_ordinal
            ]
        )

    def known(self, run: int) -> list[Known]:
        found = []
        for number, row in sorted(self.states.items()):
            before = self.at_start.get(number) if row.written_run == run else row
            if before is not None:
                holder = self.posting_of(row.key) if row.role is not Role.POSTING and row.key else None
                found.append(
                    Known(number, before.digest, before.role, before.status, before.reason, holder.row if holder else 0)
                )
        return found

    def missing(self) -> list[tuple[int, int]]:
        return sorted((number, row.missing_since) for number, row in self.states.items() if row.missing_since)

    def ended(self, now: datetime) -> list[int]:
        return sorted(
            number
            for number, row in self.states.items()
            if (row.role, row.status) == (Role.POSTING, Status.LIVE)
            and row.valid_through
            and _has_ended(row.valid_through, now)
        )

    def select(self, wanted: Selection) -> list[StateRow]:
        return [row for _, row in sorted(self.states.items()) if _matches(row, wanted)]

    def bodies(self, wanted: Selection) -> list[tuple[StateRow, bytes]]:
        rows = self.select(wanted)
        return [
            (row, self.frames[row.row][row.revision]) for row in rows if row.revision in self.frames.get(row.row, {})
        ]

    def labels(self) -> dict[str, tuple[int, int, int, int, str]]:
        """Line -> live postings, rejected records, rows, first run, first day."""
        lines = {line for row in self.states.values() for line in _lines(row)}
        found = {}
        for line in lines:
            rows = [row for row in self.states.values() if line in _lines(row)]
            live = [row for row in rows if (row.role, row.status) == (Role.POSTING, Status.LIVE)]
            rejected = [row for row in rows if row.role is Role.REJECTED]
            firsts = min(row.first_run for row in rows), min(row.first_day for row in rows)
            found[line] = (len(live), len(rejected), len(rows), *firsts)
        return found

    def counts(self) -> dict[tuple[Role, Status, str], int]:
        return dict(Counter((row.role, row.status, row.reason) for row in self.states.values()))


def _lines(row: StateRow) -> list[str]:
    return row.labels.split("\n") if row.labels else []


def _has_ended(end: str, now: datetime) -> bool:
    if len(end) == 10:
        return date.fromisoformat(end) < now.date()
    moment = datetime.fromisoformat(end)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) < now


def _matches(row: StateRow, wanted: Selection) -> bool:
    return (
        row.role is wanted.role
        and (wanted.status is None or row.status is wanted.status)
        and (not wanted.reason or row.reason == wanted.reason)
        and row.changed_run >= wanted.changed_since_run
        and (not wanted.changed_in_run or row.changed_run == wanted.changed_in_run)
        and (not wanted.keys or row.key in wanted.keys)
        and (not wanted.labels or any(line in wanted.labels for line in _lines(row)))
        and _folded(wanted.text) in _folded(row.title)
    )


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()
