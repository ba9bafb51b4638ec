"""The project that this process shows: opened once, and used by all its threads."""

from __future__ import annotations

from jobpipe.errors import InternalError
from jobpipe.runs.workspace import Workspace

_open: list[Workspace] = []


def show(workspace: Workspace) -> None:
    """From now on pages are of this one."""
    workspace.project.remember_definitions()
    _open[:] = [workspace]


def workspace() -> Workspace:
    if not _open:
        raise InternalError("no project is shown")
    return _open[0]
