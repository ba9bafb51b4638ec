"""The index of postings on the MongoDB server of the documents: a list of words each, under one index (`search`).

No text index: what its tokens are would differ from the other store's, and a collection has only one.
"""

from __future__ import annotations

import contextlib
import re
import secrets
import time
from collections.abc import Collection, Iterator, Sequence

import msgspec
from pymongo import DeleteMany, IndexModel, InsertOne
from pymongo.errors import DuplicateKeyError

from jobpipe.documents.mongo_reading import chunks
from jobpipe.documents.mongo_rows import Document
from jobpipe.documents.mongo_server import BULK, MongoServer, Operation
from jobpipe.documents.search.counting import Counted, surveyed
from jobpipe.documents.search.numbers import END, number_of
from jobpipe.documents.search.store import MOST_COUNTED, Entry, Position, Survey, Wanted
from jobpipe.documents.search.words import Asked, asked, import_mark, wanted_marks, words_in

INDEXES: dict[str, list[IndexModel]] = {
    "search": [
        IndexModel([("words", 1), ("_id", -1)], name="search_by_word"),
        IndexModel([("import_id", 1), ("row", 1)], name="search_by_row"),
    ],
    "search_position": [],
}
_SHOWN = (
    *("import_id", "row", "key", "state", "reason", "first_day", "title", "company", "place"),
    *("countries", "contract", "categories"),
)
_COUNTED = ("import_id", "state", "countries", "contract", "categories")
# Seconds after which a process that takes entries in is believed to be dead.
_PATIENCE = 120.0
_ONE = {"_id": "position"}


class MongoSearchIndex:
    """See `jobpipe.documents.search.store.SearchIndex`. For any number of threads.

    Nothing rests on transactions: whoever takes entries in says so in the position first, and moves it afterwards.
    """

    def __init__(self, uri: str) -> None:
        """The database is the one that the URI names, else `jobpipe`. Nothing is opened before it is used."""
        self._server = MongoServer(uri, INDEXES)

    def close(self) -> None:
        self._server.close()

    # What it is made of ------------------------------------------------------------------------------

    def position(self) -> Position | None:
        with self._server.errors_named():
            found = self._server.collection("search_position").find_one(_ONE)
        return _position(found)

    def apply(
        self,
        entries: Sequence[Entry],
        gone: Collection[tuple[int, int]],
        *,
        before: Position | None,
        after: Position,
    ) -> bool:
        mine = secrets.token_hex(8)
        if not self._claim(mine, before):
            return False
        newest = {(one.import_id, one.row): one for one in entries}
        self._take_out([*gone, *newest])
        documents = [InsertOne(_document(one)) for one in newest.values()]
        for start in range(0, len(documents), BULK):
            operations: list[Operation] = list(documents[start : start + BULK])
            self._server.bulk("search", operations)
        with self._server.errors_named():
            moved = self._server.collection("search_position").update_one(
                {**_ONE, "by": mine}, {"$set": {"at": msgspec.json.encode(after).decode(), "by": ""}}
            )
        return moved.matched_count == 1

    def _claim(self, mine: str, before: Position | None) -> bool:
        at = msgspec.json.encode(before).decode() if before is not None else ""
        now = time.time()
        free = {**_ONE, "at": at, "$or": [{"by": ""}, {"until": {"$lt": now}}]}
        claimed = {"$set": {"by": mine, "until": now + _PATIENCE}}
        with self._server.errors_named():
            position = self._server.collection("search_position")
            if before is None:
                with contextlib.suppress(DuplicateKeyError):
                    position.insert_one({**_ONE, "at": "", "by": "", "until": 0.0})
            return position.update_one(free, claimed).matched_count == 1

    def drop(self, import_id: int, rows: Collection[int]) -> None:
        self._take_out([(import_id, row) for row in rows])

    def clear(self) -> None:
        with self._server.errors_named():
            self._server.collection("search_position").delete_many({})
            self._server.collection("search").delete_many({})

    def _take_out(self, rows: Sequence[tuple[int, int]]) -> None:
        by_import: dict[int, list[int]] = {}
        for import_id, row in rows:
            by_import.setdefault(import_id, []).append(row)
        operations: list[Operation] = [
            DeleteMany({"import_id": import_id, "row": {"$in": some}})
            for import_id, numbers in by_import.items()
            for some in chunks(numbers)
        ]
        for start in range(0, len(operations), BULK):
            self._server.bulk("search", operations[start : start + BULK])

    # What is asked -----------------------------------------------------------------------------------

    def search(self, wanted: Wanted, *, before: int | None = None, limit: int = 50) -> list[Entry]:
        found = self._found(wanted, END if before is None else before, limit, _SHOWN)
        return [_entry(one) for one in found]

    def survey(self, wanted: Wanted) -> Survey:
        return surveyed(_counted(one) for one in self._found(wanted, END, MOST_COUNTED + 1, _COUNTED))

    def _found(self, wanted: Wanted, below: int, limit: int, fields: Sequence[str]) -> Iterator[Document]:
        if limit <= 0 or (wanted.imports is not None and not wanted.imports):
            return
        condition: Document = {"_id": {"$lt": below}}
        words = [*map(_asked, asked(wanted.text)), *wanted_marks(wanted)]
        if wanted.imports is not None:
            if len(wanted.imports) == 1 and not words:
                words = [import_mark(next(iter(wanted.imports)))]
            condition["import_id"] = {"$in": sorted(wanted.imports)}
        if words:
            condition["words"] = {"$all": words}
        with self._server.errors_named():
            yield from self._server.collection("search").find(
                condition, dict.fromkeys(fields, 1), sort=[("_id", -1)], limit=limit, batch_size=limit
            )


def _asked(one: Asked) -> str | re.Pattern[str]:
    # Letters, digits and the sign: nothing in it means anything else.
    return re.compile(f"^{one.word}") if one.begins else one.word


def _document(entry: Entry) -> Document:
    shown = {name: getattr(entry, name) for name in _SHOWN}
    return {"_id": number_of(entry), **shown, "words": words_in(entry)}


def _entry(found: Document) -> Entry:
    values = {name: found[name] for name in _SHOWN}
    return Entry(**{**values, "countries": tuple(found["countries"]), "categories": tuple(found["categories"])})


def _counted(found: Document) -> Counted:
    return found["import_id"], found["state"], tuple(found["countries"]), found["contract"], tuple(found["categories"])


def _position(found: Document | None) -> Position | None:
    return msgspec.json.decode(found["at"], type=Position) if found is not None and found["at"] else None
