"""What destinations have, on the MongoDB server of the documents: collections `delivered` and `receipts`.

Ids are those of the SQLite store.  Nothing rests on transactions: receipts are written before the rows, and both are
written again when a delivery is, so that a kill between them loses neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pymongo import DeleteMany, InsertOne, UpdateOne

from jobpipe.documents.delivered.ids import delivered_id, delivered_range, destination_of, import_of
from jobpipe.documents.delivered.mongo_rows import INDEXES, delivered, fields_of, receipt, receipt_document, receipt_id
from jobpipe.documents.delivered.mongo_upkeep import MongoDeliveredUpkeep
from jobpipe.documents.delivered.store import Delivered, Receipt, Standing
from jobpipe.documents.mongo_reading import chunks
from jobpipe.documents.mongo_rows import Document
from jobpipe.documents.mongo_server import BULK, MongoServer, Operation
from jobpipe.documents.row_ids import row_id


class MongoDelivered:
    """See `jobpipe.documents.delivered.store.DeliveredStore`. For any number of threads."""

    def __init__(self, uri: str) -> None:
        """The database is the one that the URI names, else `jobpipe`. Nothing is opened before it is used."""
        self._server = MongoServer(uri, INDEXES)
        self._upkeep = MongoDeliveredUpkeep(self._server, INDEXES)

    def close(self) -> None:
        self._server.close()

    def upkeep(self) -> MongoDeliveredUpkeep:
        return self._upkeep

    def known(self, destination: int, import_id: int, rows: Sequence[int]) -> dict[int, Delivered]:
        found = self._of_ids(delivered_id(destination, import_id, row) for row in rows)
        return {one.row: one for one in map(delivered, found)}

    def _of_ids(self, ids: Iterable[int]) -> Iterator[Document]:
        for some in chunks(ids):
            yield from self._found(some)

    def _found(self, ids: list[int], projection: Document | None = None) -> list[Document]:
        with self._server.errors_named():
            return list(self._server.collection("delivered").find({"_id": {"$in": ids}}, projection))

    def save(self, destination: int, changed: Sequence[Delivered], receipts: Sequence[Receipt] = ()) -> None:
        for start in range(0, len(receipts), BULK):
            # A duplicate is one that is there.
            self._server.bulk("receipts", [InsertOne(receipt_document(one)) for one in receipts[start : start + BULK]])
        newest: dict[int, Delivered] = {}
        for one in changed:
            number = delivered_id(destination, one.import_id, one.row)
            if number not in newest or one.number >= newest[number].number:
                newest[number] = one
        ids = list(newest)
        for start in range(0, len(ids), BULK):
            self._save({number: newest[number] for number in ids[start : start + BULK]})

    def _save(self, rows: dict[int, Delivered]) -> None:
        """Most are new, and inserting costs less than looking and inserting."""
        there = {one["_id"] for some in chunks(rows) for one in self._found(some, {"_id": 1})}
        operations = [
            _replacing(number, one) if number in there else InsertOne({"_id": number, **fields_of(one)})
            for number, one in rows.items()
        ]
        refused = self._server.bulk("delivered", operations).duplicates
        # A row with a higher number; or one that another process made at the same moment, with a lower one.
        ids = list(rows)
        self._server.bulk("delivered", [_replacing(ids[position], rows[ids[position]]) for position in refused])

    def walk(self, destination: int, import_id: int, *, after: int = 0) -> Iterator[Delivered]:
        _, high = delivered_range(destination, import_id)
        low = delivered_id(destination, import_id, after)
        for page in self._server.pages("delivered", (low, high), {}):
            yield from map(delivered, page)

    def select(
        self, destination: int, standing: Standing, *, import_id: int | None = None, limit: int = 1_000
    ) -> list[Delivered]:
        if limit <= 0:
            return []  # to the server it is no limit
        low, high = delivered_range(destination, import_id)
        # Said twice, so that the index of what is not there is found by it.
        by_index = {"not_there": True} if standing is not Standing.THERE else {}
        condition = {**by_index, "standing": int(standing), "_id": {"$gt": low, "$lt": high}}
        with self._server.errors_named():
            found = self._server.collection("delivered").find(condition, sort=[("_id", 1)], limit=limit)
            return [delivered(one) for one in found]

    def counts(self, destination: int) -> dict[tuple[int, Standing], int]:
        counted = {}
        for number in self.imports(destination):
            low, high = delivered_range(destination, number)
            stages: list[Document] = [
                {"$match": {"_id": {"$gt": low, "$lt": high}}},
                {"$group": {"_id": "$standing", "n": {"$sum": 1}}},
            ]
            with self._server.errors_named():
                for one in self._server.collection("delivered").aggregate(stages):
                    counted[number, Standing(one["_id"])] = int(one["n"])
        return counted

    def imports(self, destination: int) -> list[int]:
        found: list[int] = []
        low, high = delivered_range(destination)
        while (number := self._server.edge("delivered", low, high, 1)) is not None:
            found.append(import_of(number))
            low = delivered_range(destination, found[-1])[1] - 1
        return found

    def receipts(self, import_id: int, row: int) -> list[Receipt]:
        low, high = receipt_id(row_id(import_id, row)), receipt_id(row_id(import_id, row) + 1)
        with self._server.errors_named():
            found = self._server.collection("receipts").find({"_id": {"$gt": low, "$lt": high}}, sort=[("_id", 1)])
            return [receipt(one, import_id, row) for one in found]

    def standings(self, import_id: int, row: int) -> dict[int, Delivered]:
        ids = [delivered_id(destination, import_id, row) for destination in self._upkeep.destinations()]
        return {destination_of(one["_id"]): delivered(one) for one in self._of_ids(ids)}

    def delete_rows(self, destination: int, import_id: int, rows: Iterable[int]) -> None:
        for some in chunks(delivered_id(destination, import_id, row) for row in rows):
            self._server.bulk("delivered", [DeleteMany({"_id": {"$in": some}})])

    def forget(self, destination: int) -> None:
        low, high = delivered_range(destination)
        self._server.bulk("delivered", [DeleteMany({"_id": {"$gt": low, "$lt": high}})])
        self._server.bulk("receipts", [DeleteMany({"destination": destination})])

    def prune_receipts(self, before: str, *, dry_run: bool = False) -> int:
        receipts = self._server.collection("receipts")
        condition = {"at": {"$lt": before}}
        with self._server.errors_named():
            if dry_run:
                return receipts.count_documents(condition)
            return receipts.delete_many(condition).deleted_count


def _replacing(number: int, one: Delivered) -> Operation:
    """Where the stored number is higher, it finds nothing, and the id is refused as a duplicate."""
    return UpdateOne({"_id": number, "number": {"$lte": one.number}}, {"$set": fields_of(one)}, upsert=True)
