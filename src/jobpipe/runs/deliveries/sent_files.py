"""The very files that a destination was last sent, as this machine keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jobpipe.ledger.models import Delivery, DeliveryKind, DeliveryState
from jobpipe.runs.deliveries.snapshots import folder_of
from jobpipe.runs.workspace import Workspace


@dataclass(frozen=True, slots=True)
class SentFile:
    delivery: int
    name: str
    size: int
    path: Path


def sent_files(workspace: Workspace, destination: str) -> list[SentFile]:
    """Of the last snapshot that got through; without those that lie on another machine, or are not kept."""
    last = Delivery.objects.filter(
        destination__name=destination, kind=DeliveryKind.SNAPSHOT, state=DeliveryState.ACKNOWLEDGED
    ).first()
    if last is None:
        return []
    folder = folder_of(workspace.project.state_dir, destination) / "current"
    found = []
    for file in last.files:
        name, size = str(file["name"]), int(file["size"])
        path = folder / name
        # A name of the ledger, never one of a request; and the file that it was then.
        if Path(name).name == name and path.is_file() and path.stat().st_size == size:
            found.append(SentFile(last.pk, name, size, path))
    return found
