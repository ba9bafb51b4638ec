"""A posting's whole way: where its record stood, how each field came about, its revisions, and who has it."""

from __future__ import annotations

from typing import Any

from jobpipe.documents.body import unpack
from jobpipe.documents.delivered.store import Delivered, Receipt, Standing
from jobpipe.errors import JobpipeError
from jobpipe.ledger.models import Destination, Import, Run
from jobpipe.posting import JobPosting
from jobpipe.runs.deliveries.wanting import Wanting
from jobpipe.runs.finding_postings import FoundPosting, traced
from jobpipe.runs.record_places import Places, Stored
from jobpipe.runs.workspace import Workspace
from jobpipe.transform.compile import FieldTrace


def trace(workspace: Workspace, found: FoundPosting, *, furthest: int | None = None) -> dict[str, Any]:
    """For scripts, and for `jobpipe trace`; `raw` is the record as the source gave it, decoded as well as it can be.

    `furthest`: of a record that begins after so many bytes the line is not looked for: what comes before it has to be
    read for that.
    """
    owner = found.owner
    frame = workspace.documents.body(found.import_id, found.row.row)
    body = unpack(frame) if frame is not None else None
    return {
        "import": found.name,
        "key": found.row.key,
        "title": found.row.title,
        "state": found.row.status.name.lower(),
        "reason": found.row.reason,
        "source": _source(workspace, owner, found, body.offset if body else -1, body.raw if body else b"", furthest),
        "raw": (body.raw if body else b"").decode("utf-8", "replace"),
        "fields": [_field(one) for one in _traced(workspace, found)],
        "revision": found.row.revision,
        "revisions_kept": workspace.documents.revisions(found.import_id, found.row.row),
        "runs": _runs(found),
        "destinations": _destinations(workspace, owner, found, body.posting if body else b""),
    }


def _source(
    workspace: Workspace, owner: Import, found: FoundPosting, offset: int, raw: bytes, furthest: int | None
) -> dict[str, Any]:
    row = found.row
    if furthest is not None and offset > furthest:
        return {"file": row.part, "line": 0, "offset": offset, "bytes": len(raw)}
    try:
        spot = Places(workspace, owner).of(row.written_run, row.part, [Stored(offset, raw)])[0]
    except JobpipeError:
        return {"file": row.part, "line": 0, "offset": offset, "bytes": len(raw)}
    return {"file": spot.source, "line": spot.line, "offset": offset, "bytes": len(raw)}


def _traced(workspace: Workspace, found: FoundPosting) -> list[FieldTrace]:
    try:
        return traced(workspace, found)
    except JobpipeError:
        # Its definition is gone, or not valid today: the rest of its way is known all the same.
        return []


def _field(one: FieldTrace) -> dict[str, Any]:
    found = [{"path": path, "values": list(values)} for path, values in one.found]
    return {"field": one.field, "found": found, "made": one.value, "by": one.by, "error": one.error}


def _runs(found: FoundPosting) -> dict[str, Any]:
    row = found.row
    numbers = {"first_seen": row.first_run, "last_written": row.written_run, "last_changed": row.changed_run}
    begun = dict(Run.objects.filter(pk__in=numbers.values()).values_list("pk", "started_at"))
    return {
        name: {"run": number, "at": begun[number].isoformat() if number in begun else None}
        for name, number in numbers.items()
    }


def _destinations(workspace: Workspace, owner: Import, found: FoundPosting, posting: bytes) -> list[dict[str, Any]]:
    """Each destination that its import names, or that had the posting once."""
    rows = {row.pk: row.name for row in Destination.objects.all()}
    standings = workspace.delivered.standings(found.import_id, found.row.row)
    receipts: dict[int, list[Receipt]] = {}
    for one in workspace.delivered.receipts(found.import_id, found.row.row):
        receipts.setdefault(one.destination, []).append(one)
    named = {*workspace.feeding.destinations_of(found.name), *(rows[one] for one in standings if one in rows)}
    numbers = {name: number for number, name in rows.items()}
    return [
        {
            "destination": name,
            **_standing(standings.get(numbers.get(name, 0))),
            "now": _now(workspace, owner, found, name, posting),
            "receipts": [_receipt(one) for one in receipts.get(numbers.get(name, 0), [])],
        }
        for name in sorted(named)
    ]


def _standing(known: Delivered | None) -> dict[str, Any]:
    if known is None:
        return {"standing": "never delivered", "revision": 0, "at": "", "said": ""}
    word = {Standing.THERE: "there", Standing.AWAY: "away", Standing.REFUSED: "refused", Standing.HELD: "held back"}
    return {"standing": word[known.standing], "revision": known.revision, "at": known.at, "said": known.said}


def _now(workspace: Workspace, owner: Import, found: FoundPosting, name: str, posting: bytes) -> str:
    """What the destination's file says of the posting as it is now."""
    import msgspec

    if found.row.status.name != "LIVE" or not posting:
        return f"the posting is {found.row.status.name.lower()}: it should not be there"
    try:
        wanting = Wanting(workspace.documents, workspace.project.load_destination(name))
    except JobpipeError as error:
        return f"cannot be said: {error.message}"
    shaped, refusals = wanting.judge(owner, msgspec.json.decode(posting, type=JobPosting))
    if shaped is None:
        return "it is not selected"
    if refusals:
        return "would be refused: " + "; ".join(one.message for one in refusals)
    return "it should be there"


def _receipt(one: Receipt) -> dict[str, Any]:
    return {
        "number": one.number,
        "action": one.action,
        "fate": one.fate,
        "revision": one.revision,
        "delivery": one.delivery,
        "at": one.at,
        "said": one.said,
    }
