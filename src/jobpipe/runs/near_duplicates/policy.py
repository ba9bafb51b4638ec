"""Which posting of a group is kept, as jobpipe.yaml says for a client."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import xxhash

from jobpipe.definition.settings import NearDuplicatePolicy
from jobpipe.documents.store import StateRow
from jobpipe.lifecycle.near_duplicates import Member
from jobpipe.runs.near_duplicates.decisions import Decisions

# How much a posting says: see `settling`.
Richness = Callable[[Member], int]


@dataclass(frozen=True, slots=True)
class Keeping:
    policy: NearDuplicatePolicy
    # By the ledger's number of the import.
    names: Mapping[int, str]
    decisions: Decisions

    @property
    def mark(self) -> str:
        """Of all that decides who is hidden: 16 hexadecimal digits."""
        said = f"{self.policy.keep} {self.policy.prefer} {sorted(self.names.items())}"
        return xxhash.xxh3_64_hexdigest(said.encode())

    @property
    def hides(self) -> bool:
        return self.policy.keep != "mark" or bool(self.policy.prefer)

    def choose(self, group: Sequence[Member], rows: Mapping[Member, StateRow], richness: Richness) -> Member | None:
        """The one that is delivered; None = all of them."""
        decided = [member for member in group if member in self.decisions.kept]
        if decided:
            return max(decided, key=lambda member: self.decisions.kept[member])
        if not self.hides:
            return None
        return min(group, key=lambda member: (*self._rank(member, richness), *_age(member, rows)))

    def _rank(self, member: Member, richness: Richness) -> tuple[int, int]:
        prefer = self.policy.prefer
        name = self.names.get(member.import_id, "")
        place = prefer.index(name) if name in prefer else len(prefer)
        return place, -richness(member) if self.policy.keep == "richest" else 0


def _age(member: Member, rows: Mapping[Member, StateRow]) -> tuple[str, int, Member]:
    row = rows[member]
    return row.first_day, row.first_run, member
