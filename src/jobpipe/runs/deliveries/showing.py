"""One delivery for a person: of a file that waits, which postings would vanish and which would come."""

from __future__ import annotations

from typing import Any

from jobpipe.documents.delivered.store import Standing
from jobpipe.errors import UsageError
from jobpipe.ledger.models import Delivery, DeliveryState, Import
from jobpipe.runs.deliveries.snapshot_contents import read_contents
from jobpipe.runs.deliveries.snapshot_files import read_back
from jobpipe.runs.deliveries.snapshots import folder_of
from jobpipe.runs.workspace import Workspace

MAX_SAMPLES = 10


def shown_delivery(workspace: Workspace, number: int) -> dict[str, Any]:
    """Raises UsageError where there is none of this number."""
    one = Delivery.objects.select_related("destination").filter(pk=number).first()
    if one is None:
        raise UsageError(f"there is no delivery {number}", hint="`jobpipe deliveries` lists them")
    document = delivery_document(one)
    if one.state == DeliveryState.HELD:
        document["would_vanish"] = _would_vanish(workspace, one)
    return document


def delivery_document(one: Delivery) -> dict[str, Any]:
    """`one`: with its destination."""
    return {
        "delivery": one.pk,
        "destination": one.destination.name,
        "kind": one.kind,
        "state": one.state,
        "created_at": one.created_at.isoformat(),
        "ended_at": one.ended_at.isoformat() if one.ended_at else None,
        "attempts": one.attempts,
        "upserts": one.upserts,
        "removals": one.removals,
        "refused": one.refused,
        "postings": one.postings,
        "left_out": one.left_out,
        "files": one.files,
        "said": one.said,
        "error": one.error,
    }


def _would_vanish(workspace: Workspace, one: Delivery) -> list[dict[str, Any]]:
    """By import: how many postings the destination has that the file lacks, and a few of them."""
    written = read_back(folder_of(workspace.project.state_dir, one.destination.name) / f"held-{one.pk}")
    included: dict[int, set[int]] = {}
    for kept in read_contents(written.folder) if written is not None else ():
        included.setdefault(kept.import_id, set()).add(kept.row)
    found = []
    for import_id in workspace.delivered.imports(one.destination_id):
        stay = included.get(import_id, set())
        count = 0
        samples: list[str] = []
        for known in workspace.delivered.walk(one.destination_id, import_id):
            if known.standing is Standing.THERE and known.row not in stay:
                count += 1
                if len(samples) < MAX_SAMPLES:
                    samples.append(known.key)
        if count:
            name = Import.objects.filter(pk=import_id).values_list("name", flat=True).first() or f"import {import_id}"
            found.append({"import": name, "postings": count, "samples": samples})
    return found
