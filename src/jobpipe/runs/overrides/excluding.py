"""Taking a job down everywhere: a posting with its near-duplicates, which would be delivered in its place otherwise.

They are decisions of their own, made together with that over the posting, so that one undo takes back all of them.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any

from jobpipe.documents.store import is_listed
from jobpipe.ledger.models import Import, Override, OverrideChange, OverrideScope
from jobpipe.lifecycle.near_duplicates import Member
from jobpipe.runs.near_duplicates.groups import group_of
from jobpipe.runs.overrides.deciding import MAX_REASON, Posting, decide_postings
from jobpipe.runs.workspace import Workspace


def exclude(
    workspace: Workspace,
    postings: Sequence[Posting],
    *,
    until: str,
    reason: str,
    by: str,
    alone: bool = False,
    within: Container[str] | None = None,
) -> list[OverrideChange]:
    """Near-duplicates first: none is delivered for the moment between. `alone`: without them.

    `until`: ISO date, "" = for good. `within`: the imports that whoever decides may touch; None = all.
    """
    decided: dict[Posting, dict[str, Any]] = {}
    for posting in postings:
        for twin in () if alone else _within(within, _twins(workspace, posting)):
            owner, key = posting
            said = f"the same job as {key} of {owner}" + (f": {reason}" if reason else "")
            decided[twin] = {"until": until, "reason": said[:MAX_REASON], "with": [owner, key]}
    for posting in postings:
        decided.pop(posting, None)
        decided[posting] = {"until": until, "reason": reason}
    return decide_postings(workspace, decided, lambda posting, before: before | {"exclude": decided[posting]}, by=by)


def restore(
    workspace: Workspace, postings: Sequence[Posting], *, by: str, within: Container[str] | None = None
) -> list[OverrideChange]:
    """Nothing counts any more of what was decided of these, nor of what was excluded with them; `within`: as above."""
    with_them = [one for posting in postings for one in _within(within, _excluded_with(posting))]
    followers = [one for one in with_them if one not in postings]

    def changed(posting: Posting, before: dict[str, Any]) -> dict[str, Any]:
        return {name: part for name, part in before.items() if posting in followers and name != "exclude"}

    return decide_postings(workspace, [*postings, *followers], changed, by=by)


def _within(names: Container[str] | None, postings: Sequence[Posting]) -> list[Posting]:
    return [one for one in postings if names is None or one[0] in names]


def _twins(workspace: Workspace, posting: Posting) -> list[Posting]:
    """By import and key: those of its group, and those that were excluded with it before."""
    owner, key = posting
    found = dict.fromkeys(_excluded_with(posting))
    held = Import.objects.filter(name=owner).first()
    row = workspace.documents.postings_by_key(held.pk, [key]).get(key) if held is not None else None
    group = group_of(workspace, Member(held.pk, row.row)) if held is not None and row is not None else None
    if group is not None and row is not None and is_listed(row):
        found.update(dict.fromkeys((one.name, one.row.key) for one in group.postings))
    found.pop(posting, None)
    return list(found)


def _excluded_with(posting: Posting) -> list[Posting]:
    rows = Override.objects.filter(scope=OverrideScope.POSTING, active=True, content__exclude__with=list(posting))
    return [(row.owner, row.key) for row in rows.order_by("id")]
