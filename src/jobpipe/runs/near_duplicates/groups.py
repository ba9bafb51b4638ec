"""Groups as people see them: which postings are one job, why, and which of them is delivered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from jobpipe.documents.store import StateRow, Status, is_listed
from jobpipe.errors import UsageError
from jobpipe.ledger.models import Import, NearDuplicate
from jobpipe.lifecycle.near_duplicates import Member
from jobpipe.runs.near_duplicates.decisions import Decisions, decisions_of
from jobpipe.runs.near_duplicates.pairs import ends_of, groups_among, pairs_with, rows_of, together_with
from jobpipe.runs.workspace import Workspace


@dataclass(frozen=True, slots=True)
class GroupedPosting:
    member: Member
    # Of the import.
    name: str
    row: StateRow
    # A person decided that it is the one to deliver.
    is_chosen: bool

    @property
    def is_delivered(self) -> bool:
        return self.row.status is Status.LIVE

    def as_dict(self) -> dict[str, Any]:
        return {
            "import": self.name,
            "key": self.row.key,
            "title": self.row.title,
            "state": "delivered" if self.is_delivered else "hidden",
            "chosen": self.is_chosen,
        }


@dataclass(frozen=True, slots=True)
class Group:
    # Of its first pair, by which people name it.
    number: int
    client: str
    postings: Sequence[GroupedPosting]
    pairs: Sequence[NearDuplicate]

    @property
    def reason(self) -> str:
        """Of the least sure pair."""
        return min(self.pairs, key=lambda pair: (pair.weight, -pair.pk)).reason

    def as_dict(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "client": self.client,
            "reason": self.reason,
            "similarity": min(pair.similarity for pair in self.pairs),
            "since": min(pair.found_at for pair in self.pairs).isoformat(),
            "postings": [one.as_dict() for one in self.postings],
        }


def groups(workspace: Workspace, *, client: str = "", name: str = "") -> Iterator[Group]:
    """By growing number: all, or those of a client or with a posting of an import."""
    pairs = NearDuplicate.objects.filter(is_gone=False).order_by("id")
    if client:
        pairs = pairs.filter(client=client)
    seen: set[int] = set()
    for pair in pairs.iterator(chunk_size=500):
        if pair.pk in seen:
            continue
        together = together_with([pair])
        seen.update(one.pk for one in together)
        for group in _grouped(workspace, pair.client, together):
            if not name or any(one.name == name for one in group.postings):
                yield group


def group_numbered(workspace: Workspace, number: int) -> Group:
    """That of a pair, by any of its pairs' numbers. Raises UsageError where there is none."""
    pair = NearDuplicate.objects.filter(pk=number, is_gone=False).first()
    if pair is not None:
        for group in _grouped(workspace, pair.client, together_with([pair])):
            if any(one.pk == number for one in group.pairs):
                return group
    raise UsageError(f"there is no group {number}", hint="`jobpipe near-duplicates list` has their numbers")


def group_of(workspace: Workspace, member: Member) -> Group | None:
    """That of a posting; None = it has no near-duplicates."""
    pairs = [pair for pair in pairs_with([member]) if not pair.is_gone]
    if not pairs:
        return None
    found = _grouped(workspace, pairs[0].client, together_with(pairs))
    return next((group for group in found if any(one.member == member for one in group.postings)), None)


def _grouped(workspace: Workspace, client: str, pairs: Sequence[NearDuplicate]) -> list[Group]:
    decisions = decisions_of(client)
    alive = [pair for pair in pairs if not pair.is_gone]
    found_rows = rows_of(workspace.documents, {member for pair in alive for member in ends_of(pair)})
    rows = {member: row for member, row in found_rows.items() if is_listed(row)}
    names = dict(Import.objects.filter(pk__in={one.import_id for one in rows}).values_list("id", "name"))
    found = [
        _group(client, members, alive, rows, names, decisions)
        for members in groups_among(alive, rows, names, decisions)
    ]
    return sorted(found, key=lambda group: group.number)


def _group(
    client: str,
    members: Sequence[Member],
    pairs: Sequence[NearDuplicate],
    rows: dict[Member, StateRow],
    names: dict[int, str],
    decisions: Decisions,
) -> Group:
    within = [pair for pair in pairs if set(ends_of(pair)) <= set(members)]
    postings = [GroupedPosting(one, names[one.import_id], rows[one], one in decisions.kept) for one in members]
    return Group(min(pair.pk for pair in within), client, postings, within)
