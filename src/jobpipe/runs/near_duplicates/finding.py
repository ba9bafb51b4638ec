"""After a run: what is new or has changed is compared with the client's other postings, and nothing else.

The order is such that a kill loses nothing: pairs first, then the index by which the next run knows what was compared.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple, TypeVar

import msgspec
from django.db.models import Max

from jobpipe.documents.body import unpack
from jobpipe.documents.store import Selection, StateRow, is_listed
from jobpipe.ledger.models import Import, NearDuplicate, Run
from jobpipe.lifecycle.near_duplicates import Member, Profile, Signs, judge, profile_of, signs_of, signs_without_text
from jobpipe.posting import JobPosting
from jobpipe.runs.near_duplicates.decisions import Decisions
from jobpipe.runs.near_duplicates.index import Entry, SignIndex
from jobpipe.runs.near_duplicates.pairs import Found, ends_of, ordered, pairs_with, store
from jobpipe.runs.workspace import Workspace

T = TypeVar("T")
_ROWS = 200
_PROFILES = 256
_decode = msgspec.json.Decoder(JobPosting).decode


# With whom a posting is a pair.
Partners = dict[Member, set[Member]]


class _Looked(NamedTuple):
    profile: Profile
    # Without those of the text.
    signs: Signs


class Finding:
    """Brings pairs and index of one client up to date."""

    def __init__(self, workspace: Workspace, index: SignIndex, client: str, decisions: Decisions) -> None:
        self._workspace = workspace
        self._documents = workspace.documents
        self._index = index
        self._client = client
        self._decisions = decisions
        self._profiles: OrderedDict[Member, _Looked] = OrderedDict()
        # Postings of which a sign has become, or is no longer, one that only they have.
        self._again: set[Member] = set()

    def read(self, owners: Iterable[Import], *, current: int = 0) -> int:
        """All that runs have changed since it was last read; how many pairs are new.

        `current`: a run that has written all that it will, though it is not finished.
        """
        new = 0
        for owner in owners:
            new += self._read_import(owner, current)
        while self._again:
            some = sorted(self._again)[:_ROWS]
            self._again.difference_update(some)
            new += self._judge_again(some)
        return new

    def judge_again(self, members: Iterable[Member]) -> None:
        """Postings of which something else is known now than when they were judged; `read` does it."""
        self._again.update(members)

    def forget(self, import_id: int) -> None:
        """An import that takes no part any more: its postings have no twins."""
        for some in _pieces(self._index.members(import_id)):
            store(self._workspace, self._client, pairs_with(some), {})
            with self._index.writing():
                for member in some:
                    self._index.remove(member)
        with self._index.writing():
            self._index.note_forgotten(import_id)

    def _read_import(self, owner: Import, current: int) -> int:
        since, sequence = self._index.read_of(owner.pk)
        runs = Run.objects.filter(import_row=owner)
        over = runs.filter(sequence__isnull=False).aggregate(run=Max("pk"), sequence=Max("sequence"))
        is_current = runs.filter(pk=current).exists()
        last = (over["sequence"] or 0) if not is_current else 0
        if not is_current and last == sequence:
            return 0
        new = 0
        # The last run once more: a person may have let its expiries happen since.
        for rows in _pieces(self._documents.select(owner.pk, Selection(changed_since_run=since))):
            new += self._read_rows(owner.pk, rows, is_anew=not since)
        with self._index.writing():
            self._index.note_read(owner.pk, current if is_current else over["run"] or 0, last)
        return new

    def _read_rows(self, import_id: int, rows: list[StateRow], *, is_anew: bool) -> int:
        """`is_anew`: the index may have been lost, with what it knew of postings that are gone."""
        known = self._index.digests(import_id, [row.row for row in rows])
        gone = [row for row in rows if not is_listed(row) and (is_anew or row.row in known)]
        changed = [row for row in rows if is_listed(row) and known.get(row.row) != _short(row)]
        if not gone and not changed:
            return 0
        before = pairs_with([Member(import_id, row.row) for row in (*gone, *changed)])
        partners = _partners(before)
        with self._index.writing():
            for row in gone:
                member = Member(import_id, row.row)
                self._look_at_neighbours(member, self._index.remove(member))
            found: Found = {}
            for row in changed:
                found.update(self._find(Member(import_id, row.row), _short(row), partners))
            new = store(self._workspace, self._client, before, found)
        return new

    def _find(self, member: Member, digest: bytes, partners: Partners) -> Found:
        self._profiles.pop(member, None)
        mine = self._look(member)
        if mine is None:
            return {}
        signs = signs_of(mine.profile, self._client)
        touched = self._index.put(member, Entry(digest, signs.all, _singular(signs)))
        self._look_at_neighbours(member, touched)
        return self._judge_all(member, mine, signs, partners)

    def _judge_again(self, members: list[Member]) -> int:
        found: Found = {}
        before = pairs_with(members)
        partners = _partners(before)
        for member in members:
            mine = self._look(member)
            if mine is not None:
                signs = signs_of(mine.profile, self._client)
                found.update(self._judge_all(member, mine, signs, partners))
        return store(self._workspace, self._client, before, found)

    def _judge_all(self, member: Member, mine: _Looked, signs: Signs, partners: Partners) -> Found:
        """With whom it was a pair is asked too: the index may have been lost."""
        found: Found = {}
        candidates = self._index.candidates(member.import_id, signs.all)
        for other in sorted(candidates | partners.get(member, set())):
            ends = ordered(member, other)
            theirs = self._look(other) if ends not in self._decisions.split else None
            if theirs is None:
                continue
            shared = self._shared(member, mine, other, theirs)
            first, second = (mine, theirs) if member < other else (theirs, mine)
            judgement = judge(first.profile, second.profile, shared=shared)
            if judgement.is_same:
                found[ends] = judgement
        return found

    def _shared(self, member: Member, mine: _Looked, other: Member, theirs: _Looked) -> set[str]:
        """What they have in common and no third posting of the two imports has."""
        both = _singular(theirs.signs)
        return {
            kind
            for kind, number in _singular_kinds(mine.signs)
            if number in both and self._is_alone(member, number) and self._is_alone(other, number)
        }

    def _is_alone(self, member: Member, number: int) -> bool:
        return len(self._index.holders(member.import_id, number, most=2)) == 1

    def _look_at_neighbours(self, member: Member, numbers: Iterable[int]) -> None:
        """From one holder to two, or back, a sign changes what it says for the other one."""
        for number in numbers:
            holders = set(self._index.holders(member.import_id, number, most=3)) - {member}
            if len(holders) == 1:
                self._again.update(holders)

    def _look(self, member: Member) -> _Looked | None:
        """None = it is gone, or was never a posting."""
        found = self._profiles.get(member)
        if found is not None:
            self._profiles.move_to_end(member)
            return found
        frame = self._documents.body(*member)
        posting = unpack(frame).posting if frame is not None else b""
        if not posting:
            return None
        profile = profile_of(_decode(posting))
        made = self._profiles[member] = _Looked(profile, signs_without_text(profile, self._client))
        if len(self._profiles) > _PROFILES:
            self._profiles.popitem(last=False)
        return made


def _partners(pairs: Iterable[NearDuplicate]) -> Partners:
    found: Partners = {}
    for pair in pairs:
        one, other = ends_of(pair)
        if not pair.is_gone:
            found.setdefault(one, set()).add(other)
            found.setdefault(other, set()).add(one)
    return found


def _singular_kinds(signs: Signs) -> list[tuple[str, int]]:
    """Those that are strong where only one posting of an import has them; a title with its town, where it has one."""
    titles = signs.titles[:-1] or signs.titles
    return [*(("address", number) for number in signs.addresses), *(("title", number) for number in titles)]


def _singular(signs: Signs) -> tuple[int, ...]:
    return tuple(number for _, number in _singular_kinds(signs))


def _short(row: StateRow) -> bytes:
    return row.posting_digest[:8]


def _pieces(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while some := list(islice(rest, _ROWS)):
        yield some
