"""Evidence: what shows that a source was read to its end, so that absence says something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

# A smaller count is round too often by chance.
LEAST_ROUND_COUNT = 100
_MAX_NAMED = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class PartEvidence:
    """How one part of a source was read."""

    location: str
    # Read to its natural end.
    complete: bool = True
    # It could not be read, or not to its end, because of this.
    failure: str = ""
    why: str = ""
    # The source still had the version that the last settled run read: it counts as seen.
    unchanged: bool = False
    records: int = 0
    stated_total: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """What a person has accepted of an import's source, though it looks wrong."""

    # A count that looks like a cap.
    cap: int = 0
    # The total that the source states is not its total.
    wrong_total: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    complete: bool
    # In words, for a person.
    why: str
    # Read to its end as far as one can see, and yet not to be believed: what a person may accept.
    suspected: Accepted | None = None
    # Nothing at all could be read.
    failed: bool = False
    # A source of changes that was read whole: it is as it should be, and absence says nothing.
    of_changes: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """All that is weighed."""

    parts: Sequence[PartEvidence]
    holds_all: bool = True
    # Parts of the run before that are not there today.
    vanished: Sequence[str] = ()
    parts_come_and_go: bool = False
    # Records read, duplicates included.
    read: int = 0
    # Of the last complete run; None = there was none.
    read_before: int | None = None
    # Known live postings that were not seen, and postings that are new.
    missing: int = 0
    new: int = 0
    accepted: Accepted = field(default_factory=Accepted)


def weigh(reading: Reading) -> Evidence:
    """Whether absence says something, and why (not)."""
    parts = reading.parts
    if not parts:
        return Evidence(complete=False, why="nothing new was there to read: absence says nothing", of_changes=True)
    failures = [part.failure for part in parts if part.failure]
    if failures and not reading.read and not any(part.complete for part in parts):
        return Evidence(complete=False, why=_named(failures), failed=True)
    incomplete = [part.failure or part.why or f"{part.location} has no end" for part in parts if not part.complete]
    if incomplete:
        return Evidence(complete=False, why=_named(incomplete))
    if reading.vanished and not reading.parts_come_and_go:
        return Evidence(complete=False, why=f"not there today: {_named(reading.vanished)}")
    if not reading.holds_all:
        return Evidence(complete=False, why="the source holds changes: absence says nothing", of_changes=True)
    return _doubt_total(reading) or _doubt_cap(reading) or Evidence(complete=True, why=_natural_end(reading))


def _doubt_total(reading: Reading) -> Evidence | None:
    parts = reading.parts
    if reading.accepted.wrong_total or any(part.unchanged for part in parts):
        return None
    stated = [part.stated_total for part in parts if part.stated_total is not None]
    # Every page may repeat the total of all of them.
    total = stated[0] if len(set(stated)) == 1 and len(stated) == len(parts) > 1 else sum(stated)
    if not stated or total == reading.read or sum(stated) == reading.read:
        return None
    return Evidence(
        complete=False,
        why=f"the source states {total:,} postings and gave {reading.read:,}",
        suspected=Accepted(wrong_total=True),
    )


def _doubt_cap(reading: Reading) -> Evidence | None:
    read, before = reading.read, reading.read_before
    is_whole = not any(part.unchanged for part in reading.parts)
    if before is None or not reading.missing or not is_whole or not is_round(read) or reading.accepted.cap == read:
        return None
    if read < before:
        why = f"fell from {before:,} to {read:,}, a round number: perhaps a cap"
    elif read == before and reading.new:
        why = f"gave {read:,} again, a round number, though other ones: perhaps a cap"
    else:
        return None
    return Evidence(complete=False, why=why, suspected=Accepted(cap=read))


def is_round(count: int) -> bool:
    """A count that a cap may have made: 250, 500, 1,000, 12,000, 50,000."""
    if count < LEAST_ROUND_COUNT:
        return False
    return count % 50 == 0 if count < 1_000 else count % 10 ** (len(str(count)) - 2) == 0


def _natural_end(reading: Reading) -> str:
    unchanged = sum(part.unchanged for part in reading.parts)
    if unchanged and unchanged == len(reading.parts):
        return "the source has not changed"
    why = "read to its end"
    if unchanged:
        why += f" ({unchanged} of {len(reading.parts)} parts unchanged)"
    if any(part.stated_total is not None for part in reading.parts) and not reading.accepted.wrong_total:
        why += ", as many as it states"
    return why


def _named(reasons: Sequence[str]) -> str:
    shown = "; ".join(reasons[:_MAX_NAMED])
    return shown + (f"; and {len(reasons) - _MAX_NAMED} more" if len(reasons) > _MAX_NAMED else "")
