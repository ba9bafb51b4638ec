"""What breaks with what was usual, and what it takes for it whichever way it is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Of postings that were not there before: fewer come from one hand.
LEAST_OTHERS = 9
# They come in batches that have much in common: so many of them say as much as one.
BATCH = 4
# Of what a field had: one that hardly any posting has is not missed.
LEAST_OF_FIELD = 0.30
# What is broken stays so until it is as near as this to what was usual.
HEALED = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class Break:
    """One measure that broke with what was usual of it."""

    measure: str
    # Shares; of counts postings; of a mix the share of its postings that would have to change.
    before: float
    now: float
    # Of a mix: value -> share, before and now.
    mix_before: Mapping[str, float] | None = None
    mix_now: Mapping[str, float] | None = None
    # Postings that are concerned, about.
    postings: int = 0
    # How many runs said what is usual.
    runs: int = 0
    # It was so already in the last run.
    lasts: bool = False
