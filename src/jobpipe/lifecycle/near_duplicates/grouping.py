"""From pairs to groups, and who of a group is kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Member(NamedTuple):
    """A posting: its import and its row there, ledger's and store's numbers."""

    import_id: int
    row: int


class Pair(NamedTuple):
    one: Member
    other: Member
    weight: int
    # Of two that weigh the same the smaller one is joined first: something that both sources say.
    order: tuple[str, ...] = ()


def groups_of(pairs: Iterable[Pair]) -> list[list[Member]]:
    """Groups in which every two are a pair, and no two are of one import: two openings of one source are two.

    The surest pairs are joined first, so that of two openings with the same text each gets its own twin.  Depends on
    the pairs alone, not on their order, nor on when they were found.
    """
    found = sorted({(-weight, order, min(one, other), max(one, other)) for one, other, weight, order in pairs})
    is_pair = {(one, other) for *_, one, other in found}
    group: dict[Member, list[Member]] = {}
    for *_, one, other in found:
        mine, yours = group.setdefault(one, [one]), group.setdefault(other, [other])
        if mine is yours or not _fit(mine, yours, is_pair):
            continue
        mine += yours
        for member in yours:
            group[member] = mine
    joined = {id(members): sorted(members) for members in group.values() if len(members) > 1}
    return sorted(joined.values())


def _fit(mine: list[Member], yours: list[Member], is_pair: set[tuple[Member, Member]]) -> bool:
    if {one.import_id for one in mine} & {one.import_id for one in yours}:
        return False
    return all((min(one, other), max(one, other)) in is_pair for one in mine for other in yours)
