"""What each destination has of each posting, and what it answered: one row a destination and posting, and receipts.

It lies beside the documents, because it is as large as they are.  Numbers of destinations and deliveries are the
ledger's.  One contract test holds every store to this.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import msgspec


class Standing(enum.IntEnum):
    # The destination has it, as `digest` says.
    THERE = 0
    # It had it, or never did.
    AWAY = 1
    # It refuses what `tried` says; what it had before (`digest`) it still has.
    REFUSED = 2
    # It was not sent, because it would be refused, or there is no room: `said` says why.
    HELD = 3


class Delivered(msgspec.Struct, kw_only=True, gc=False):
    """What one destination has of one posting."""

    import_id: int
    row: int
    key: str
    standing: Standing
    # Of the last change that was sent: 1, 2, …; 0 = none was.
    number: int = 0
    # Of the posting's content there; 0 = it is not there.
    revision: int = 0
    # 16 bytes of what is there; b"" = nothing is.
    digest: bytes = b""
    # 16 bytes of what was refused or held; b"" = nothing is.
    tried: bytes = b""
    # The delivery that brought about this standing, and when it was answered (ISO 8601, UTC).
    delivery: int = 0
    at: str = ""
    # The destination's words, or why it is held.
    said: str = ""


class Receipt(msgspec.Struct, kw_only=True, gc=False):
    """One change that a destination has answered: it stays when the next one comes."""

    destination: int
    import_id: int
    row: int
    number: int
    # upsert or remove
    action: str
    # accepted refused
    fate: str
    revision: int = 0
    delivery: int = 0
    at: str = ""
    said: str = ""


class DeliveredStore(Protocol):
    """What a writing call wrote is durable when it returns; it may be repeated. For any number of threads.

    Every method may raise DocumentsUnavailableError.
    """

    def known(self, destination: int, import_id: int, rows: Sequence[int]) -> dict[int, Delivered]:
        """Of these postings, by row; what is not there was never delivered."""
        ...

    def save(self, destination: int, changed: Sequence[Delivered], receipts: Sequence[Receipt] = ()) -> None:
        """Insert or replace, all or nothing where the store has transactions; a receipt that is there stays as it is.

        A row with a lower number than the stored one is left out: an older process has written it.
        """
        ...

    def walk(self, destination: int, import_id: int, *, after: int = 0) -> Iterator[Delivered]:
        """Of one import by growing row, from above `after`; others may write meanwhile."""
        ...

    def select(
        self, destination: int, standing: Standing, *, import_id: int | None = None, limit: int = 1_000
    ) -> list[Delivered]:
        """The first by import and row."""
        ...

    def counts(self, destination: int) -> dict[tuple[int, Standing], int]:
        """How many by import and standing."""
        ...

    def imports(self, destination: int) -> list[int]:
        """Imports of which it has rows."""
        ...

    def receipts(self, import_id: int, row: int) -> list[Receipt]:
        """Of one posting, of all destinations, by destination and number."""
        ...

    def standings(self, import_id: int, row: int) -> dict[int, Delivered]:
        """Of one posting, by destination."""
        ...

    def delete_rows(self, destination: int, import_id: int, rows: Iterable[int]) -> None: ...

    def forget(self, destination: int) -> None:
        """All rows and receipts of it."""
        ...

    def prune_receipts(self, before: str, *, dry_run: bool = False) -> int:
        """Delete receipts answered before then (ISO 8601, UTC); how many. `dry_run`: only counted."""
        ...
