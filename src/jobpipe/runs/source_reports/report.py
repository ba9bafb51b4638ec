"""What a report says, before it is written in any form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from jobpipe.runs.quarantine import Rejected


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusals:
    """Records of one feed that are refused for one reason, at one field of the posting."""

    # See `jobpipe.errors.RecordError`.
    reason: str
    # Of the posting; "" = none in particular.
    field: str
    count: int
    # The first few, with their places.
    examples: Sequence[Rejected]


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedReport:
    """What there is to say of one import's feed."""

    name: str
    # File or URL, as the run read it, without secrets; several where the feed has several.
    places: Sequence[str] = ()
    # 0 = it was not read yet.
    run: int = 0
    at: datetime | None = None
    # Read, fine, refused, repeated, left_out, closed: how many records.
    figures: dict[str, int] = field(default_factory=dict)
    # Nothing was read, since nothing had changed.
    unchanged: bool = False
    # A later run than this one has read the feed.
    is_older: bool = False
    # The most frequent first.
    refusals: Sequence[Refusals] = ()
    # Kinds of incidents that say why the feed could not be read, or is not believed.
    troubles: Sequence[str] = ()
    # (label, live postings that have it), the most frequent first; and how many labels there are in all.
    labels: Sequence[tuple[str, int]] = ()
    labels_in_all: int = 0
    # In words: what postings had before and have no more.
    fields_lost: Sequence[str] = ()
    # Live postings that end by their own date within `END_SOON` days.
    end_soon: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceReport:
    # Or the import's name, where it has no client.
    client: str
    feeds: Sequence[FeedReport]

    @property
    def refused(self) -> int:
        return sum(feed.figures.get("refused", 0) for feed in self.feeds)

    @property
    def has_trouble(self) -> bool:
        return any(feed.troubles for feed in self.feeds)
