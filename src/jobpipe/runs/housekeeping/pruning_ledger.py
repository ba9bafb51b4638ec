"""Incidents that are over, and what is known of the parts of old runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import Max, QuerySet

from jobpipe.errors import DefinitionError, UsageError
from jobpipe.ledger.models import (
    Batch,
    Import,
    Incident,
    IncidentState,
    Notification,
    NotificationState,
    PartRead,
    Run,
    RunKind,
    RunState,
)
from jobpipe.runs.history import runs_that_need_their_bytes
from jobpipe.runs.housekeeping.freed import Pruned
from jobpipe.runs.workspace import Workspace

# Rows of one transaction: runs write between two.
_PIECE = 200
# Of each import: the last runs whose parts stay, however old they are.
_RUNS_KEPT = 5
_OPEN = (RunState.QUEUED, RunState.RUNNING, RunState.HELD)


def prune_incidents(
    workspace: Workspace, done: Pruned, *, samples_before: datetime | None, before: datetime | None
) -> None:
    over = Incident.objects.filter(state=IncidentState.RESOLVED)
    line = done.new("incidents")
    if before is not None:
        line.add(remove_rows(workspace, over.filter(resolved_at__lt=before), done))
    line = done.new("samples of incidents")
    if samples_before is None:
        return
    shown = over.filter(resolved_at__lt=samples_before).exclude(samples=[])
    if before is not None:
        shown = shown.exclude(resolved_at__lt=before)
    for numbers in pieces_of(shown):
        line.add(len(numbers))
        if not done.dry_run:
            with workspace.writing():
                Incident.objects.filter(pk__in=numbers).update(samples=[])


def prune_messages(workspace: Workspace, done: Pruned, before: datetime | None) -> None:
    """What was sent is emptied: its key stays, so that it is never sent again."""
    line = done.new("messages")
    if before is None:
        return
    over = Notification.objects.exclude(state=NotificationState.QUEUED).filter(created_at__lt=before).exclude(text="")
    for numbers in pieces_of(over):
        line.add(len(numbers))
        if not done.dry_run:
            with workspace.writing():
                Notification.objects.filter(pk__in=numbers).update(text="", html="", to=[], payload={}, attachments=[])


def prune_run_details(workspace: Workspace, done: Pruned, before: datetime | None) -> None:
    line = done.new("details of runs")
    if before is None:
        return
    # Of a batch only a run that is under way knows anything: what is left is of one that was ended from outside.
    left = Batch.objects.exclude(run__state__in=_OPEN).filter(run__finished_at__lt=before)
    line.add(remove_rows(workspace, left, done))
    for owner in Import.objects.order_by("name"):
        if _looks_at_all_parts(workspace, owner):
            continue
        runs = Run.objects.filter(import_row=owner, kind=RunKind.IMPORT)
        needed = runs_that_need_their_bytes(owner.pk) | set(
            runs.order_by("-id").values_list("pk", flat=True)[:_RUNS_KEPT]
        )
        last = runs.filter(complete=True).aggregate(last=Max("pk"))["last"]
        old = PartRead.objects.filter(run__import_row=owner, run__finished_at__lt=before)
        old = old.exclude(run__in=needed | ({last} if last else set())).exclude(run__state__in=_OPEN)
        line.add(remove_rows(workspace, old, done))


def _looks_at_all_parts(workspace: Workspace, owner: Import) -> bool:
    """A source of changes knows by its past runs which files it has read."""
    try:
        return workspace.project.load(owner.name).definition.source.holds == "changes"
    except DefinitionError:
        return True
    except UsageError:  # it has no file any more
        return False


def remove_rows(workspace: Workspace, rows: QuerySet[Any], done: Pruned) -> int:
    """In pieces; how many."""
    count = 0
    for numbers in pieces_of(rows):
        count += len(numbers)
        if not done.dry_run:
            with workspace.writing():
                rows.model.objects.filter(pk__in=numbers).delete()
    return count


def pieces_of(rows: QuerySet[Any]) -> Iterator[Sequence[int]]:
    """Their numbers, as many at a time as belong into one transaction."""
    numbers = iter(list(rows.order_by("pk").values_list("pk", flat=True)))
    while some := list(islice(numbers, _PIECE)):
        yield some
