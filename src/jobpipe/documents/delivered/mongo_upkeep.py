"""Keeping house among what was delivered, on MongoDB: see `jobpipe.documents.delivered.upkeep`."""

from __future__ import annotations

from pymongo import UpdateMany, UpdateOne

from jobpipe.documents.delivered.ids import END, delivered_range, destination_of
from jobpipe.documents.delivered.upkeep import Masking
from jobpipe.documents.mongo_rows import Document
from jobpipe.documents.mongo_server import BULK
from jobpipe.documents.mongo_upkeep import MongoFilesUpkeep
from jobpipe.documents.row_ids import row_of


class MongoDeliveredUpkeep(MongoFilesUpkeep):
    def destinations(self) -> list[int]:
        found: list[int] = []
        low = 0
        while (number := self._server.edge("delivered", low, END, 1)) is not None:
            found.append(destination_of(number))
            low = delivered_range(found[-1])[1] - 1
        return found

    def highest_row(self, import_id: int) -> int:
        ranges = [delivered_range(one, import_id) for one in self.destinations()]
        found = [self._server.edge("delivered", low, high, -1) for low, high in ranges]
        return max((row_of(number) for number in found if number is not None), default=0)

    def raise_numbers(self, by: int) -> None:
        self._server.bulk("delivered", [UpdateMany({}, {"$inc": {"number": by}})])

    def mask_said(self, mask: Masking, *, dry_run: bool) -> int:
        return self._mask("delivered", 0, mask, dry_run=dry_run) + self._mask("receipts", "", mask, dry_run=dry_run)

    def _mask(self, name: str, low: int | str, mask: Masking, *, dry_run: bool) -> int:
        masked = 0
        while page := self._said(name, low):
            changed = [(one, text) for one in page for text, count in [mask(one["said"])] if count]
            if not dry_run:
                # What somebody has written meanwhile stays.
                self._server.bulk(
                    name,
                    [
                        UpdateOne({"_id": one["_id"], "said": one["said"]}, {"$set": {"said": text}})
                        for one, text in changed
                    ],
                )
            masked += len(changed)
            low = page[-1]["_id"]
        return masked

    def _said(self, name: str, low: int | str) -> list[Document]:
        condition = {"_id": {"$gt": low}, "said": {"$gt": ""}}
        with self._server.errors_named():
            found = self._server.collection(name).find(condition, {"said": 1}, sort=[("_id", 1)], limit=BULK)
            return list(found)
