"""The store of a cluster: MongoDB, written by any number of processes on any number of machines.

State rows and bodies lie in two collections, so that going through the states never reads a body.  Ids are those of
the SQLite store.  Nothing rests on transactions, so that a server that stands alone will do; what is acknowledged is
in the journal of most members.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from contextlib import AbstractContextManager

from pymongo import DeleteMany, UpdateMany, UpdateOne

from jobpipe.documents.mongo_batch import BatchWriting
from jobpipe.documents.mongo_holding import Holding
from jobpipe.documents.mongo_reading import MongoReading, chunks, context_id
from jobpipe.documents.mongo_rows import Document
from jobpipe.documents.mongo_server import MongoServer, Operation
from jobpipe.documents.mongo_upkeep import MongoUpkeep
from jobpipe.documents.row_ids import bodies_range, body_id, id_range, row_id
from jobpipe.documents.store import Role, StateRow, Status, Written, is_listed, prior_of


class MongoDocuments(MongoReading):
    """See `jobpipe.documents.store.Documents`. For any number of threads; a forked process opens its own client."""

    def __init__(self, uri: str, *, revisions_kept: int = 3) -> None:
        """The database is the one that the URI names, else `jobpipe`. Nothing is opened before it is used."""
        super().__init__(MongoServer(uri))
        self._holding = Holding(self._server)
        self._revisions_kept = max(revisions_kept, 1)
        # The imports whose numbering was compared with their rows.
        self._numbered: set[int] = set()

    def close(self) -> None:
        self._server.close()

    def upkeep(self) -> MongoUpkeep:
        return MongoUpkeep(self._server)

    def hold(self, import_id: int, fence: int) -> None:
        self._holding.hold(import_id, fence)

    def _writing(self, import_id: int) -> AbstractContextManager[None]:
        return self._holding.writing(import_id)

    def write(self, import_id: int, batch: Iterable[Written]) -> list[int]:
        written = list(batch)
        writing = BatchWriting(self._server, self, self._holding, import_id, self._revisions_kept)
        with self._writing(import_id):
            if import_id not in self._numbered:
                writing.catch_up()
                self._numbered.add(import_id)
            return writing.write(written)

    def mark_missing(self, import_id: int, run: int, numbers: Iterable[int]) -> None:
        there = {"missing_since": 0, "status": {"$ne": int(Status.EXPIRED)}}
        self._update(import_id, numbers, there, {"missing_since": run})

    def clear_missing(self, import_id: int, numbers: Iterable[int]) -> None:
        self._update(import_id, numbers, {"missing_since": {"$gt": 0}}, {"missing_since": 0})

    def set_parts(self, import_id: int, moved: Iterable[tuple[int, str]]) -> None:
        by_part: dict[str, array[int]] = {}
        for number, part in moved:
            by_part.setdefault(part, array("q")).append(row_id(import_id, number))
        operations: list[Operation] = [
            self._changing(import_id, some, {}, {"part": part}) for part, ids in by_part.items() for some in chunks(ids)
        ]
        with self._writing(import_id):
            self._holding.bulk(import_id, "state", operations)

    def _update(self, import_id: int, numbers: Iterable[int], condition: Document, fields: Document) -> None:
        ids = array("q", (row_id(import_id, number) for number in numbers))
        operations: list[Operation] = [self._changing(import_id, some, condition, fields) for some in chunks(ids)]
        with self._writing(import_id):
            self._holding.bulk(import_id, "state", operations)

    def _changing(self, import_id: int, ids: list[int], condition: Document, fields: Document) -> UpdateMany:
        mine = self._holding.condition(import_id)
        return UpdateMany(
            {"_id": {"$in": ids}, **condition, **mine}, {"$set": {**fields, **self._holding.mark(import_id)}}
        )

    def expire(
        self, import_id: int, run: int, numbers: Iterable[int], reason: str, *, status: Status = Status.EXPIRED
    ) -> int:
        wanted = array("q", numbers)
        expired = 0
        with self._writing(import_id):
            for some in chunks(wanted):
                # Again, where a row was written by somebody else between reading and writing.
                while live := self._live_of(import_id, some):
                    operations = [self._expiring(import_id, run, row, reason, status) for row in live]
                    expired += self._holding.bulk(import_id, "state", operations).matched
                    self._holding.look(import_id)
        return expired

    def _live_of(self, import_id: int, numbers: list[int]) -> list[StateRow]:
        found = self.rows(import_id, numbers).values()
        return [row for row in found if is_listed(row)]

    def _expiring(self, import_id: int, run: int, row: StateRow, reason: str, status: Status) -> Operation:
        as_read = {
            "_id": row_id(import_id, row.row),
            "role": int(Role.POSTING),
            "status": int(row.status),
            "reason": row.reason,
            "written_run": row.written_run,
            "digest": row.digest,
        }
        fields = {
            "status": int(status),
            "reason": reason,
            "not_live": True,
            "missing_since": 0,
            "changed_run": run,
            "written_run": run,
            "prior": prior_of(row, run),
        }
        return UpdateOne(
            {**as_read, **self._holding.condition(import_id)}, {"$set": {**fields, **self._holding.mark(import_id)}}
        )

    def delete_rows(self, import_id: int, numbers: Iterable[int]) -> None:
        ids = array("q", (row_id(import_id, number) for number in numbers))
        with self._writing(import_id):
            self._delete(import_id, ids)

    def delete_side_rows_of(self, import_id: int, run: int, *, after_ordinal: int) -> None:
        condition = {
            "import_id": import_id,
            "not_live": True,
            "role": {"$gt": int(Role.POSTING)},
            "written_run": run,
            "ordinal": {"$gt": after_ordinal},
        }
        with self._writing(import_id):
            found = self.found("state", condition, {"_id": 1}, index="row_not_live")
            self._delete(import_id, array("q", (one["_id"] for one in found)))

    def _delete(self, import_id: int, ids: Iterable[int]) -> None:
        """States first: no state is ever without its body."""
        mine = self._holding.condition(import_id)
        for some in chunks(ids):
            self._holding.bulk(import_id, "state", [DeleteMany({"_id": {"$in": some}, **mine})])
            self._holding.look(import_id)
            ranges = [bodies_range(number) for number in some]
            bodies: list[Operation] = [
                DeleteMany({"_id": {"$gte": first, "$lte": last}, **mine}) for first, last in ranges
            ]
            self._holding.bulk(import_id, "bodies", bodies)

    def save_contexts(self, import_id: int, contexts: dict[bytes, bytes]) -> None:
        operations: list[Operation] = [
            UpdateOne(
                {"_id": context_id(import_id, digest)},
                {"$setOnInsert": {"import_id": import_id, "packed": packed}},
                upsert=True,
            )
            for digest, packed in contexts.items()
        ]
        with self._writing(import_id):
            # A duplicate is one that another process saved at the same moment.
            self._holding.bulk(import_id, "contexts", operations)

    def delete_import(self, import_id: int) -> None:
        low, high = id_range(import_id)
        mine = self._holding.condition(import_id)
        with self._writing(import_id):
            self._numbered.discard(import_id)
            self._holding.bulk(import_id, "state", [DeleteMany({"_id": {"$gt": low, "$lt": high}, **mine})])
            self._holding.look(import_id)
            bodies = {"$gt": body_id(low, 0), "$lt": body_id(high, 0)}
            self._holding.bulk(import_id, "bodies", [DeleteMany({"_id": bodies, **mine})])
            self._holding.bulk(import_id, "contexts", [DeleteMany({"import_id": import_id})])
            self._holding.bulk(import_id, "numbering", [DeleteMany({"_id": import_id})])
