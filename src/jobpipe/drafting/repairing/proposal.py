"""What a repair proposes: edits, each with how sure it is and why; and what cannot be brought back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from jobpipe.drafting.repairing.text_edits import TextEdit


@dataclass(slots=True)
class Edit:
    # title, locations.city; source.record and the like.
    name: str
    # In a few words: what is written otherwise.
    what: str
    text_edits: list[TextEdit]
    # From 0 to 1: how much speaks for it.
    confidence: float
    # It may be made without a person looking at it.
    is_sure: bool
    reasons: list[str] = field(default_factory=list)
    # Why it is not sure; [] = it is.
    doubts: list[str] = field(default_factory=list)
    # Where a value stood and where it stands, if nothing else is changed.
    move: tuple[str, str] | None = None
    # All values agree, and the one doubt is that they say too little.
    is_too_little: bool = False

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "what": self.what,
            "confidence": round(self.confidence, 3),
            "sure": self.is_sure,
            "reasons": self.reasons,
            "doubts": self.doubts,
        }


@dataclass(frozen=True, slots=True)
class Lost:
    """A field that nothing brings back."""

    name: str
    # Of so many records that had it, so many have it now.
    had: int
    has: int
    why: str


@dataclass(slots=True)
class Proposal:
    # Of the definition: as it is, with the sure edits, with all of them.
    before: str
    sure_text: str = ""
    full_text: str = ""
    edits: list[Edit] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)
    # Records as they were and as they are, and how many of them are known to be the same.
    old_records: int = 0
    new_records: int = 0
    paired: int = 0
    # Postings that are made of the new records: now, with the sure edits, with all of them.
    postings: tuple[int, int, int] = (0, 0, 0)
    # Of the pairs, postings that are as they were: likewise.
    as_before: tuple[int, int, int] = (0, 0, 0)
    notices: list[str] = field(default_factory=list)

    @property
    def is_needed(self) -> bool:
        return bool(self.edits or self.lost)

    @property
    def sure(self) -> list[Edit]:
        return [one for one in self.edits if one.is_sure]

    @property
    def unsure(self) -> list[Edit]:
        return [one for one in self.edits if not one.is_sure]
