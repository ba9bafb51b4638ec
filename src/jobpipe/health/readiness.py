"""What a process needs to do its work, asked each time: the ledger, the documents, room on the disk, its duty."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass

from django.db import DatabaseError, InterfaceError

from jobpipe.errors import JobpipeError
from jobpipe.ledger.models import Import, Run
from jobpipe.ledger.opening import drop_dead_connection
from jobpipe.runs.scheduling.duty import is_taken
from jobpipe.runs.workspace import Workspace
from jobpipe.safety.secrets import redact

# Bytes that are free where the state lies, below which nothing should begin.
LEAST_FREE = 200_000_000


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    is_ok: bool
    # For a person.
    said: str = ""


def readiness(workspace: Workspace, has_duty: Callable[[], bool]) -> list[Check]:
    """`has_duty`: whether this process is the one that schedules; who stands by is ready too. Writes nothing."""
    return [
        _asked("ledger", _ask_ledger),
        _asked("documents", lambda: _ask_documents(workspace)),
        _disk(workspace),
        _duty(workspace, is_mine=has_duty()),
    ]


def _duty(workspace: Workspace, *, is_mine: bool) -> Check:
    if is_mine:
        return Check("duty", True, "this process schedules")
    try:
        is_ok = is_taken(workspace.locks)
    except (DatabaseError, InterfaceError) as error:
        return Check("duty", False, redact(str(error)))
    return Check("duty", is_ok, "another process schedules; this one stands by" if is_ok else "nobody schedules")


def _asked(name: str, ask: Callable[[], object]) -> Check:
    try:
        ask()
    except (JobpipeError, DatabaseError, InterfaceError, OSError) as error:
        return Check(name, False, redact(str(error)))
    return Check(name, True)


def _ask_ledger() -> None:
    drop_dead_connection()
    Run.objects.order_by("-id").values_list("pk", flat=True).first()


def _ask_documents(workspace: Workspace) -> None:
    number = Import.objects.values_list("pk", flat=True).first()
    workspace.documents.rows(number or 1, [1])


def _disk(workspace: Workspace) -> Check:
    free = shutil.disk_usage(workspace.project.state_dir).free
    return Check("disk", free >= LEAST_FREE, f"{free / 1e9:,.1f} GB are free")
