"""Pairs in the ledger: which there are, which hang together, and how they change, many at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice

from django.db.models import Q

from jobpipe.documents.store import Documents, StateRow
from jobpipe.ledger.models import NearDuplicate
from jobpipe.ledger.text import storable
from jobpipe.lifecycle.near_duplicates import Judgement, Member, Pair, groups_of
from jobpipe.runs.near_duplicates.decisions import Decisions
from jobpipe.runs.workspace import Workspace

# Values in one query.
_AT_ONCE = 400
# More postings that hang together are no duplicates but a flood; the rest of them is looked at by itself.
MOST_TOGETHER = 2_000

Found = dict[tuple[Member, Member], Judgement]


def ends_of(pair: NearDuplicate) -> tuple[Member, Member]:
    return Member(pair.one_import_id, pair.one_row), Member(pair.other_import_id, pair.other_row)


def ordered(one: Member, other: Member) -> tuple[Member, Member]:
    return (one, other) if one < other else (other, one)


def pairs_with(members: Collection[Member]) -> list[NearDuplicate]:
    """All that have one of these postings, also those that are gone and not yet cleared away."""
    found: dict[int, NearDuplicate] = {}
    by_import: dict[int, list[int]] = {}
    for member in members:
        by_import.setdefault(member.import_id, []).append(member.row)
    for import_id, rows in by_import.items():
        for some in _pieces(rows):
            for condition in (
                Q(one_import=import_id, one_row__in=some),
                Q(other_import=import_id, other_row__in=some),
            ):
                found.update((pair.pk, pair) for pair in NearDuplicate.objects.filter(condition))
    return [found[number] for number in sorted(found)]


def rows_of(documents: Documents, members: Iterable[Member]) -> dict[Member, StateRow]:
    by_import: dict[int, list[int]] = {}
    for member in members:
        by_import.setdefault(member.import_id, []).append(member.row)
    return {
        Member(import_id, number): row
        for import_id, numbers in by_import.items()
        for number, row in documents.rows(import_id, numbers).items()
    }


def together_with(seeds: Iterable[NearDuplicate]) -> list[NearDuplicate]:
    """The pairs themselves, and all that hang together with them."""
    found = {pair.pk: pair for pair in seeds}
    known: set[Member] = set()
    frontier = {member for pair in found.values() for member in ends_of(pair)}
    while frontier and len(known) < MOST_TOGETHER + len(frontier):
        known |= frontier
        reached = pairs_with(frontier)
        found.update((pair.pk, pair) for pair in reached if pair.pk not in found)
        frontier = {member for pair in reached if not pair.is_gone for member in ends_of(pair)} - known
    return [found[number] for number in sorted(found)]


def groups_among(
    pairs: Iterable[NearDuplicate], rows: Mapping[Member, StateRow], names: Mapping[int, str], decisions: Decisions
) -> list[list[Member]]:
    """The groups that these pairs make of the postings of `rows`; `names` are those of the imports.

    Of two openings with the same text the one whose key comes first gets the twin, whichever was there first.
    """

    def called(member: Member) -> tuple[str, str]:
        return rows[member].key, names.get(member.import_id, "")

    return groups_of(
        Pair(*ends, pair.weight, tuple(word for name in sorted(map(called, ends)) for word in name))
        for pair in pairs
        if not pair.is_gone and (ends := ends_of(pair)) not in decisions.split and all(end in rows for end in ends)
    )


def store(workspace: Workspace, client: str, before: Iterable[NearDuplicate], found: Found) -> int:
    """What was found of some postings is what there is of them from now on; how many pairs are new.

    `before`: all pairs with these postings, as `pairs_with` gives them.
    """
    known = {ends_of(pair): pair for pair in before}
    new = [_new(client, ends, judgement) for ends, judgement in found.items() if ends not in known]
    gone = [pair.pk for ends, pair in known.items() if ends not in found and not pair.is_gone]
    changed = [known[ends] for ends in found if ends in known and _differs(known[ends], client, found[ends])]
    for pair in changed:
        judgement = found[ends_of(pair)]
        pair.is_gone, pair.settled, pair.client = False, "", client
        pair.weight, pair.similarity, pair.reason = judgement.weight, judgement.similarity, judgement.reason
    if new or gone or changed:
        with workspace.writing():
            NearDuplicate.objects.bulk_create(new, batch_size=_AT_ONCE, ignore_conflicts=True)
            for some in _pieces(gone):
                NearDuplicate.objects.filter(pk__in=some).update(is_gone=True, settled="")
            fields = ["is_gone", "settled", "client", "weight", "similarity", "reason"]
            NearDuplicate.objects.bulk_update(changed, fields, batch_size=50)
    return len(new)


def forget_others(workspace: Workspace, client: str, imports: Collection[int]) -> None:
    """Pairs of a client with postings of imports that are none of these."""
    pairs = NearDuplicate.objects.filter(client=client, is_gone=False)
    with workspace.writing():
        pairs.exclude(one_import__in=imports, other_import__in=imports).update(is_gone=True, settled="")


def _new(client: str, ends: tuple[Member, Member], judgement: Judgement) -> NearDuplicate:
    one, other = ends
    return NearDuplicate(
        client=client,
        one_import_id=one.import_id,
        one_row=one.row,
        other_import_id=other.import_id,
        other_row=other.row,
        weight=judgement.weight,
        similarity=judgement.similarity,
        reason=storable(judgement.reason),
        found_at=datetime.now(UTC),
    )


def _differs(pair: NearDuplicate, client: str, judgement: Judgement) -> bool:
    now = (judgement.weight, judgement.similarity, storable(judgement.reason), client)
    return pair.is_gone or (pair.weight, pair.similarity, pair.reason, pair.client) != now


def _pieces(rows: Iterable[int]) -> Iterator[list[int]]:
    rest = iter(rows)
    while some := list(islice(rest, _AT_ONCE)):
        yield some
