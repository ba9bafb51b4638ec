"""What keeping house needs of what was delivered, beside what deliveries need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from jobpipe.documents.delivered.store import DeliveredStore
from jobpipe.documents.upkeep import FilesUpkeep

# A text with what is to be masked in it masked, and how often it was there.
Masking = Callable[[str], tuple[str, int]]


class DeliveredUpkeep(FilesUpkeep, Protocol):
    def destinations(self) -> list[int]:
        """Of which there are rows."""
        ...

    def highest_row(self, import_id: int) -> int:
        """Of the documents' row numbers of this import, the highest that any destination has; 0 = none."""
        ...

    def raise_numbers(self, by: int) -> None:
        """Of all changes: after a copy was put back, so that no destination has seen a higher one than comes next."""
        ...

    def mask_said(self, mask: Masking, *, dry_run: bool) -> int:
        """Masks what destinations said; how many rows and receipts had it. `dry_run`: only counted."""
        ...


class OpenedDelivered(DeliveredStore, Protocol):
    """What an open project has."""

    def upkeep(self) -> DeliveredUpkeep: ...

    def close(self) -> None:
        """To be called when no thread uses it any more."""
        ...
