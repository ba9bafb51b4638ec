"""The archive, by runs and by size."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from jobpipe.ledger.models import Import
from jobpipe.runs.disk_space import size_of
from jobpipe.runs.history import runs_that_need_their_bytes
from jobpipe.runs.housekeeping.freed import Pruned
from jobpipe.runs.workspace import Workspace
from jobpipe.safety.limits import parse_size, show_size
from jobpipe.sources.archive import remove_run, run_folder, runs_in


class _Kept(NamedTuple):
    """What one run kept; the oldest come first."""

    run: int
    folder: Path
    size: int
    is_needed: bool


def prune_archive(workspace: Workspace, done: Pruned) -> None:
    keep = workspace.project.settings.keep
    line = done.new("runs in the archive")
    left: list[_Kept] = []
    owners = dict(Import.objects.values_list("name", "pk"))
    archive = workspace.project.state_dir / "archive"
    folders = sorted(path for path in archive.iterdir() if path.is_dir()) if archive.is_dir() else []
    for folder in folders:
        needed = runs_that_need_their_bytes(owners[folder.name]) if folder.name in owners else set()
        kept = [_Kept(run, folder, size_of(run_folder(folder, run)), run in needed) for run in runs_in(folder)]
        too_many = [one for one in kept[: max(len(kept) - keep.archive_runs, 0)] if not one.is_needed]
        for one in too_many:
            _remove(one, done)
            line.add(1, one.size)
        left += [one for one in kept if one not in too_many]
    if keep.archive_size is None:
        return
    most = parse_size(keep.archive_size)
    total = sum(one.size for one in left)
    for one in sorted(left):
        if total <= most:
            return
        if not one.is_needed:
            _remove(one, done)
            line.add(1, one.size)
            total -= one.size
    if total > most:
        done.notes.append(f"the archive takes {show_size(total)}: what is left of it is needed by the next runs")


def _remove(one: _Kept, done: Pruned) -> None:
    if not done.dry_run:
        remove_run(one.folder, one.run)
