"""The files of the stores, and the indexes beside them, as SQLite itself sees them."""

from __future__ import annotations

import contextlib
import functools
import sqlite3
from pathlib import Path

from django.db import connection

from jobpipe.documents.upkeep import FilesUpkeep, upkeep_of
from jobpipe.ledger.opening import is_shared
from jobpipe.runs.housekeeping.verifying.findings import Finding, Verifying
from jobpipe.runs.near_duplicates.index import FOLDER, forget_index
from jobpipe.runs.workspace import Workspace

_SHOWN = 3
_REBUILT = "indexes are made anew; what is left then needs a backup (`jobpipe restore`)"


def verify_files(workspace: Workspace, looking: Verifying) -> None:
    _verify_store(upkeep_of(workspace.documents), "the documents", looking)
    if (delivered := workspace.delivered_if_any) is not None:
        _verify_store(delivered.upkeep(), "what was delivered", looking)
    if not is_shared() and (damage := _damage_of_ledger()):
        _damaged(looking, "the ledger", damage)
        if looking.repair:
            with contextlib.suppress(Exception), connection.cursor() as cursor:
                cursor.execute("REINDEX")
            looking.result.findings[-1].repaired = not _damage_of_ledger()
    for path in sorted((workspace.project.state_dir / FOLDER).glob("*.sqlite3")):
        if damage := _damage_of(path):
            what = f"the index of near-duplicates {path.name} is damaged: {damage[0]}"
            looking.found(
                Finding("near-duplicate-index", what, "it is removed: the next run makes it again"),
                functools.partial(forget_index, path),
            )


def _verify_store(store: FilesUpkeep, name: str, looking: Verifying) -> None:
    if damage := store.damage():
        _damaged(looking, name, damage)
        if looking.repair:
            with contextlib.suppress(Exception):
                store.rebuild_indexes()
            looking.result.findings[-1].repaired = not store.damage()


def _damaged(looking: Verifying, name: str, damage: list[str]) -> None:
    what = f"{name} are damaged" if name.endswith("s") else f"{name} is damaged"
    looking.result.findings.append(
        Finding("damaged", f"{what}: {'; '.join(damage[:_SHOWN])}", _REBUILT, count=len(damage))
    )


def _damage_of_ledger() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check(20)")
        found = [str(line) for (line,) in cursor.fetchall()]
        if found != ["ok"]:
            return found
        cursor.execute("PRAGMA foreign_key_check")
        return [f"{row[0]} names a row of {row[2]} that is not there" for row in cursor.fetchmany(20)]


def _damage_of(path: Path) -> list[str]:
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=30)) as index:
            found = [str(line) for (line,) in index.execute("PRAGMA quick_check(3)")]
    except sqlite3.DatabaseError as error:
        return [str(error)]
    return [] if found == ["ok"] else found
