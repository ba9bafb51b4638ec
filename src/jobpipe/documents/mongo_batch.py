"""One batch on its way into MongoDB: bodies, then states, then the end of old bodies.

There are no transactions.  A kill between any two writings leaves each row either as it was or as it will be, with
the body of its revision there; the same batch written again gives what one writing would have given.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from pymongo import DeleteMany, InsertOne, ReturnDocument, UpdateOne
from pymongo.errors import DuplicateKeyError

from jobpipe.documents.mongo_holding import Holding
from jobpipe.documents.mongo_reading import MongoReading, chunks
from jobpipe.documents.mongo_rows import fields_of
from jobpipe.documents.mongo_server import MongoServer, Operation
from jobpipe.documents.revisions import Bodies, bodies_of
from jobpipe.documents.row_ids import REVISION_MASK, body_id, id_range, row_id, row_of
from jobpipe.documents.store import Role, StaleFenceError, StateRow, Written
from jobpipe.errors import InternalError, JobpipeError

# Two writers that want one key: each time one of them gives way.
_TRIES = 10
# MongoDB's limit for one document is 16 MiB, with what stands around the frame.
MOST_BYTES = 16 * 1024 * 1024 - 1024


class Row(msgspec.Struct, gc=False):
    """One row to write."""

    id: int
    state: StateRow
    bodies: Bodies
    # The revision of the row that is stored; None = it is not there, as far as was seen.
    stored: int | None
    # Its number was given by this batch: it cannot be there.
    is_new: bool


class BatchWriting:
    """One import's, within one `Holding.writing`."""

    def __init__(self, server: MongoServer, reading: MongoReading, holding: Holding, import_id: int, kept: int) -> None:
        self._server = server
        self._reading = reading
        self._holding = holding
        self._import_id = import_id
        self._revisions_kept = kept

    def write(self, written: Sequence[Written]) -> list[int]:
        """The row numbers, in order."""
        by_key, by_id = self._stored(written)
        numbers, new = self._number(written, by_key, by_id)
        bodies = bodies_of(numbers, written, self._revisions_kept)
        states = dict(zip(numbers, (one.state for one in written), strict=True))
        rows = [
            Row(number, state, bodies[number], by_id.get(number), number in new) for number, state in states.items()
        ]
        self._check_sizes(rows)
        try:
            moved = self._write_rows(rows)
            self._holding.look(self._import_id)
        except StaleFenceError:
            self._take_back(new)
            raise
        self._end_old_bodies(rows)
        return [row_of(moved.get(number, number)) for number in numbers]

    def _stored(self, written: Sequence[Written]) -> tuple[dict[str, int], dict[int, int]]:
        """The ids of the postings whose keys are written; the revisions of all rows that are written."""
        keys = [one.state.key for one in written if one.state.role is Role.POSTING]
        by_key, by_id = self._holders(keys)
        given = {row_id(self._import_id, one.state.row) for one in written if one.state.row} - by_id.keys()
        for some in chunks(sorted(given)):
            found = self._reading.found("state", {"_id": {"$in": some}}, {"revision": 1})
            by_id.update((one["_id"], one["revision"]) for one in found)
        return by_key, by_id

    def _holders(self, keys: Iterable[str]) -> tuple[dict[str, int], dict[int, int]]:
        by_key: dict[str, int] = {}
        by_id: dict[int, int] = {}
        for one in self._reading.postings(self._import_id, keys, {"key": 1, "revision": 1}):
            by_key[one["key"]] = one["_id"]
            by_id[one["_id"]] = one["revision"]
        return by_key, by_id

    # Numbers ----------------------------------------------------------------------------------------

    def _number(
        self, written: Sequence[Written], by_key: dict[str, int], by_id: dict[int, int]
    ) -> tuple[list[int], set[int]]:
        """The ids of the rows: the key's own where it has a row, the given one, else the next; those that are new."""
        taken = dict(by_key)
        found: list[int] = []
        # Below 0: the first, second … of the new ones.
        new = 0
        for one in written:
            state = one.state
            number = taken.get(state.key) if state.role is Role.POSTING else None
            if number is None:
                if state.row:
                    number = row_id(self._import_id, state.row)
                else:
                    new += 1
                    number = -new
                if state.role is Role.POSTING:
                    taken[state.key] = number
            found.append(number)
        self._keep_free([row_of(number) for number in found if number >= 0 and number not in by_id])
        first = self._next(new) if new else 0
        ids = [row_id(self._import_id, first - number - 1) if number < 0 else number for number in found]
        return ids, {given for given, number in zip(ids, found, strict=True) if number < 0}

    def _keep_free(self, given: list[int]) -> None:
        """Numbers that the caller chose are not given by us later."""
        if given:
            self._raise_last(max(given))

    def _next(self, count: int) -> int:
        """The first of so many numbers that were never given."""
        for _ in range(_TRIES):
            with self._server.errors_named():
                try:
                    found = self._server.collection("numbering").find_one_and_update(
                        {"_id": self._import_id},
                        {"$inc": {"last_row": count}},
                        upsert=True,
                        return_document=ReturnDocument.AFTER,
                    )
                except DuplicateKeyError:
                    continue  # another made it at the same moment
            if found is not None:
                return int(found["last_row"]) - count + 1
        raise InternalError(f"import {self._import_id} gives no row numbers")

    def catch_up(self) -> None:
        """Where the numbering is behind the rows, as after a copy was put back that was taken of a running server."""
        low, high = id_range(self._import_id)
        with self._server.errors_named():
            state = self._server.collection("state")
            found = state.find_one({"_id": {"$gt": low, "$lt": high}}, {"_id": 1}, sort=[("_id", -1)])
        if found is not None:
            self._raise_last(row_of(found["_id"]))

    def _raise_last(self, number: int) -> None:
        for _ in range(_TRIES):
            with self._server.errors_named():
                try:
                    numbering = self._server.collection("numbering")
                    numbering.update_one({"_id": self._import_id}, {"$max": {"last_row": number}}, upsert=True)
                    return
                except DuplicateKeyError:
                    continue
        raise InternalError(f"import {self._import_id} keeps no row numbers")

    # Rows -------------------------------------------------------------------------------------------

    def _check_sizes(self, rows: list[Row]) -> None:
        for row in rows:
            for frame in row.bodies.frames.values():
                if len(frame) > MOST_BYTES:
                    raise JobpipeError(
                        f"the record with the key {row.state.key!r} takes {len(frame):,} bytes when it is packed, and "
                        f"MongoDB holds at most {MOST_BYTES:,}",
                        place=self._server.place,
                        hint="a smaller `limits.record` puts such records into quarantine",
                    )

    def _write_rows(self, rows: list[Row]) -> dict[int, int]:
        """By the id that a row was to have, the one that it got, where another writer was first to take its key."""
        moved: dict[int, int] = {}
        for _ in range(_TRIES):
            self._write_bodies(rows)
            self._holding.look(self._import_id)
            refused = self._holding.bulk(self._import_id, "state", [self._state_writing(row) for row in rows])
            if not refused.duplicates:
                return moved
            self._holding.look(self._import_id)
            rows = [rows[position] for position in refused.duplicates]
            self._give_way(rows, moved)
        raise JobpipeError(
            f"{len(rows)} rows of import {self._import_id} could not be written, other processes always came first",
            place=self._server.place,
            hint="do several processes import the same thing, without a cluster's lease?",
        )

    def _state_writing(self, row: Row) -> Operation:
        fields = fields_of(self._import_id, row.state)
        if row.is_new:
            return InsertOne({"_id": row.id, "fence": 0, **fields, **self._holding.mark(self._import_id)})
        mine = {"_id": row.id, **self._holding.condition(self._import_id)}
        return UpdateOne(mine, self._holding.replacing(self._import_id, fields), upsert=True)

    def _write_bodies(self, rows: list[Row]) -> None:
        operations: list[Operation] = []
        for row in rows:
            for revision, frame in row.bodies.frames.items():
                mine = {"_id": body_id(row.id, revision), **self._holding.condition(self._import_id)}
                update = self._holding.replacing(self._import_id, {"frame": frame})
                if row.is_new:
                    operations.append(InsertOne({"fence": 0, **update["$set"], "_id": mine["_id"]}))
                else:
                    operations.append(UpdateOne(mine, update, upsert=True))
        for _ in range(_TRIES):
            refused = self._holding.bulk(self._import_id, "bodies", operations)
            if not refused.duplicates:
                return
            self._holding.look(self._import_id)
            operations = [operations[position] for position in refused.duplicates]
            if any(isinstance(one, InsertOne) for one in operations):
                break
        raise JobpipeError(
            f"import {self._import_id} gave a row number that was given before",
            place=self._server.place,
            hint="start again: the numbers are put right when a process begins to write",
        )

    def _give_way(self, rows: list[Row], moved: dict[int, int]) -> None:
        """Rows that were refused: those whose key another writer has taken replace that one's row."""
        by_key, by_id = self._holders(row.state.key for row in rows if row.state.role is Role.POSTING)
        left: list[int] = []
        for row in rows:
            holder = by_key.get(row.state.key) if row.state.role is Role.POSTING else None
            if holder is not None and holder != row.id:
                if row.is_new:
                    left += [body_id(row.id, revision) for revision in row.bodies.frames]
                moved[row.id] = holder
                row.id, row.stored = holder, by_id[holder]
            row.is_new = False
        self._delete_bodies(left)

    def _end_old_bodies(self, rows: list[Row]) -> None:
        """A revision more or less than are kept is looked for everywhere: a killed writing may have left it."""
        old: list[int] = []
        for row in rows:
            if row.stored is None:
                continue
            revision, kept = row.state.revision, self._revisions_kept
            candidates = {*range(row.stored - kept + 1, row.stored + 2), revision - kept, revision + 1}
            old += [
                body_id(row.id, one)
                for one in sorted(candidates)
                if 0 <= one <= REVISION_MASK
                and not row.bodies.oldest <= one <= row.bodies.newest
                and one not in row.bodies.frames
            ]
        self._delete_bodies(old)

    def _delete_bodies(self, ids: Iterable[int]) -> None:
        mine = self._holding.condition(self._import_id)
        operations: list[Operation] = [DeleteMany({"_id": {"$in": some}, **mine}) for some in chunks(ids)]
        self._holding.bulk(self._import_id, "bodies", operations)

    def _take_back(self, new: set[int]) -> None:
        """What this process added when it was no longer its turn, but for what its successor has taken over already.

        The bodies stay, which nobody finds without their states: the successor may count on some of them.
        """
        mine = self._holding.condition(self._import_id)
        for some in chunks(sorted(new)):
            self._server.bulk("state", [DeleteMany({"_id": {"$in": some}, **mine})])
