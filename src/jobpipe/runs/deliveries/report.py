"""What one sitting at one destination has done."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

# done: it has all there is. waiting: it failed, and is tried again at `next_try`. held: a snapshot waits for a person.
# paused: its file says so. busy: another process is at it. stopped: there is more to do. failed: its file is not valid.
State = Literal["done", "waiting", "held", "paused", "busy", "stopped", "failed"]


@dataclass(slots=True)
class DeliveryReport:
    name: str
    state: State = "done"
    deliveries: int = 0
    upserts: int = 0
    removals: int = 0
    refused: int = 0
    # Postings that were held back in this sitting; of a snapshot all that are left out.
    held_back: int = 0
    # Of a snapshot that was published: postings in it, and where it lies.
    postings: int | None = None
    said: str = ""
    # Why it is not done.
    error: str = ""
    next_try: datetime | None = None
    # The snapshot that waits, by its number.
    waits: int | None = None
    # Rules and selections that could not be applied to a posting: which, and why.
    faults: dict[str, str] = field(default_factory=dict)

    def as_document(self) -> dict[str, Any]:
        return {
            "destination": self.name,
            "state": self.state,
            "deliveries": self.deliveries,
            "upserts": self.upserts,
            "removals": self.removals,
            "refused": self.refused,
            "held_back": self.held_back,
            "postings": self.postings,
            "said": self.said,
            "error": self.error,
            "next_try": self.next_try.isoformat() if self.next_try else None,
            "waits": self.waits,
            "faults": self.faults,
        }
