"""Keeping house in the SQLite store: see `jobpipe.documents.upkeep`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from jobpipe.documents.row_ids import (
    REVISION_BITS,
    REVISION_MASK,
    ROW_BITS,
    ROW_MASK,
    body_id,
    id_range,
    revision_of,
    row_id,
)
from jobpipe.documents.sqlite_compacting import compact, copy, free_bytes
from jobpipe.documents.sqlite_file import SqliteFile
from jobpipe.documents.upkeep import Dropped, StoredBody
from jobpipe.errors import JobpipeError

# Bodies in one transaction: others write between two.
_PIECE = 2_000

_OLD = f"""
    SELECT b.id, length(b.frame) FROM body AS b JOIN state AS s ON s.id = b.id >> {REVISION_BITS}
    WHERE b.id > ? AND b.id < ? AND (b.id & {REVISION_MASK}) <= s.revision - ?
    ORDER BY b.id LIMIT {_PIECE}
"""


class SqliteFilesUpkeep:
    """Whatever lies in the file."""

    def __init__(self, file: SqliteFile, path: Path) -> None:
        self._file = file
        self._path = path

    def damage(self) -> list[str]:
        try:
            found = [str(line) for (line,) in self._file.fetch("PRAGMA integrity_check(20)")]
        except JobpipeError as error:
            return [error.message]
        return [] if found == ["ok"] else found

    def rebuild_indexes(self) -> None:
        with self._file.transaction():
            self._file.execute("REINDEX")

    def size(self) -> int:
        files = (self._path, self._path.with_name(f"{self._path.name}-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def free_pages(self) -> int:
        with self._file.errors_named():
            return free_bytes(self._path)

    def compact(self, seconds: float) -> int:
        with self._file.errors_named():
            return compact(self._path, seconds)

    def copy_to(self, path: str) -> bool:
        with self._file.errors_named():
            copy(self._path, Path(path))
        return True


class SqliteUpkeep(SqliteFilesUpkeep):
    def imports(self) -> list[int]:
        query = f"""
            WITH RECURSIVE found(n) AS (
                SELECT min(id) >> {ROW_BITS} FROM state
                UNION ALL
                SELECT (SELECT min(id) >> {ROW_BITS} FROM state WHERE id >= (n + 1) << {ROW_BITS})
                FROM found WHERE n IS NOT NULL
            )
            SELECT n FROM found WHERE n IS NOT NULL
        """
        return list(self._file.integers(query))

    def drop_revisions(self, import_id: int, kept: int, *, dry_run: bool) -> Dropped:
        low, high = (body_id(number, 0) for number in id_range(import_id))
        bodies = freed = 0
        while found := self._file.fetch(_OLD, (low, high, kept)):
            bodies += len(found)
            freed += sum(size for _, size in found)
            if not dry_run:
                with self._file.transaction():
                    self._file.execute_many("DELETE FROM body WHERE id = ?", [(number,) for number, _ in found])
            low = found[-1][0]
        return Dropped(bodies, freed)

    def bodies(self, import_id: int) -> Iterator[StoredBody]:
        low, high = (body_id(number, 0) for number in id_range(import_id))
        query = "SELECT id, frame FROM body WHERE id > ? AND id < ? ORDER BY id"
        for page in self._file.pages(query, low, (high,), piece=100):
            for number, frame in page:
                yield StoredBody(number >> REVISION_BITS & ROW_MASK, revision_of(number), frame)

    def replace_body(self, import_id: int, body: StoredBody) -> None:
        with self._file.transaction():
            number = body_id(row_id(import_id, body.row), body.revision)
            self._file.execute("UPDATE body SET frame = ? WHERE id = ?", (body.frame, number))

    def drop_bodies(self, import_id: int, bodies: list[tuple[int, int]]) -> None:
        numbers = [(body_id(row_id(import_id, row), revision),) for row, revision in bodies]
        for start in range(0, len(numbers), _PIECE):
            with self._file.transaction():
                self._file.execute_many("DELETE FROM body WHERE id = ?", numbers[start : start + _PIECE])

    def last_row(self, import_id: int) -> int:
        found = self._file.fetch("SELECT last_row FROM numbering WHERE import_id = ?", (import_id,))
        return int(found[0][0]) if found else 0

    def highest_row(self, import_id: int) -> int:
        found = self._file.fetch("SELECT max(id) FROM state WHERE id > ? AND id < ?", id_range(import_id))
        return int(found[0][0] or 0) & ROW_MASK

    def raise_last_row(self, import_id: int, number: int) -> None:
        query = """
            INSERT INTO numbering (import_id, last_row) VALUES (?, ?)
            ON CONFLICT (import_id) DO UPDATE SET last_row = max(last_row, excluded.last_row)
        """
        with self._file.transaction():
            self._file.execute(query, (import_id, number))

    def contexts(self, import_id: int) -> Iterator[tuple[bytes, bytes]]:
        yield from self._file.fetch("SELECT digest, packed FROM context WHERE import_id = ?", (import_id,))

    def replace_context(self, import_id: int, digest: bytes, packed: bytes) -> None:
        with self._file.transaction():
            query = "UPDATE context SET packed = ? WHERE import_id = ? AND digest = ?"
            self._file.execute(query, (packed, import_id, digest))

    def highest_fence(self, import_id: int) -> int:
        found = self._file.fetch("SELECT fence FROM holding WHERE import_id = ?", (import_id,))
        return int(found[0][0]) if found else 0
