"""What keeping house has done, for a person and for scripts."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class Freed:
    # archive, revisions, gone postings …
    what: str
    count: int = 0
    # 0 = not known: rows of a database.
    bytes: int = 0

    def add(self, count: int, size: int = 0) -> None:
        self.count += count
        self.bytes += size


@dataclass(slots=True)
class Pruned:
    dry_run: bool
    freed: list[Freed] = field(default_factory=list)
    # Imports that were left alone, each with the reason.
    left: dict[str, str] = field(default_factory=dict)
    # Given back to the disk by files that became smaller.
    compacted: int = 0
    # Free in the files of ledger and documents: to be used again.
    reusable: int = 0
    # In words.
    notes: list[str] = field(default_factory=list)

    def new(self, what: str) -> Freed:
        line = Freed(what)
        self.freed.append(line)
        return line

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
