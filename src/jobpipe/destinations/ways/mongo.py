"""A collection of MongoDB with one document a posting, by its id; with pymongo (the extra `mongo`).

A posting that is gone keeps a small document, `{removed: true}`, so that an older change that comes late finds a newer
number. What is acknowledged is on the disks of a majority.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from jobpipe.definition.targets import MongoTarget
from jobpipe.destinations.ways.pieces import in_pieces
from jobpipe.destinations.ways.reaching import addresses_of, library, said_by
from jobpipe.destinations.ways.way import (
    Answer,
    Change,
    Fate,
    ItemAnswer,
    NotReachedError,
    RejectedLoginError,
    UnknownFateError,
)
from jobpipe.errors import DefinitionError, Place
from jobpipe.safety.limits import MEGABYTE, show_size
from jobpipe.safety.secrets import redact

if TYPE_CHECKING:
    from pymongo import MongoClient
    from pymongo.collection import Collection

# Of one writing.
MOST_ITEMS, MOST_BYTES = 1_000, 32 * MEGABYTE
_LARGEST = 16 * MEGABYTE
_DUPLICATE_KEY = 11000
# A server that stops, starts, has lost or won an election, or has a full disk.
_PASSING = frozenset({6, 7, 64, 89, 91, 112, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436, 14031})
# A login, a right, a name that is none.
_PERSON = frozenset({8000, 13, 18, 73})


class MongoWay:
    def __init__(self, target: MongoTarget, name: str) -> None:
        """Raises DefinitionError."""
        self._uri = target.mongo
        self._place = Place(source=redact(target.mongo).partition("?")[0])
        self._collection_name = target.collection
        self._timeout = target.timeout
        self._pymongo = library("pymongo", what="mongodb://", extra="mongo", place=self._place)
        self._client: MongoClient[dict[str, Any]] | None = None
        if not target.mongo.startswith("mongodb+srv:") and not self._parsed()["database"]:
            raise DefinitionError("names no database", place=self._place, hint="mongodb://user:password@host/database")

    def send(self, batch: Sequence[Change], idempotency_key: str) -> Answer:
        return in_pieces(batch, idempotency_key, MOST_BYTES, self._send, most_items=MOST_ITEMS)

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    # Writing ----------------------------------------------------------------------------------------

    def _send(self, batch: Sequence[Change], idempotency_key: str) -> Answer:
        answers: dict[str, ItemAnswer] = {}
        sound: list[tuple[Change, Any]] = []
        moment = datetime.now(UTC)
        for change in batch:
            try:
                sound.append((change, self._document(change, moment)))
            except ValueError as error:
                answers[change.idempotency_key] = ItemAnswer(fate=Fate.REFUSED, said=said_by(error))
        with self._errors():
            errors = self._write(sound, is_new_taken=True)
            # They have the same number or a newer one; or another writer was there first, with an older one.
            there = [sound[one["index"]] for one in errors if one.get("code") == _DUPLICATE_KEY]
            failed = [(sound[one["index"]][0], one) for one in errors if one.get("code") != _DUPLICATE_KEY]
            failed += [(there[one["index"]][0], one) for one in self._write(there, is_new_taken=False)]
        for change, one in failed:
            fate = Fate.AGAIN if one.get("code") in _PASSING else Fate.REFUSED
            answers[change.idempotency_key] = ItemAnswer(fate=fate, said=said_by(one.get("errmsg", "")))
        return Answer(items=answers)

    def _write(self, documents: Sequence[tuple[Change, Any]], *, is_new_taken: bool) -> list[dict[str, Any]]:
        """The errors of those that were not written."""
        if not documents:
            return []
        operations = [
            self._pymongo.ReplaceOne(
                {"_id": change.id, "number": {"$not": {"$gte": change.number}}}, document, upsert=is_new_taken
            )
            for change, document in documents
        ]
        try:
            self._collection().bulk_write(operations, ordered=False)
        except self._pymongo.errors.BulkWriteError as error:
            details: dict[str, Any] = dict(error.details or {})
            if details.get("writeConcernErrors"):
                said = said_by(details["writeConcernErrors"][0].get("errmsg", ""))
                raise UnknownFateError(f"has not written it to a majority: {said}", place=self._place) from error
            return list(details.get("writeErrors", []))
        return []

    def _document(self, change: Change, moment: datetime) -> Any:
        """Encoded once. Raises ValueError where MongoDB cannot hold it."""
        import bson
        from bson.raw_bson import RawBSONDocument

        document: dict[str, Any] = {
            "_id": change.id,
            "import": change.import_name,
            "client": change.client,
            "key": change.key,
            "number": change.number,
            "revision": change.revision,
            "removed": change.action == "remove",
            "at": moment,
        }
        if change.action == "upsert":
            document["posting"] = msgspec.json.decode(change.body)
        try:
            encoded = bson.encode(document)
        except (bson.errors.BSONError, OverflowError, UnicodeError) as error:
            raise ValueError(said_by(error)) from error
        if len(encoded) > _LARGEST:
            raise ValueError(f"has {show_size(len(encoded))}; MongoDB takes {show_size(_LARGEST)}")
        return RawBSONDocument(encoded)

    # Connecting -------------------------------------------------------------------------------------

    def _collection(self) -> Collection[dict[str, Any]]:
        if self._client is None:
            for host, port in self._parsed()["nodelist"]:
                addresses_of("127.0.0.1" if port is None else host, port or 27017, self._place)
            milliseconds = int(self._timeout * 1000)
            waits = ("serverSelectionTimeoutMS", "connectTimeoutMS", "socketTimeoutMS")
            self._client = self._pymongo.MongoClient(
                self._uri, appname="job-pipe", tz_aware=True, **dict.fromkeys(waits, milliseconds)
            )
        assert self._client is not None
        durable = self._pymongo.WriteConcern(w="majority", j=True, wtimeout=int(self._timeout * 1000))
        return self._client.get_default_database().get_collection(self._collection_name, write_concern=durable)

    def _parsed(self) -> dict[str, Any]:
        """Raises DefinitionError. Of mongodb+srv:// it asks the name service."""
        from pymongo.uri_parser import parse_uri

        try:
            return dict(parse_uri(self._uri))
        except (self._pymongo.errors.PyMongoError, ValueError) as error:
            raise DefinitionError(f"is no address: {said_by(error)}", place=self._place) from error

    @contextmanager
    def _errors(self) -> Iterator[None]:
        errors = self._pymongo.errors
        try:
            yield
        except errors.ServerSelectionTimeoutError as error:
            hint = "is MongoDB running, and may this machine reach it?"
            raise NotReachedError(
                f"cannot be reached: {_first(said_by(error))}", place=self._place, hint=hint
            ) from error
        except (errors.ConnectionFailure, errors.WriteConcernError, errors.ExecutionTimeout) as error:
            what = f"broke off: {_first(said_by(error))}"
            raise UnknownFateError(
                what, place=self._place, hint="it is sent again, which changes nothing twice"
            ) from error
        except (errors.ConfigurationError, DefinitionError) as error:
            raise RejectedLoginError(said_by(error), place=self._place, hint="check to.mongo") from error
        except errors.OperationFailure as error:
            said = _first(said_by(error))
            if error.code in _PASSING:
                raise UnknownFateError(f"is in no state to write: {said}", place=self._place) from error
            if error.code in _PERSON:
                hint = "check the user, the password, and the right to write the collection"
                raise RejectedLoginError(f"does not let us write: {said}", place=self._place, hint=hint) from error
            raise RejectedLoginError(f"refuses: {said}", place=self._place, hint="its log says more") from error
        except errors.PyMongoError as error:
            raise UnknownFateError(f"broke off: {_first(said_by(error))}", place=self._place) from error


def _first(said: str) -> str:
    """The driver describes the whole topology, behind what a person needs."""
    return said.partition(", full error:")[0].partition(", Timeout:")[0].partition(" (configured timeouts")[0]
