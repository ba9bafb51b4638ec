"""Runs for what waits: asked for with each push, and by the scheduler for what came while a run was under way."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from pathlib import Path

from jobpipe.definition.pushing import FOLDER, waiting_folder
from jobpipe.errors import JobpipeError
from jobpipe.ledger.models import Import, PartRead, Run, RunKind, RunState
from jobpipe.runs.requesting import UNFINISHED, request_run
from jobpipe.runs.standing import standings
from jobpipe.runs.workspace import Workspace

# Until an import that failed is tried again by itself.
_AFTER_FAILURE = timedelta(minutes=10)


def ask_for_what_waits(workspace: Workspace, now: datetime) -> list[str]:
    """The imports that were asked to run, because something waits that no run has opened."""
    state = workspace.project.state_dir
    names = [folder.name for folder in _folders(state / FOLDER) if _waiting(state, folder.name)]
    if not names:
        return []
    resting = standings(now)
    asked = []
    for owner in Import.objects.filter(name__in=names):
        if owner.pk in resting or not _is_due(owner, _waiting(state, owner.name), now):
            continue
        with contextlib.suppress(JobpipeError):
            request_run(workspace.project, owner.name)
            asked.append(owner.name)
    return asked


def _is_due(owner: Import, waiting: list[str], now: datetime) -> bool:
    runs = Run.objects.filter(import_row=owner, kind=RunKind.IMPORT)
    if runs.filter(state__in=UNFINISHED).exists():
        return False
    last = runs.exclude(state=RunState.SKIPPED).order_by("-id").first()
    has_failed = last is not None and last.state not in (RunState.SUCCEEDED, RunState.HELD)
    if has_failed and last is not None and last.finished_at is not None and now - last.finished_at < _AFTER_FAILURE:
        return False
    # What a good run has opened is put away by the next one, whenever that comes.
    return has_failed or not PartRead.objects.filter(run__import_row=owner, location__endswith=waiting[-1]).exists()


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir())
    except FileNotFoundError:
        return []


def _waiting(state: Path, name: str) -> list[str]:
    """The oldest first."""
    try:
        return sorted(path.name for path in waiting_folder(state, name).iterdir() if not path.name.startswith("."))
    except FileNotFoundError:
        return []
