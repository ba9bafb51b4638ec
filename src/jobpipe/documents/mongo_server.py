"""The MongoDB server of the documents: opened by each process for itself, durable, its errors in words for a person."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from bson.errors import BSONError
from pymongo import DeleteMany, IndexModel, InsertOne, MongoClient, UpdateMany, UpdateOne
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    ConnectionFailure,
    ExecutionTimeout,
    InvalidOperation,
    OperationFailure,
    PyMongoError,
    WriteConcernError,
)
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from jobpipe.documents.mongo_rows import INDEXES, Document
from jobpipe.documents.store import DocumentsUnavailableError
from jobpipe.errors import DefinitionError, JobpipeError, Place
from jobpipe.safety.secrets import redact

Operation = InsertOne[Document] | UpdateOne | UpdateMany | DeleteMany

# Raised by one with each change of how documents are laid out.
SCHEMA = 3
DATABASE = "jobpipe"
# Acknowledged = on the disks of most members of the replica set, whatever a URI says of `w` and `journal`.
_DURABLE = WriteConcern(w="majority", j=True, wtimeout=60_000)
# What a majority has, so that nothing is read which an election takes back.
_COMMITTED = ReadConcern("majority")
# The index that every collection has.
BY_ID = "_id_"
# Operations of one writing, values of one query.
BULK = 1_000
AT_ONCE = 200
# Read at a time, and held before the reader gets them: a page of rows ends at whichever comes first.
PAGE_ROWS = 5_000
PAGE_BYTES = 4_000_000

_DUPLICATE_KEY = 11000
# A server that stops, starts, or has just lost or won an election.
_PASSING = {6, 7, 64, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436}
_HINTS = {
    13: "may its user read and write this database, and make indexes in it?",
    18: "are the user and the password in the address of the documents right?",
    85: "an index of this name is there that was made otherwise: drop it",
    86: "an index of this name is there that was made otherwise: drop it",
    14031: "its disk is full; what was written before is safe",
}


class Outcome(NamedTuple):
    """What became of several operations."""

    matched: int
    # The positions of those that a unique index refused.
    duplicates: list[int]


class MongoServer:
    """A client a process: one that a process was forked with is never used there."""

    def __init__(self, uri: str, indexes: Mapping[str, Sequence[IndexModel]] = INDEXES) -> None:
        """Nothing is opened yet. `indexes`: by collection, seen to when it is."""
        self._uri = uri
        self._indexes = indexes
        self.place = Place(source=redact(uri).partition("?")[0])
        self._opened: tuple[int, MongoClient[Document], Database[Document]] | None = None
        # By process: a lock that was taken when the process was forked is never given back.
        self._opening: dict[int, threading.Lock] = {}
        # Clients of the process that this one was forked from: to close one would speak on that one's connections.
        self._inherited: list[MongoClient[Document]] = []

    def close(self) -> None:
        """To be called when no thread uses it any more; what is asked later opens it again."""
        if self._opened is not None and self._opened[0] == os.getpid():
            self._opened[1].close()
            self._opened = None

    def collection(self, name: str) -> Collection[Document]:
        """Of this process's client, which is opened with its indexes where it is the first to be asked for."""
        opened = self._opened
        if opened is None or opened[0] != os.getpid():
            opened = self._open()
        return opened[2][name]

    def _open(self) -> tuple[int, MongoClient[Document], Database[Document]]:
        process = os.getpid()
        with self._opening.setdefault(process, threading.Lock()):
            if self._opened is not None:
                if self._opened[0] == process:
                    return self._opened
                self._inherited.append(self._opened[1])
                self._opened = None
            with self.errors_named():
                try:
                    client: MongoClient[Document] = MongoClient(self._uri, appname="job-pipe")
                except ValueError as error:
                    raise ConfigurationError(str(error)) from error
                try:
                    database = client.get_default_database(DATABASE, write_concern=_DURABLE, read_concern=_COMMITTED)
                    self._prepare(database)
                except BaseException:
                    client.close()
                    raise
            self._opened = (process, client, database)
            return self._opened

    def _prepare(self, database: Database[Document]) -> None:
        about = database["about"]
        found = about.find_one({"_id": "documents"})
        if found is not None and found["schema"] > SCHEMA:
            raise JobpipeError(
                "a later version of job-pipe has written these documents",
                place=self.place,
                hint="use that version, or another database",
            )
        for name, indexes in self._indexes.items():
            if indexes:
                database[name].create_indexes(indexes)
        if found is None or found["schema"] < SCHEMA:
            about.update_one({"_id": "documents"}, {"$set": {"schema": SCHEMA}}, upsert=True)

    def pages(
        self,
        name: str,
        between: tuple[int, int],
        condition: Document,
        projection: Document | None = None,
        *,
        index: str = BY_ID,
    ) -> Iterator[list[Document]]:
        """What lies between two ids, both left out, by growing id, in pages, found by an index that has that order.

        Each page is a query of its own that goes on behind the last id: no cursor waits for its reader, grows too old,
        or is lost with the server that it stood on, and somebody may write meanwhile.
        """
        low, high = between
        while True:
            with self.errors_named():
                page = list(
                    self.collection(name).find(
                        {"_id": {"$gt": low, "$lt": high}, **condition},
                        projection,
                        sort=[("_id", 1)],
                        limit=PAGE_ROWS,
                        batch_size=PAGE_ROWS,
                        hint=index,
                    )
                )
            if page:
                yield page
                low = page[-1]["_id"]
            if len(page) < PAGE_ROWS:
                return

    def edge(self, name: str, low: int, high: int, direction: int) -> int | None:
        """The first (1) or last (-1) id between these, both left out."""
        with self.errors_named():
            found = self.collection(name).find_one(
                {"_id": {"$gt": low, "$lt": high}}, {"_id": 1}, sort=[("_id", direction)]
            )
        return int(found["_id"]) if found is not None else None

    def bulk(self, name: str, operations: Sequence[Operation]) -> Outcome:
        """At most `BULK` operations, in any order. Every error is read: duplicates are told, any other is raised."""
        if not operations:
            return Outcome(0, [])
        with self.errors_named():
            try:
                return Outcome(self.collection(name).bulk_write(operations, ordered=False).matched_count, [])
            except BulkWriteError as error:
                details = dict(error.details or {})
        errors: list[dict[str, Any]] = details.get("writeErrors", [])
        others = [one for one in errors if one.get("code") != _DUPLICATE_KEY]
        if others:
            raise self._refusal(others, len(operations))
        if concerns := details.get("writeConcernErrors", []):
            raise self._unavailable(concerns[0].get("errmsg", "not written to a majority"))
        return Outcome(details.get("nMatched", 0), sorted({one["index"] for one in errors}))

    @contextmanager
    def errors_named(self) -> Iterator[None]:
        """What goes wrong with the server becomes a JobpipeError that names it."""
        try:
            yield
        except InvalidOperation:
            raise  # ours, not the server's
        except ConfigurationError as error:
            raise DefinitionError(
                f"this is no address of documents: {redact(str(error))}",
                place=self.place,
                hint="mongodb://user:${PASSWORD}@host:27017/database",
            ) from error
        except (ConnectionFailure, WriteConcernError, ExecutionTimeout) as error:
            raise self._unavailable(str(error)) from error
        except OperationFailure as error:
            if error.code in _PASSING:
                raise self._unavailable(str(error)) from error
            raise self._failure(str(error), error.code) from error
        except (PyMongoError, BSONError) as error:
            raise self._failure(str(error), None) from error

    def _refusal(self, errors: list[dict[str, Any]], operations: int) -> JobpipeError:
        first = errors[0]
        text = first.get("errmsg", "")
        if first.get("code") in _PASSING:
            return self._unavailable(text)
        return self._failure(f"{len(errors)} of {operations} operations were refused, first: {text}", first.get("code"))

    def _unavailable(self, text: str) -> DocumentsUnavailableError:
        # The driver describes the whole topology, behind what a person needs.
        text = (
            redact(text).partition(", full error:")[0].partition(", Timeout:")[0].partition(" (configured timeouts")[0]
        )
        return DocumentsUnavailableError(
            f"the documents cannot be reached: {text}",
            place=self.place,
            hint="is MongoDB running, and may this machine reach it? What was written before is safe",
        )

    def _failure(self, text: str, code: int | None) -> JobpipeError:
        text = redact(text).partition(", full error:")[0]
        return JobpipeError(
            f"the documents cannot be used: {text}",
            place=self.place,
            hint=_HINTS.get(code or 0, "the log of the MongoDB server says more"),
        )
