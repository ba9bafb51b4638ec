"""What people decided of groups: two jobs after all (`split`), or which posting is delivered (`keep`)."""

from __future__ import annotations

from dataclasses import dataclass

from jobpipe.ledger.models import NearDuplicateDecision
from jobpipe.lifecycle.near_duplicates import Member

SPLIT, KEEP, UNDO = "split", "keep", "undo"


@dataclass(frozen=True, slots=True)
class Decisions:
    """Those of one client that stand."""

    # In the order of `runs.near_duplicates.pairs.ordered`.
    split: frozenset[tuple[Member, Member]]
    # Which of them counts where several are of one group: the later.
    kept: dict[Member, int]


def decisions_of(client: str) -> Decisions:
    split: set[tuple[Member, Member]] = set()
    kept: dict[Member, int] = {}
    for decision in standing(client):
        first, *others = members_of(decision)
        if decision.kind == SPLIT:
            split.update((first, other) if first < other else (other, first) for other in others)
        else:
            kept[first] = decision.pk
    return Decisions(frozenset(split), kept)


def standing(client: str) -> list[NearDuplicateDecision]:
    """Those that nobody took back, the oldest first."""
    found = NearDuplicateDecision.objects.filter(client=client, undone_by=None).exclude(kind=UNDO)
    return list(found.order_by("id"))


def members_of(decision: NearDuplicateDecision) -> list[Member]:
    return [Member(int(one["import"]), int(one["row"])) for one in decision.postings]
