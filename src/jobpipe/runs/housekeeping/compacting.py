"""What became free in the files of ledger and documents goes back to the disk, where that is worth it."""

from __future__ import annotations

from jobpipe.documents.sqlite_compacting import compact, free_bytes, is_worth_compacting
from jobpipe.documents.upkeep import upkeep_of
from jobpipe.ledger.opening import is_shared
from jobpipe.ledger.turns import turn_to_write
from jobpipe.runs.housekeeping.freed import Pruned
from jobpipe.runs.workspace import Workspace


def compact_files(workspace: Workspace, done: Pruned, seconds: float) -> None:
    """Each file in at most so many seconds, for which others wait; not where a copy of it would have no room."""
    documents = upkeep_of(workspace.documents)
    free, size = documents.free_pages(), documents.size()
    if is_worth_compacting(free, size) and not done.dry_run:
        done.compacted += documents.compact(seconds)
        free = documents.free_pages()
    done.reusable += free
    if not is_shared():
        _compact_ledger(workspace, done, seconds)


def _compact_ledger(workspace: Workspace, done: Pruned, seconds: float) -> None:
    path = workspace.project.state_dir / "ledger.sqlite3"
    free = free_bytes(path)
    if is_worth_compacting(free, path.stat().st_size) and not done.dry_run:
        with turn_to_write():
            done.compacted += compact(path, seconds)
        free = free_bytes(path)
    done.reusable += free


def rewrite_files(workspace: Workspace, seconds: float = 300.0) -> None:
    """All of both files, so that nothing that was overwritten is left in them."""
    upkeep_of(workspace.documents).compact(seconds)
    if not is_shared():
        with turn_to_write():
            compact(workspace.project.state_dir / "ledger.sqlite3", seconds)
