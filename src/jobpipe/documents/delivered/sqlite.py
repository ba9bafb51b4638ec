"""What destinations have, in an SQLite file of its own beside the documents.

Of its own, because one file has one writer: a delivery would wait for the batches of an import, and an import for a
delivery.  There is no transaction across the two, and none is needed: what is delivered is compared anew each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from jobpipe.documents.delivered.ids import delivered_id, delivered_range, destination_of, import_of, posting_of
from jobpipe.documents.delivered.sqlite_upkeep import SqliteDeliveredUpkeep
from jobpipe.documents.delivered.store import Delivered, Receipt, Standing
from jobpipe.documents.row_ids import row_id
from jobpipe.documents.sqlite_file import Layout, SqliteFile

LAYOUT = Layout("what was delivered", 1, "deliver all of it again", "jobpipe.documents.delivered")

_FIELDS = "id, standing, number, revision, delivery, digest, tried, key, at, said"
_SAVE = f"""
    INSERT INTO delivered ({_FIELDS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET
        standing = excluded.standing, number = excluded.number, revision = excluded.revision,
        delivery = excluded.delivery, digest = excluded.digest, tried = excluded.tried, key = excluded.key,
        at = excluded.at, said = excluded.said
    WHERE excluded.number >= delivered.number
"""
_RECEIPT_FIELDS = "destination, number, action, fate, revision, delivery, at, said"
_SAVE_RECEIPT = f"INSERT OR IGNORE INTO receipt (id, {_RECEIPT_FIELDS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_STANDINGS = tuple(Standing)
# Values of one query.
_AT_ONCE = 500
# Rows that are deleted in one transaction: others write between two.
_PIECE = 20_000


class SqliteDelivered:
    """See `jobpipe.documents.delivered.store.DeliveredStore`. For any number of threads and processes."""

    def __init__(self, path: Path) -> None:
        """Raises JobpipeError where the file cannot be opened or is no database of ours."""
        self._file = SqliteFile(path, LAYOUT)
        self._upkeep = SqliteDeliveredUpkeep(self._file, path)

    def close(self) -> None:
        self._file.close()

    def upkeep(self) -> SqliteDeliveredUpkeep:
        return self._upkeep

    def known(self, destination: int, import_id: int, rows: Sequence[int]) -> dict[int, Delivered]:
        ids = [delivered_id(destination, import_id, row) for row in rows]
        return {one.row: one for _, one in self._of_ids(ids)}

    def _of_ids(self, ids: Sequence[int]) -> Iterator[tuple[int, Delivered]]:
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            query = f"SELECT {_FIELDS} FROM delivered WHERE id IN ({', '.join('?' * len(some))})"
            for row in self._file.fetch(query, some):
                yield row[0], _delivered(row)

    def save(self, destination: int, changed: Sequence[Delivered], receipts: Sequence[Receipt] = ()) -> None:
        rows = [_values(destination, one) for one in changed]
        with self._file.transaction():
            self._file.execute_many(_SAVE, rows)
            self._file.execute_many(_SAVE_RECEIPT, map(_receipt_values, receipts))

    def walk(self, destination: int, import_id: int, *, after: int = 0) -> Iterator[Delivered]:
        _, high = delivered_range(destination, import_id)
        query = f"SELECT {_FIELDS} FROM delivered WHERE id > ? AND id < ? ORDER BY id"
        for page in self._file.pages(query, delivered_id(destination, import_id, after), (high,)):
            yield from map(_delivered, page)

    def select(
        self, destination: int, standing: Standing, *, import_id: int | None = None, limit: int = 1_000
    ) -> list[Delivered]:
        # Said as a text, so that the index of what is not there is found by it.
        by_index = "AND standing != 0" if standing is not Standing.THERE else ""
        query = f"""
            SELECT {_FIELDS} FROM delivered WHERE standing = ? {by_index} AND id > ? AND id < ? ORDER BY id LIMIT ?
        """
        found = self._file.fetch(query, (int(standing), *delivered_range(destination, import_id), limit))
        return [_delivered(row) for row in found]

    def counts(self, destination: int) -> dict[tuple[int, Standing], int]:
        sums = ", ".join(f"sum(standing = {int(standing)})" for standing in _STANDINGS)
        query = f"SELECT {sums} FROM delivered WHERE id > ? AND id < ?"
        counted = {}
        for number in self.imports(destination):
            (found,) = self._file.fetch(query, delivered_range(destination, number))
            # None: it has none any more.
            counted.update({(number, one): n for one, n in zip(_STANDINGS, found, strict=True) if n})
        return counted

    def imports(self, destination: int) -> list[int]:
        found: list[int] = []
        low, high = delivered_range(destination)
        while (number := self._upkeep.first_between(low, high)) is not None:
            found.append(import_of(number))
            low = delivered_range(destination, found[-1])[1] - 1
        return found

    def receipts(self, import_id: int, row: int) -> list[Receipt]:
        query = f"SELECT {_RECEIPT_FIELDS} FROM receipt WHERE id = ? ORDER BY destination, number"
        return [
            Receipt(
                import_id=import_id,
                row=row,
                **dict(zip(_RECEIPT_FIELDS.split(", "), values, strict=True)),
            )
            for values in self._file.fetch(query, (row_id(import_id, row),))
        ]

    def standings(self, import_id: int, row: int) -> dict[int, Delivered]:
        ids = [delivered_id(destination, import_id, row) for destination in self._upkeep.destinations()]
        return {destination_of(number): one for number, one in self._of_ids(ids)}

    def delete_rows(self, destination: int, import_id: int, rows: Iterable[int]) -> None:
        with self._file.transaction():
            self._file.execute_many(
                "DELETE FROM delivered WHERE id = ?", ((delivered_id(destination, import_id, row),) for row in rows)
            )

    def forget(self, destination: int) -> None:
        query = f"DELETE FROM delivered WHERE id IN (SELECT id FROM delivered WHERE id > ? AND id < ? LIMIT {_PIECE})"
        deleted = True
        while deleted:
            with self._file.transaction():
                deleted = self._file.execute(query, delivered_range(destination)) > 0
        self._delete_receipts("destination = ?", destination)

    def prune_receipts(self, before: str, *, dry_run: bool = False) -> int:
        if dry_run:
            return int(self._file.fetch("SELECT count(*) FROM receipt WHERE at < ?", (before,))[0][0])
        return self._delete_receipts("at < ?", before)

    def _delete_receipts(self, condition: str, value: int | str) -> int:
        """Those of which it is true; how many. No index finds them, so that saving stays cheap."""
        edge = f"SELECT max(id) FROM (SELECT id FROM receipt WHERE id > ? ORDER BY id LIMIT {_PIECE})"
        deleted, low = 0, 0
        while (high := self._file.fetch(edge, (low,))[0][0]) is not None:
            with self._file.transaction():
                deleted += self._file.execute(
                    f"DELETE FROM receipt WHERE id > ? AND id <= ? AND {condition}", (low, high, value)
                )
            low = high
        return deleted


def _values(destination: int, one: Delivered) -> tuple[Any, ...]:
    return (
        delivered_id(destination, one.import_id, one.row),
        int(one.standing),
        one.number,
        one.revision,
        one.delivery,
        one.digest,
        one.tried,
        one.key,
        one.at,
        one.said,
    )


def _delivered(values: Sequence[Any]) -> Delivered:
    number, standing, change, revision, delivery, digest, tried, key, at, said = values
    import_id, row = posting_of(number)
    return Delivered(
        import_id=import_id,
        row=row,
        key=key,
        standing=_STANDINGS[standing],
        number=change,
        revision=revision,
        digest=digest,
        tried=tried,
        delivery=delivery,
        at=at,
        said=said,
    )


def _receipt_values(one: Receipt) -> tuple[Any, ...]:
    number = row_id(one.import_id, one.row)
    return number, one.destination, one.number, one.action, one.fate, one.revision, one.delivery, one.at, one.said
