"""Decisions over groups: two jobs after all, this one is kept, and undone. Each takes effect at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from jobpipe.errors import UsageError
from jobpipe.ledger.models import NearDuplicate, NearDuplicateDecision
from jobpipe.ledger.text import storable
from jobpipe.lifecycle.near_duplicates import Member
from jobpipe.runs.near_duplicates.decisions import KEEP, SPLIT, UNDO, members_of
from jobpipe.runs.near_duplicates.following import Followed, follow_alone, one_at_a_time
from jobpipe.runs.near_duplicates.groups import Group, GroupedPosting, group_numbered
from jobpipe.runs.near_duplicates.pairs import pairs_with
from jobpipe.runs.workspace import Workspace


def split(workspace: Workspace, number: int, name: str, *, by: str) -> tuple[NearDuplicateDecision, Followed]:
    """The posting of import `name` is another job than the rest of the group; of two, "" will do.

    Remembered: they are never marked again, whatever they say.  Raises UsageError where there is no such group.
    """
    group = group_numbered(workspace, number)
    if not name and len(group.postings) > 2:
        raise UsageError(f"group {number} has {len(group.postings)} postings", hint=f"which one: {_names(group)}")
    return _decide(workspace, group, _posting_of(group, name or group.postings[0].name), SPLIT, by=by)


def keep(workspace: Workspace, number: int, name: str, *, by: str) -> tuple[NearDuplicateDecision, Followed]:
    """The posting of import `name` is the one to deliver, whatever the policy says. Raises UsageError as `split`."""
    group = group_numbered(workspace, number)
    return _decide(workspace, group, _posting_of(group, name), KEEP, by=by)


def undo(workspace: Workspace, number: int | None, *, by: str) -> tuple[NearDuplicateDecision, Followed]:
    """Take a decision back; None = the last one that stands. Raises UsageError where there is none."""
    decisions = NearDuplicateDecision.objects.filter(undone_by=None).exclude(kind=UNDO)
    found = (decisions.filter(pk=number) if number is not None else decisions.order_by("-id")).first()
    if found is None:
        what = "there is nothing to undo" if number is None else f"there is no decision {number} that stands"
        raise UsageError(what, hint="`jobpipe near-duplicates history` lists what was decided")
    with one_at_a_time(workspace, found.client):
        with workspace.writing():
            if NearDuplicateDecision.objects.filter(undoes=found).exists():
                raise UsageError(f"decision {found.pk} was undone meanwhile")
            made = NearDuplicateDecision.objects.create(
                client=found.client, kind=UNDO, postings=found.postings, undoes=found, at=datetime.now(UTC), by=by[:200]
            )
            _unsettle(members_of(found))
        again = members_of(found) if found.kind == SPLIT else []
        return made, follow_alone(workspace, found.client, again=again)


def history(*, client: str = "", limit: int = 50) -> Sequence[NearDuplicateDecision]:
    """The newest first."""
    found = NearDuplicateDecision.objects.order_by("-id")
    return list((found.filter(client=client) if client else found)[:limit])


def _decide(
    workspace: Workspace, group: Group, chosen: GroupedPosting, kind: str, *, by: str
) -> tuple[NearDuplicateDecision, Followed]:
    ordered = [chosen, *(one for one in group.postings if one is not chosen)]
    with one_at_a_time(workspace, group.client):
        with workspace.writing():
            made = NearDuplicateDecision.objects.create(
                client=group.client,
                kind=kind,
                postings=[_document(one) for one in ordered],
                at=datetime.now(UTC),
                by=by[:200],
            )
            _unsettle([one.member for one in ordered])
        return made, follow_alone(workspace, group.client)


def _unsettle(members: Sequence[Member]) -> None:
    """What hangs together with these postings is looked at again."""
    numbers = [pair.pk for pair in pairs_with(members)]
    NearDuplicate.objects.filter(pk__in=numbers).update(settled="")


def _posting_of(group: Group, name: str) -> GroupedPosting:
    for one in group.postings:
        if one.name == name:
            return one
    raise UsageError(f"group {group.number} has no posting of {name!r}", hint=f"it has one of {_names(group)}")


def _names(group: Group) -> str:
    return ", ".join(one.name for one in group.postings)


def _document(one: GroupedPosting) -> dict[str, object]:
    return {
        "import": one.member.import_id,
        "name": one.name,
        "row": one.member.row,
        "key": storable(one.row.key),
        "title": storable(one.row.title),
    }
