"""What pairs mean is brought into the documents: who is hidden, and who is delivered again.

Releases come before hidings, so that a kill shows a job twice rather than not at all; and a posting is hidden only when
the one that is kept is delivered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from jobpipe.documents.body import unpack
from jobpipe.documents.ending import is_over
from jobpipe.documents.store import (
    NEAR_DUPLICATE,
    Documents,
    StateRow,
    Status,
    is_hidden,
    is_listed,
)
from jobpipe.ledger.models import NearDuplicate
from jobpipe.lifecycle.near_duplicates import Member
from jobpipe.runs.near_duplicates.pairs import ends_of, groups_among, rows_of, together_with
from jobpipe.runs.near_duplicates.policy import Keeping
from jobpipe.runs.near_duplicates.writing import Writers
from jobpipe.runs.workspace import Workspace

replace = msgspec.structs.replace
_PAIRS = 1_000


class Settling:
    """Of one client."""

    def __init__(self, workspace: Workspace, keeping: Keeping, writers: Writers) -> None:
        self._workspace = workspace
        self._documents: Documents = workspace.documents
        self._keeping = keeping
        self._writers = writers
        # `hidden` and `released` postings.
        self.counted: Counter[str] = Counter()

    def settle(self, client: str) -> None:
        """All pairs that the documents do not show yet; what cannot be written now is left to another run."""
        last = 0
        pending = NearDuplicate.objects.filter(client=client).exclude(settled=self._keeping.mark).order_by("id")
        while some := list(pending.filter(pk__gt=last)[:_PAIRS]):
            last = some[-1].pk
            self._settle(together_with(some))

    def _settle(self, pairs: list[NearDuplicate]) -> None:
        rows = rows_of(self._documents, {member for pair in pairs for member in ends_of(pair)})
        there = {member: row for member, row in rows.items() if is_listed(row) and not _has_ended(row)}
        groups = groups_among(pairs, there, self._keeping.names, self._keeping.decisions)
        hidden = self._hidden(groups, rows)
        released = {one for one, row in rows.items() if is_hidden(row) and one not in hidden}
        unwritten = self._release(released, rows)
        for group in groups:
            if unwritten.intersection(group):
                hidden -= set(group)
        unwritten |= self._hide({one for one in hidden if not is_hidden(rows[one])}, rows)
        self._note(pairs, unwritten)

    def _hidden(self, groups: list[list[Member]], rows: dict[Member, StateRow]) -> set[Member]:
        hidden: set[Member] = set()
        for group in groups:
            kept = self._keeping.choose(group, rows, self._richness)
            if kept is not None:
                hidden.update(member for member in group if member != kept)
        return hidden

    def _richness(self, member: Member) -> int:
        """How much a posting says: its fields, and the length of its text."""
        frame = self._documents.body(*member)
        posting = unpack(frame).posting if frame is not None else b""
        fields = msgspec.json.decode(posting or b"{}")
        return 1_000 * len(fields) + min(len(str(fields.get("description_text", ""))), 100_000) // 10

    def _release(self, members: Iterable[Member], rows: dict[Member, StateRow]) -> set[Member]:
        """Those that could not be."""
        return self._write({member: _released(rows[member]) for member in members}, "released")

    def _hide(self, members: Iterable[Member], rows: dict[Member, StateRow]) -> set[Member]:
        """Those that could not be."""
        hidden = {member: replace(rows[member], status=Status.EXCLUDED, reason=NEAR_DUPLICATE) for member in members}
        return self._write(hidden, "hidden")

    def _write(self, wanted: dict[Member, StateRow], word: str) -> set[Member]:
        by_import: dict[int, list[StateRow]] = {}
        for member in sorted(wanted):
            by_import.setdefault(member.import_id, []).append(wanted[member])
        unwritten: set[Member] = set()
        for import_id, rows in by_import.items():
            written = self._writers.write(import_id, rows, word)
            self.counted[word] += len(written)
            unwritten.update(Member(import_id, row.row) for row in rows if row.row not in written)
        return unwritten

    def _note(self, pairs: list[NearDuplicate], unwritten: set[Member]) -> None:
        done = [pair for pair in pairs if not unwritten.intersection(ends_of(pair))]
        gone = [pair.pk for pair in done if pair.is_gone]
        shown = [pair.pk for pair in done if not pair.is_gone and pair.settled != self._keeping.mark]
        with self._workspace.writing():
            for start in range(0, len(gone), 500):
                NearDuplicate.objects.filter(pk__in=gone[start : start + 500], is_gone=True).delete()
            for start in range(0, len(shown), 500):
                some = NearDuplicate.objects.filter(pk__in=shown[start : start + 500])
                some.update(settled=self._keeping.mark)


def _released(row: StateRow) -> StateRow:
    if _has_ended(row):
        return replace(row, status=Status.EXPIRED, reason="ended")
    return replace(row, status=Status.LIVE, reason="")


def _has_ended(row: StateRow) -> bool:
    return bool(row.valid_through) and is_over(row.valid_through, datetime.now(UTC))
