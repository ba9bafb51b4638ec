"""An SQLite file as a whole: what is free in it goes back to the disk, and it is copied while others write."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Rewriting a file is worth it from here on: bytes, and a part of it.
WORTH_BYTES = 16 * 1024 * 1024
WORTH_PART = 0.2
# Instructions of SQLite's machine between two looks at the clock.
_LOOK = 20_000
# Pages that are copied before others may write.
_PAGES = 2_000


def free_bytes(path: Path) -> int:
    with _opened(path) as connection:
        return _number(connection, "freelist_count") * _number(connection, "page_size")


def is_worth_compacting(free: int, size: int) -> bool:
    return free >= WORTH_BYTES and free >= size * WORTH_PART


def compact(path: Path, seconds: float) -> int:
    """Write the file anew, without what is free in it; how much smaller it became.

    Whoever writes waits meanwhile.  It is given up, and nothing has changed, where it takes longer, somebody else
    writes for long, or the disk has no room for a second copy.
    """
    before = path.stat().st_size
    if shutil.disk_usage(path.parent).free < before * 2:
        return 0
    with _opened(path) as connection:
        end = time.monotonic() + seconds
        connection.set_progress_handler(lambda: time.monotonic() > end, _LOOK)
        try:
            connection.execute("VACUUM")
            connection.set_progress_handler(None, 0)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname in ("SQLITE_INTERRUPT", "SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL"):
                return 0
            raise
    return max(before - path.stat().st_size, 0)


def copy(source: Path, target: Path) -> None:
    """As of one moment. Whole or not at all: it is written beside `target` first."""
    passing = target.with_name(f"{target.name}.part")
    passing.unlink(missing_ok=True)
    with _opened(source) as read, contextlib.closing(sqlite3.connect(passing, isolation_level=None)) as written:
        # Within a reading transaction: pages that others change meanwhile are read as they were.
        read.execute("BEGIN")
        read.execute("SELECT count(*) FROM sqlite_master").fetchall()
        read.backup(written, pages=_PAGES)
        read.execute("COMMIT")
        # Alone in its folder: no -wal beside it that could be lost.
        written.execute("PRAGMA journal_mode = DELETE").fetchall()
    with passing.open("rb") as file:
        os.fsync(file.fileno())
    passing.replace(target)


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, timeout=30, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()
