"""What processes that died have left: temporary files, indexes of clients that are gone, copies, logs."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from jobpipe.ledger.models import Import
from jobpipe.runs.disk_space import size_of
from jobpipe.runs.housekeeping.freed import Pruned
from jobpipe.runs.near_duplicates.following import index_of
from jobpipe.runs.near_duplicates.index import FOLDER
from jobpipe.runs.workspace import Workspace

# No run takes as long.
LEFT_AFTER = timedelta(days=7)


def prune_leftovers(workspace: Workspace, done: Pruned, now: datetime, *, logs_before: datetime | None) -> None:
    line = done.new("temporary files")
    for path in leftovers(workspace, now - LEFT_AFTER):
        line.add(1, _remove(path, done))
    line = done.new("indexes of near-duplicates")
    for path in indexes_without_client(workspace):
        line.add(1, _remove(path, done))
    line = done.new("logs")
    if logs_before is not None:
        for path in _older(workspace.project.state_dir / "logs", logs_before):
            line.add(1, _remove(path, done))


def leftovers(workspace: Workspace, before: datetime) -> Iterator[Path]:
    """Files and folders that only a process that is dead by now can have made."""
    state = workspace.project.state_dir
    yield from _older(state / "scratch", before)
    for pattern in ("archive/*/run-*/*.new", "*.part"):
        for path in sorted(state.glob(pattern)):
            if _is_older(path, before):
                yield path


def indexes_without_client(workspace: Workspace) -> Iterator[Path]:
    clients = Import.objects.values_list("client", flat=True).distinct()
    known = {index_of(workspace, client).stem for client in clients}
    for path in sorted((workspace.project.state_dir / FOLDER).glob("*.sqlite3*")):
        if path.name.partition(".")[0] not in known:
            yield path


def _older(folder: Path, before: datetime) -> Iterator[Path]:
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if _is_older(path, before):
            yield path


def _is_older(path: Path, before: datetime) -> bool:
    try:
        return path.lstat().st_mtime < before.timestamp()
    except FileNotFoundError:
        return False


def _remove(path: Path, done: Pruned) -> int:
    size = size_of(path) if path.is_dir() else path.lstat().st_size
    if not done.dry_run:
        remove(path)
    return size


def remove(path: Path) -> None:
    """A file or a folder; another process may do the same."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
