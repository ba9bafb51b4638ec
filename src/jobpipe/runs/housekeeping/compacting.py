"""What became free in the files of ledger, documents and deliveries goes back to the disk, where that is worth it."""

from __future__ import annotations

from jobpipe.documents.sqlite_compacting import compact, free_bytes, is_worth_compacting
from jobpipe.documents.upkeep import FilesUpkeep, upkeep_of
from jobpipe.ledger.opening import is_shared
from jobpipe.ledger.turns import turn_to_write
from jobpipe.runs.housekeeping.freed import Pruned
from jobpipe.runs.workspace import Workspace


def compact_files(workspace: Workspace, done: Pruned, seconds: float) -> None:
    """Each file in at most so many seconds, for which others wait; not where a copy of it would have no room."""
    _compact_store(upkeep_of(workspace.documents), done, seconds)
    if (delivered := workspace.delivered_if_any) is not None:
        _compact_store(delivered.upkeep(), done, seconds)
    if not is_shared():
        _compact_ledger(workspace, done, seconds)


def _compact_store(store: FilesUpkeep, done: Pruned, seconds: float) -> None:
    free, size = store.free_pages(), store.size()
    if is_worth_compacting(free, size) and not done.dry_run:
        done.compacted += store.compact(seconds)
        free = store.free_pages()
    done.reusable += free


def _compact_ledger(workspace: Workspace, done: Pruned, seconds: float) -> None:
    path = workspace.project.state_dir / "ledger.sqlite3"
    free = free_bytes(path)
    if is_worth_compacting(free, path.stat().st_size) and not done.dry_run:
        with turn_to_write():
            done.compacted += compact(path, seconds)
        free = free_bytes(path)
    done.reusable += free


def rewrite_files(workspace: Workspace, seconds: float = 300.0) -> None:
    """All of them, so that nothing that was overwritten is left in them."""
    upkeep_of(workspace.documents).compact(seconds)
    if (delivered := workspace.delivered_if_any) is not None:
        delivered.upkeep().compact(seconds)
    if not is_shared():
        with turn_to_write():
            compact(workspace.project.state_dir / "ledger.sqlite3", seconds)
