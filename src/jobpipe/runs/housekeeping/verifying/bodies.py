"""Bodies of one import: whether each row has one, each can be read, and says what its row says."""

from __future__ import annotations

from array import array
from collections.abc import Collection

import msgspec

from jobpipe.documents.body import unpack
from jobpipe.documents.store import FORGOTTEN, Role, Selection, Written
from jobpipe.documents.upkeep import StoredBody, upkeep_of
from jobpipe.ledger.models import Import
from jobpipe.runs.housekeeping.verifying.agreement import forget_validators
from jobpipe.runs.housekeeping.verifying.findings import Finding, Verifying
from jobpipe.runs.workspace import Workspace
from jobpipe.sources.record import Context

_ROWS = 500
# Of these every row has a body; a duplicate may share its posting's.
_ROLES = (Role.POSTING, Role.REJECTED)


def verify_bodies(workspace: Workspace, owner: Import, looking: Verifying) -> None:
    documents = upkeep_of(workspace.documents)
    contexts = {digest for digest, packed in documents.contexts(owner.pk) if _is_context(packed)}
    revisions = {
        row.row: row.revision for role in Role for row in workspace.documents.select(owner.pk, Selection(role=role))
    }
    orphans: list[tuple[int, int]] = []
    unreadable: list[tuple[int, int]] = []
    bad, seen = array("q"), bytearray(max(revisions, default=0) + 1)
    for body in documents.bodies(owner.pk):
        revision = revisions.get(body.row)
        if revision is None or body.revision > revision:
            orphans.append((body.row, body.revision))
            continue
        is_current = body.revision == revision
        if not _is_sound(body, contexts):
            unreadable.append((body.row, body.revision))
            if is_current:
                bad.append(body.row)
        if is_current:
            seen[body.row] = 1
    lacking = array("q", (row for row in _rows_with_bodies(workspace, owner) if not seen[row]))
    if orphans:
        what = f"{len(orphans):,} bodies have no row: a writing that was killed left them"
        looking.found(
            Finding("bodies-without-rows", what, "they are removed", owner.name, len(orphans)),
            lambda: documents.drop_bodies(owner.pk, orphans),
        )
    if unreadable:
        what = f"{len(unreadable):,} bodies cannot be read: their file was damaged"
        repair = "they are removed; the next run makes what is in the source again"
        looking.found(
            Finding("bodies-unreadable", what, repair, owner.name, len(unreadable)),
            lambda: documents.drop_bodies(owner.pk, unreadable),
        )
    wrong = sorted({*bad, *lacking})
    if wrong:
        what = f"{len(wrong):,} rows have no body that can be read"
        repair = "the next run makes them again from the source; rejected ones are removed, and come again"
        looking.found(
            Finding("rows-without-bodies", what, repair, owner.name, len(wrong)),
            lambda: _make_again(workspace, owner, wrong),
        )


def _rows_with_bodies(workspace: Workspace, owner: Import) -> array[int]:
    rows = array("q")
    for role in _ROLES:
        rows.extend(
            row.row
            for row in workspace.documents.select(owner.pk, Selection(role=role))
            # One that was told already.
            if row.digest != FORGOTTEN
        )
    return rows


def _is_sound(body: StoredBody, contexts: Collection[bytes]) -> bool:
    try:
        read = unpack(body.frame)
    except Exception:  # whatever zstd and msgspec say of bytes that are not theirs
        return False
    if read.context and read.context not in contexts:
        return False
    if read.posting:
        try:
            msgspec.json.decode(read.posting)
        except msgspec.DecodeError:
            return False
    return True


def _is_context(packed: bytes) -> bool:
    try:
        msgspec.msgpack.decode(packed, type=Context)
    except msgspec.MsgspecError:
        return False
    return True


def _make_again(workspace: Workspace, owner: Import, numbers: list[int]) -> None:
    documents = workspace.documents
    for start in range(0, len(numbers), _ROWS):
        found = documents.rows(owner.pk, numbers[start : start + _ROWS])
        side = [row.row for row in found.values() if row.role is not Role.POSTING]
        again = [msgspec.structs.replace(row, digest=FORGOTTEN) for row in found.values() if row.role is Role.POSTING]
        documents.write(owner.pk, [Written(row) for row in again])
        documents.delete_rows(owner.pk, side)
    forget_validators(workspace, owner)
