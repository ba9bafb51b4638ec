"""Fences on MongoDB: who was overtaken writes nothing any more.

There are no transactions, so that three things together stand for one.  The fence of an import lies in `holding` and
is raised by compare-and-set before each writing call.  Each state and each body carries the fence that wrote it, and
is changed only by one as high: who slept between asking and writing cannot overwrite what its successor wrote.  After
writing it is asked again, so that who slept takes back the rows that it added.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pymongo.errors import DuplicateKeyError

from jobpipe.documents.mongo_rows import Document
from jobpipe.documents.mongo_server import BULK, MongoServer, Operation, Outcome
from jobpipe.documents.store import StaleFenceError
from jobpipe.errors import InternalError

_TRIES = 10


class Holding:
    """The imports that one object holds, each with its fence."""

    def __init__(self, server: MongoServer) -> None:
        self._server = server
        self._fences: dict[int, int] = {}

    def hold(self, import_id: int, fence: int) -> None:
        self._fences[import_id] = fence
        self._confirm(import_id, fence)

    @contextmanager
    def writing(self, import_id: int) -> Iterator[None]:
        """A writing call. Raises StaleFenceError before it where another has taken the import over, and after it
        where that happened meanwhile."""
        fence = self._fences.get(import_id)
        if fence is not None:
            self._confirm(import_id, fence)
        yield
        self.look(import_id)

    def _confirm(self, import_id: int, fence: int) -> None:
        mine = {"_id": import_id, "fence": {"$lte": fence}}
        for _ in range(_TRIES):
            with self._server.errors_named():
                try:
                    self._server.collection("holding").update_one(mine, {"$set": {"fence": fence}}, upsert=True)
                    return
                except DuplicateKeyError:
                    pass  # a higher fence, or another who made it at the same moment
            self.look(import_id)
        raise InternalError(f"the fence of import {import_id} could not be written")

    def look(self, import_id: int) -> None:
        """Raises StaleFenceError where another has taken over an import that this object holds."""
        fence = self._fences.get(import_id)
        if fence is None:
            return
        with self._server.errors_named():
            found = self._server.collection("holding").find_one({"_id": import_id})
        if found is not None and found["fence"] > fence:
            raise StaleFenceError(import_id, fence)

    def condition(self, import_id: int) -> Document:
        """Of what may be changed."""
        fence = self._fences.get(import_id)
        return {} if fence is None else {"fence": {"$lte": fence}}

    def mark(self, import_id: int) -> Document:
        """What a change sets besides."""
        fence = self._fences.get(import_id)
        return {} if fence is None else {"fence": fence}

    def replacing(self, import_id: int, fields: Document) -> Document:
        """The update that writes these fields, whether the document is there or not. Each has a fence."""
        if mark := self.mark(import_id):
            return {"$set": fields | mark}
        return {"$set": fields, "$setOnInsert": {"fence": 0}}

    def bulk(self, import_id: int, name: str, operations: Sequence[Operation]) -> Outcome:
        """Any number of operations; before each thousand it is asked again who holds the import."""
        matched, duplicates = 0, []
        for start in range(0, len(operations), BULK):
            if start:
                self.look(import_id)
            some = self._server.bulk(name, operations[start : start + BULK])
            matched += some.matched
            duplicates += [start + position for position in some.duplicates]
        return Outcome(matched, duplicates)
