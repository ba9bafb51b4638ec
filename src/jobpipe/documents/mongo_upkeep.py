"""Keeping house in the MongoDB store: see `jobpipe.documents.upkeep`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pymongo import DeleteMany, IndexModel, UpdateOne

from jobpipe.documents.mongo_reading import chunks
from jobpipe.documents.mongo_rows import INDEXES
from jobpipe.documents.mongo_server import MongoServer, Operation
from jobpipe.documents.row_ids import (
    IMPORT_BITS,
    REVISION_BITS,
    ROW_BITS,
    ROW_MASK,
    body_id,
    id_range,
    revision_of,
    row_id,
    row_of,
)
from jobpipe.documents.upkeep import Dropped, StoredBody

_PIECE = 1_000
_LAST = 1 << (ROW_BITS + IMPORT_BITS)


class MongoFilesUpkeep:
    """Its files are the server's."""

    def __init__(self, server: MongoServer, indexes: Mapping[str, Sequence[IndexModel]] = INDEXES) -> None:
        self._server = server
        self._indexes = indexes

    def damage(self) -> list[str]:
        """Of its files the server knows itself; that the indexes are there is seen to when it is opened."""
        return []

    def rebuild_indexes(self) -> None:
        with self._server.errors_named():
            for name, indexes in self._indexes.items():
                if indexes:
                    self._server.collection(name).create_indexes(indexes)

    def size(self) -> int:
        return 0

    def free_pages(self) -> int:
        return 0

    def compact(self, seconds: float) -> int:
        """The server uses what is free again; `compact` on a member gives it back to its disk."""
        return 0

    def copy_to(self, path: str) -> bool:
        return False


class MongoUpkeep(MongoFilesUpkeep):
    def imports(self) -> list[int]:
        found: list[int] = []
        low = 0
        while (number := self._server.edge("state", low, _LAST, 1)) is not None:
            found.append(number >> ROW_BITS)
            low = id_range(found[-1])[1] - 1
        return found

    def drop_revisions(self, import_id: int, kept: int, *, dry_run: bool) -> Dropped:
        bodies = freed = 0
        for old in self._old(import_id, kept):
            sizes = self._sizes(old)
            bodies += len(sizes)
            freed += sum(sizes)
            if not dry_run:
                self._delete(old)
        return Dropped(bodies, freed)

    def _old(self, import_id: int, kept: int) -> Iterator[list[int]]:
        """Ids of bodies that are too old, in pieces."""
        condition = {"revision": {"$gt": kept}}
        for page in self._server.pages("state", id_range(import_id), condition, {"revision": 1}):
            for some in chunks(page):
                ranges = [
                    {"_id": {"$gte": body_id(one["_id"], 0), "$lte": body_id(one["_id"], one["revision"] - kept)}}
                    for one in some
                ]
                with self._server.errors_named():
                    found = self._server.collection("bodies").find({"$or": ranges}, {"_id": 1})
                    ids = [int(one["_id"]) for one in found]
                if ids:
                    yield ids

    def _sizes(self, ids: list[int]) -> list[int]:
        with self._server.errors_named():
            return [
                len(one["frame"])
                for some in chunks(ids)
                for one in self._server.collection("bodies").find({"_id": {"$in": some}}, {"frame": 1})
            ]

    def _delete(self, ids: Iterable[int]) -> None:
        for some in chunks(ids):
            operations: list[Operation] = [DeleteMany({"_id": {"$in": some}})]
            self._server.bulk("bodies", operations)

    def bodies(self, import_id: int) -> Iterator[StoredBody]:
        low, high = (body_id(number, 0) for number in id_range(import_id))
        for page in self._server.pages("bodies", (low, high), {}, {"_id": 1}):
            for some in chunks(one["_id"] for one in page):
                with self._server.errors_named():
                    found = list(self._server.collection("bodies").find({"_id": {"$in": some}}, sort=[("_id", 1)]))
                for one in found:
                    number = int(one["_id"])
                    yield StoredBody(number >> REVISION_BITS & ROW_MASK, revision_of(number), one["frame"])

    def replace_body(self, import_id: int, body: StoredBody) -> None:
        number = body_id(row_id(import_id, body.row), body.revision)
        self._server.bulk("bodies", [UpdateOne({"_id": number}, {"$set": {"frame": body.frame}})])

    def drop_bodies(self, import_id: int, bodies: list[tuple[int, int]]) -> None:
        self._delete(body_id(row_id(import_id, row), revision) for row, revision in bodies)

    def last_row(self, import_id: int) -> int:
        with self._server.errors_named():
            found = self._server.collection("numbering").find_one({"_id": import_id})
        return int(found["last_row"]) if found is not None else 0

    def highest_row(self, import_id: int) -> int:
        return row_of(self._server.edge("state", *id_range(import_id), -1) or 0)

    def raise_last_row(self, import_id: int, number: int) -> None:
        operation = UpdateOne({"_id": import_id}, {"$max": {"last_row": number}}, upsert=True)
        self._server.bulk("numbering", [operation])

    def contexts(self, import_id: int) -> Iterator[tuple[bytes, bytes]]:
        with self._server.errors_named():
            found = list(self._server.collection("contexts").find({"import_id": import_id}))
        for one in found:
            yield bytes.fromhex(str(one["_id"]).partition(":")[2]), one["packed"]

    def replace_context(self, import_id: int, digest: bytes, packed: bytes) -> None:
        operation = UpdateOne({"_id": f"{import_id}:{digest.hex()}"}, {"$set": {"packed": packed}})
        self._server.bulk("contexts", [operation])

    def highest_fence(self, import_id: int) -> int:
        with self._server.errors_named():
            found = self._server.collection("holding").find_one({"_id": import_id})
        return int(found["fence"]) if found is not None else 0
