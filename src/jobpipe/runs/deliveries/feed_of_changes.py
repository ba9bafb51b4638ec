"""The feed of changes for applications that come and ask: all that is live, then what has changed since.

A cursor says how far whoever asks has come.  Without one, every live posting is given; from then on each change at
least once, and a posting that changed twice since the cursor once, as it is now.  So an application that applies what
it gets, in its order, has in the end what is stored: an upsert replaces what it had of (import, key), a removal takes
it away.  Only what finished runs have changed is in the feed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import msgspec

from jobpipe.documents.body import unpack
from jobpipe.documents.store import Role, Selection, StateRow, Status
from jobpipe.errors import UsageError
from jobpipe.ledger.models import Import
from jobpipe.runs.deliveries.change_lists import last_sequence, lists_after, pruned_to, rows_of
from jobpipe.runs.deliveries.wanting import unfinished_runs
from jobpipe.runs.workspace import Workspace

# `17` or `17.200`: a list, and rows of the next one; `all-17-3-250`: all that is live, by import and row, then list 17.
_FOLLOWING = re.compile(r"(\d{1,18})(?:\.(\d{1,9}))?")
_BEGINNING = re.compile(r"all-(\d{1,18})-(\d{1,9})-(\d{1,9})")
MOST = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    import_name: str
    client: str
    key: str
    # upsert, or remove: it is not live any more.
    action: str
    # Of the posting's content.
    revision: int
    # Why it is removed: absent closed ended removed person rule …
    reason: str = ""
    # As stored, JSON; b"" of a removal.
    posting: bytes = b""


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    items: list[Change]
    # To be given back with the next question.
    cursor: str
    # Whether there is more at once.
    is_more: bool


def changes_since(workspace: Workspace, cursor: str, *, limit: int, imports: Iterable[int] | None = None) -> Changes:
    """At most `limit` changes of these imports (None = all) after the cursor; "" = from the beginning.

    Raises UsageError for a cursor that is none, or older than what is kept.
    """
    wanted = None if imports is None else set(imports)
    limit = max(1, min(limit, MOST))
    if not cursor:
        cursor = f"all-{last_sequence()}-0-0"
    beginning = _BEGINNING.fullmatch(cursor)
    if beginning is not None:
        sequence, import_id, row = map(int, beginning.groups())
        return _from_the_beginning(workspace, sequence, (import_id, row), limit, wanted)
    following = _FOLLOWING.fullmatch(cursor)
    if following is None:
        raise UsageError(f"{cursor!r} is no cursor", hint="give back what was given; nothing begins anew")
    return _following(workspace, int(following[1]), int(following[2] or 0), limit, wanted)


# All that is live -----------------------------------------------------------------------------------


def _from_the_beginning(
    workspace: Workspace, sequence: int, at: tuple[int, int], limit: int, wanted: set[int] | None
) -> Changes:
    """`sequence`: of the last list when this began; what has changed meanwhile is given afterwards."""
    items: list[Change] = []
    for owner, state, posting in islice(_live_after(workspace, at, wanted), limit):
        items.append(_change(owner, state, posting))
        at = owner.pk, state.row
    if len(items) < limit:
        return Changes(items=items, cursor=str(sequence), is_more=last_sequence() > sequence)
    return Changes(items=items, cursor=f"all-{sequence}-{at[0]}-{at[1]}", is_more=True)


def _live_after(
    workspace: Workspace, at: tuple[int, int], wanted: set[int] | None
) -> Iterator[tuple[Import, StateRow, bytes]]:
    owners = Import.objects.filter(pk__gte=at[0]).order_by("pk")
    for owner in owners if wanted is None else owners.filter(pk__in=wanted):
        selection = Selection(status=Status.LIVE, after_row=at[1] if owner.pk == at[0] else 0)
        for state, frame in workspace.documents.bodies(owner.pk, selection):
            yield owner, state, unpack(frame).posting


# What has changed -----------------------------------------------------------------------------------


def _following(workspace: Workspace, sequence: int, offset: int, limit: int, wanted: set[int] | None) -> Changes:
    if sequence < pruned_to():
        raise _too_old()
    last, unfinished = last_sequence(), unfinished_runs()
    items: list[Change] = []
    for changes in lists_after(sequence, wanted):
        rows = rows_of(changes)
        if rows is None:
            raise _too_old()
        while offset < len(rows) and len(items) < limit:
            some = rows[offset : offset + limit - len(items)]
            items += _changes(workspace, changes.import_row, some, unfinished)
            offset += len(some)
        if offset < len(rows):
            return Changes(items=items, cursor=f"{sequence}.{offset}", is_more=True)
        sequence, offset = changes.sequence, 0
        if len(items) >= limit:
            return Changes(items=items, cursor=str(sequence), is_more=sequence < last)
    return Changes(items=items, cursor=str(max(sequence, last)), is_more=False)


def _too_old() -> UsageError:
    return UsageError("what has changed since this cursor is not kept any more", hint="begin again, without a cursor")


def _changes(workspace: Workspace, owner: Import, rows: Sequence[int], unfinished: set[int]) -> list[Change]:
    states = workspace.documents.rows(owner.pk, rows)
    settled = [one for row in rows if (one := states.get(row)) is not None and one.changed_run not in unfinished]
    postings = [one for one in settled if one.role is Role.POSTING]
    bodies = _bodies(workspace, owner, [one.key for one in postings if one.status is Status.LIVE])
    return [_change(owner, state, bodies.get(state.row, b"")) for state in postings]


def _bodies(workspace: Workspace, owner: Import, keys: Sequence[str]) -> dict[int, bytes]:
    if not keys:
        return {}
    selection = Selection(status=Status.LIVE, keys=tuple(keys))
    return {state.row: unpack(frame).posting for state, frame in workspace.documents.bodies(owner.pk, selection)}


def _change(owner: Import, state: StateRow, posting: bytes) -> Change:
    return Change(
        import_name=owner.name,
        client=owner.client,
        key=state.key,
        action="upsert" if posting else "remove",
        revision=state.revision,
        reason="" if posting else state.reason,
        posting=posting,
    )


def as_document(changes: Changes) -> dict[str, Any]:
    """For JSON."""
    return {
        "changes": [_as_document(one) for one in changes.items],
        "cursor": changes.cursor,
        "more": changes.is_more,
    }


def _as_document(one: Change) -> dict[str, Any]:
    what = {"posting": msgspec.Raw(one.posting)} if one.posting else {"reason": one.reason}
    return {
        "import": one.import_name,
        "client": one.client,
        "key": one.key,
        "action": one.action,
        "revision": one.revision,
        **what,
    }
