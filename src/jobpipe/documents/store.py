"""The protocol of the documents' store: where postings, their raw records and their states live.

Narrow on purpose: no lifecycle is decided here.  One contract test holds every store to it.  State rows
lie apart from bodies, so that going through all the states never reads a body.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import msgspec

from jobpipe.errors import OutOfReachError


class StaleFenceError(OutOfReachError):
    """Another process has taken over the import: what this one would write is refused."""

    code = "JP3008"

    def __init__(self, import_id: int, fence: int) -> None:
        super().__init__(
            f"another process has taken over import {import_id}: this one (fence {fence}) writes no more of it",
            hint="nothing is lost, the other process goes on; this one was slow or asleep for longer than its lease",
        )


class DocumentsUnavailableError(OutOfReachError):
    """The store cannot be reached now. A run that meets this is left as it is, to be taken up again."""

    code = "JP3003"


class Role(enum.IntEnum):
    # The posting of its key: one for each (import, key).
    POSTING = 0
    # A record whose key another record of the same run has taken.
    DUPLICATE = 1
    # A record that could not become a posting: the quarantine.
    REJECTED = 2


class Status(enum.IntEnum):
    LIVE = 0
    EXPIRED = 1
    EXCLUDED = 2
    # Duplicates and rejected records are not postings.
    NONE = 3


# A digest that no record has: the row is made again from its record, whatever its bytes.
FORGOTTEN = bytes(16)


class Flag(enum.IntFlag):
    # Only a lenient parser could read the record; nothing of it was lost.
    REPAIRED = 1
    # A date in words was resolved against `first_day`.
    DAY_DEPENDENT = 2
    # A rejected record that would have taken its key: the posting which has it was made of a record before it.
    REPLACES = 4


class StateRow(msgspec.Struct, kw_only=True, gc=False):
    """What is known of one record of an import, whatever its outcome. Runs are ledger ids; 0 = none."""

    # Given by the store when the row is first written, growing; 0 = not written yet. Below 2**29.
    row: int = 0
    # "" for a rejected record whose key could not be read.
    key: str = ""
    role: Role = Role.POSTING
    status: Status = Status.LIVE
    # expired: absent closed ended removed; excluded: rule (the definition's), override N (its number), person,
    # near_duplicate; rejected: the error's stable word.
    reason: str = ""
    # 16 bytes: of the record that made this row, seeded with context and revision of the definition.
    digest: bytes = b""
    # 16 bytes: of the posting; b"" when none was ever made.
    posting_digest: bytes = b""
    part: str = ""
    ordinal: int = 0
    # The run that first saw the key; the run that last changed posting or status; the run that last wrote the row.
    first_run: int = 0
    changed_run: int = 0
    written_run: int = 0
    # The first complete run that missed it since it was last seen.
    missing_since: int = 0
    # Number of the posting's content: 1 for the first, +1 for each change of posting_digest; 0 = never was a posting.
    revision: int = 0
    # ISO date on which the key was first seen.
    first_day: str = ""
    title: str = ""
    # ISO 8601; "" = the posting does not say.
    valid_through: str = ""
    flags: int = 0
    # The labels that it was made with and what they meant, a line each (`jobpipe.taxonomy.tables.Use`); no store
    # reads more out of them than that they are lines.
    labels: str = ""
    # What is counted of a posting (`jobpipe.posting_facts`); b"" where none was made. No store reads it.
    facts: bytes = b""
    # `pack_prior` of this row as it was before `written_run`; b"" = it did not exist.
    prior: bytes = b""


NEAR_DUPLICATE = "near_duplicate"


def is_listed(row: StateRow) -> bool:
    """A posting that its source still lists: it is live, or hidden because another import has the same job.

    What is hidden is delivered nowhere; it is seen, missed and expired like a live one all the same.
    """
    return row.role is Role.POSTING and (row.status is Status.LIVE or is_hidden(row))


def is_hidden(row: StateRow) -> bool:
    return row.status is Status.EXCLUDED and row.reason == NEAR_DUPLICATE


def pack_prior(row: StateRow) -> bytes:
    """The row without its own prior, small enough to lie in the row that follows it."""
    return msgspec.msgpack.encode(msgspec.structs.astuple(row)[:-1])


def unpack_prior(packed: bytes) -> StateRow | None:
    if not packed:
        return None
    row = StateRow(**dict(zip(StateRow.__struct_fields__, msgspec.msgpack.decode(packed), strict=False)))
    row.role, row.status = Role(row.role), Status(row.status)
    return row


def before_run(row: StateRow, run: int) -> StateRow | None:
    """The row as it was when `run` began; None = it did not exist."""
    return unpack_prior(row.prior) if row.written_run == run else row


def prior_of(row: StateRow, run: int) -> bytes:
    """The `prior` of what `run` makes of this row."""
    return row.prior if row.written_run == run else pack_prior(row)


class Known(msgspec.Struct, array_like=True, gc=False):
    """What comparing needs of one row."""

    row: int
    digest: bytes
    role: Role
    status: Status
    reason: str
    # Duplicate: the row of the posting that has its key. Rejected: the same, where its key could be read; else 0.
    holder: int


class Written(msgspec.Struct, array_like=True, gc=False):
    """One row to write, with its body where that changes too."""

    state: StateRow
    # A frame of `documents.body.pack`; None = the stored one stays.
    body: bytes | None = None


class LabelUse(msgspec.Struct, kw_only=True, gc=False):
    """One line of the labels of an import's rows, with the rows that have it."""

    label: str
    # Postings that are live; rejected records; all rows.
    live: int = 0
    rejected: int = 0
    rows: int = 0
    # Of the oldest of these rows: the run and the day that first saw it.
    first_run: int = 0
    first_day: str = ""
    # A few row numbers, live postings first.
    samples: tuple[int, ...] = ()


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows are wanted; empty = no restriction."""

    role: Role = Role.POSTING
    status: Status | None = None
    changed_since_run: int = 0
    changed_in_run: int = 0
    reason: str = ""
    # In the title, without regard to case.
    text: str = ""
    keys: tuple[str, ...] = ()
    # Rows that have at least one of these lines among their labels.
    labels: tuple[str, ...] = ()
    # Only rows with higher numbers: where a reader goes on.
    after_row: int = 0


class Documents(Protocol):
    """`import_id` is the ledger's. What a writing call wrote is durable when it returns; it may be repeated.

    A writing call is one transaction where the store has some.  Elsewhere one that was broken off may have written
    a part, each row whole with its body, and its repetition gives what one call would have given.

    Every method may raise DocumentsUnavailableError.
    """

    def hold(self, import_id: int, fence: int) -> None:
        """From now on what this object writes of the import carries this fence, which is 1 or more.

        Where the store has seen a higher one, this and every later writing call raises StaleFenceError.  An object
        that does not hold an import writes without being asked.
        """
        ...

    def known(self, import_id: int, *, before_run: int) -> Iterator[list[Known]]:
        """Every row as it was when that run began, by growing row number, in chunks. Reads no body."""
        ...

    def postings_by_key(self, import_id: int, keys: Sequence[str]) -> dict[str, StateRow]:
        """The POSTING rows of these keys."""
        ...

    def rows(self, import_id: int, numbers: Sequence[int]) -> dict[int, StateRow]: ...

    def write(self, import_id: int, batch: Iterable[Written]) -> list[int]:
        """Insert (row == 0) or replace rows and bodies; the row numbers, in order.

        A POSTING row whose key exists already replaces that row, whatever its number: repeated calls
        give one row.  A body is kept under (row, revision): the body of an earlier revision stays, up
        to `revisions_kept` of them.
        """
        ...

    def mark_missing(self, import_id: int, run: int, numbers: Iterable[int]) -> None:
        """Set `missing_since` where it is 0; what has expired is gone, and misses nothing any more."""
        ...

    def set_parts(self, import_id: int, moved: Iterable[tuple[int, str]]) -> None:
        """The part of the source that each of these rows stands in now; nothing else of them changes."""
        ...

    def clear_missing(self, import_id: int, numbers: Iterable[int]) -> None: ...

    def missing(self, import_id: int) -> Iterator[tuple[int, int]]:
        """(row, missing_since) of the rows that are missing."""
        ...

    def expire(
        self, import_id: int, run: int, numbers: Iterable[int], reason: str, *, status: Status = Status.EXPIRED
    ) -> int:
        """Listed postings (`is_listed`) become expired, or excluded; how many did.

        changed_run and written_run become `run`; what they were is kept as prior.
        """
        ...

    def ended(self, import_id: int, now: str) -> list[int]:
        """Live postings whose `valid_through` lies before now (ISO 8601 UTC; a bare date ends with its day)."""
        ...

    def delete_rows(self, import_id: int, numbers: Iterable[int]) -> None: ...

    def delete_side_rows_of(self, import_id: int, run: int, *, after_ordinal: int) -> None:
        """Duplicate and rejected rows that `run` wrote for later records: a batch begun and never marked done."""
        ...

    def select(self, import_id: int, selection: Selection) -> Iterator[StateRow]:
        """By growing row number."""
        ...

    def bodies(self, import_id: int, selection: Selection) -> Iterator[tuple[StateRow, bytes]]:
        """Rows with the body of their current revision."""
        ...

    def body(self, import_id: int, row: int, revision: int | None = None) -> bytes | None: ...

    def revisions(self, import_id: int, row: int) -> list[int]: ...

    def counts(self, import_id: int) -> dict[tuple[Role, Status, str], int]:
        """How many rows of each role, status and reason."""
        ...

    def label_lines(self, import_id: int) -> set[str]:
        """Every line there is among the labels of the rows."""
        ...

    def labels(self, import_id: int) -> list[LabelUse]:
        """The same with the rows that have it, by line."""
        ...

    def facts(self, import_id: int, *, one_in: int = 1) -> Iterator[bytes]:
        """The facts of live postings, one behind the other, in pieces; of one in so many of them, by their numbers."""
        ...

    def save_contexts(self, import_id: int, contexts: dict[bytes, bytes]) -> None:
        """Contexts of records by digest (msgpack): needed to read a stored raw record again."""
        ...

    def context(self, import_id: int, digest: bytes) -> bytes | None: ...

    def delete_import(self, import_id: int) -> None: ...

    def close(self) -> None: ...
