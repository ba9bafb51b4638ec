"""Keeping house in the SQLite file of what was delivered: see `jobpipe.documents.delivered.upkeep`."""

from __future__ import annotations

from jobpipe.documents.delivered.ids import END, delivered_range, destination_of
from jobpipe.documents.delivered.upkeep import Masking
from jobpipe.documents.row_ids import ROW_MASK
from jobpipe.documents.sqlite_upkeep import SqliteFilesUpkeep

_PIECE = 2_000


class SqliteDeliveredUpkeep(SqliteFilesUpkeep):
    def first_between(self, low: int, high: int) -> int | None:
        """The lowest id between these, both left out."""
        found = self._file.fetch("SELECT min(id) FROM delivered WHERE id > ? AND id < ?", (low, high))[0][0]
        return int(found) if found is not None else None

    def destinations(self) -> list[int]:
        found: list[int] = []
        low = 0
        while (number := self.first_between(low, END)) is not None:
            found.append(destination_of(number))
            low = delivered_range(found[-1])[1] - 1
        return found

    def highest_row(self, import_id: int) -> int:
        query = "SELECT max(id) FROM delivered WHERE id > ? AND id < ?"
        found = [self._file.fetch(query, delivered_range(one, import_id))[0][0] for one in self.destinations()]
        return max((number & ROW_MASK for number in found if number is not None), default=0)

    def raise_numbers(self, by: int) -> None:
        with self._file.transaction():
            self._file.execute("UPDATE delivered SET number = number + ?", (by,))

    def mask_said(self, mask: Masking, *, dry_run: bool) -> int:
        return self._mask_rows(mask, dry_run=dry_run) + self._mask_receipts(mask, dry_run=dry_run)

    def _mask_rows(self, mask: Masking, *, dry_run: bool) -> int:
        masked, low = 0, 0
        query = f"SELECT id, said FROM delivered WHERE id > ? AND said != '' ORDER BY id LIMIT {_PIECE}"
        while page := self._file.fetch(query, (low,)):
            changed = [(text, number, said) for number, said in page for text, count in [mask(said)] if count]
            if changed and not dry_run:
                with self._file.transaction():
                    # What somebody has written meanwhile stays: runs mask what they bring themselves.
                    self._file.execute_many("UPDATE delivered SET said = ? WHERE id = ? AND said = ?", changed)
            masked += len(changed)
            low = page[-1][0]
        return masked

    def _mask_receipts(self, mask: Masking, *, dry_run: bool) -> int:
        masked, low = 0, (0, 0, 0)
        query = f"""
            SELECT id, destination, number, said FROM receipt
            WHERE (id, destination, number) > (?, ?, ?) AND said != ''
            ORDER BY id, destination, number LIMIT {_PIECE}
        """
        while page := self._file.fetch(query, low):
            changed = [(text, *names) for *names, said in page for text, count in [mask(said)] if count]
            if changed and not dry_run:
                with self._file.transaction():
                    update = "UPDATE receipt SET said = ? WHERE id = ? AND destination = ? AND number = ?"
                    self._file.execute_many(update, changed)
            masked += len(changed)
            low = page[-1][:3]
        return masked
