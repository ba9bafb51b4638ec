"""Destinations whose file is gone: they keep what they have until somebody says that they are to be forgotten."""

from __future__ import annotations

import shutil

from django.db import transaction

from jobpipe.definition.project import Project
from jobpipe.destinations.published import feed_folder
from jobpipe.errors import UsageError
from jobpipe.ledger.models import Destination
from jobpipe.ledger.turns import turn_to_write
from jobpipe.runs.deliveries import telling
from jobpipe.runs.deliveries.deciding import nobody_delivers
from jobpipe.runs.deliveries.snapshots import folder_of
from jobpipe.runs.workspace import Workspace


def gone_destinations(project: Project) -> list[str]:
    """Something was delivered there once, and there is no file any more."""
    there = set(project.destinations())
    return [name for name in Destination.objects.values_list("name", flat=True) if name not in there]


def gone_destination(project: Project, name: str) -> Destination:
    """Raises UsageError where it has its file, or was never there."""
    if name in project.destinations():
        raise UsageError(
            f"destinations/{name}.yaml is there",
            hint="a destination that has its file is not forgotten: `paused: true`",
        )
    row = Destination.objects.filter(name=name).first()
    if row is None:
        gone = ", ".join(gone_destinations(project)) or "none"
        raise UsageError(f"nothing was ever delivered to {name!r}", hint=f"without a file: {gone}")
    return row


def forget(workspace: Workspace, name: str) -> None:
    """What it has, its deliveries and receipts are not known any more; at the destination itself nothing changes.

    A kill in between leaves it to be forgotten once more.  Raises UsageError as `gone_destination` does, and where a
    process is delivering there.
    """
    row = gone_destination(workspace.project, name)
    with nobody_delivers(workspace, row):
        workspace.delivered.forget(row.pk)
        state = workspace.project.state_dir
        for folder in (folder_of(state, name), feed_folder(state, name)):
            shutil.rmtree(folder, ignore_errors=True)
        with turn_to_write(), transaction.atomic():
            row.delete()
    telling.gone(name, telling.ALL, why="it was forgotten")
