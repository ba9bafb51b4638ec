"""What is read of the documents in MongoDB."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from jobpipe.documents.ending import above_every_end, is_over, moment_of
from jobpipe.documents.label_counting import Group, count_labels
from jobpipe.documents.mongo_rows import ROLES, STATUSES, Document, conditions_of, is_selected, state_row
from jobpipe.documents.mongo_server import AT_ONCE, PAGE_BYTES, MongoServer
from jobpipe.documents.row_ids import bodies_range, body_id, id_range, revision_of, row_id, row_of
from jobpipe.documents.selecting import may_be_live
from jobpipe.documents.store import Known, LabelUse, Role, Selection, StateRow, Status, unpack_prior

# How often a body is looked for that its row no longer has: somebody writes meanwhile.
_LOOKS = 5

Item = TypeVar("Item")


class MongoReading:
    def __init__(self, server: MongoServer) -> None:
        self._server = server

    def known(self, import_id: int, *, before_run: int) -> Iterator[list[Known]]:
        projection = {
            **dict.fromkeys(("role", "status", "reason", "digest"), 1),
            # What no row needs but those of the run, and the side rows, stays on the server.
            "prior": {"$cond": [{"$eq": ["$written_run", before_run]}, "$prior", None]},
            "key": {"$cond": [{"$ne": ["$role", int(Role.POSTING)]}, "$key", ""]},
        }
        for page in self._server.pages("state", id_range(import_id), {}, projection):
            holders = self.ids_of(import_id, {one["key"] for one in page if one["key"] and one["role"]})
            chunk = [
                _known(one, holders.get(one["key"], 0) if one["role"] else 0) for one in page if one["prior"] != b""
            ]
            if chunk:
                yield chunk

    def ids_of(self, import_id: int, keys: Iterable[str]) -> dict[str, int]:
        """Of the postings of these keys."""
        return {one["key"]: one["_id"] for one in self.postings(import_id, keys, {"key": 1})}

    def postings_by_key(self, import_id: int, keys: Sequence[str]) -> dict[str, StateRow]:
        return {one["key"]: state_row(one) for one in self.postings(import_id, keys)}

    def postings(self, import_id: int, keys: Iterable[str], projection: Document | None = None) -> Iterator[Document]:
        for some in chunks(dict.fromkeys(keys)):
            condition = {"import_id": import_id, "role": int(Role.POSTING), "key": {"$in": some}}
            yield from self.found("state", condition, projection)

    def found(
        self, name: str, condition: Document, projection: Document | None = None, *, index: str | None = None
    ) -> list[Document]:
        """For few of them."""
        with self._server.errors_named():
            return list(self._server.collection(name).find(condition, projection, hint=index))

    def rows(self, import_id: int, numbers: Sequence[int]) -> dict[int, StateRow]:
        ids = (row_id(import_id, number) for number in numbers)
        rows = (state_row(one) for some in chunks(ids) for one in self._listed(some))
        return {row.row: row for row in rows}

    def _listed(self, ids: list[int]) -> list[Document]:
        """The states of these ids, by growing id."""
        return sorted(self.found("state", {"_id": {"$in": ids}}), key=lambda one: one["_id"])

    def missing(self, import_id: int) -> Iterator[tuple[int, int]]:
        condition = {"import_id": import_id, "missing_since": {"$gt": 0}}
        fields = {"missing_since": 1}
        for page in self._server.pages("state", id_range(import_id), condition, fields, index="missing_row"):
            for one in page:
                yield row_of(one["_id"]), one["missing_since"]

    def ended(self, import_id: int, now: str) -> list[int]:
        moment = moment_of(now)
        condition = {
            "import_id": import_id,
            "role": int(Role.POSTING),
            "status": int(Status.LIVE),
            "valid_through": {"$gt": "", "$lt": above_every_end(moment)},
        }
        found = self.found("state", condition, {"valid_through": 1}, index="live_until")
        return sorted(row_of(one["_id"]) for one in found if is_over(one["valid_through"], moment))

    def select(self, import_id: int, selection: Selection) -> Iterator[StateRow]:
        for page in self._selected(import_id, selection):
            yield from map(state_row, page)

    def bodies(self, import_id: int, selection: Selection) -> Iterator[tuple[StateRow, bytes]]:
        for page in self._selected(import_id, selection):
            for some in chunks(map(state_row, page)):
                yield from self._with_bodies(import_id, some)

    def _with_bodies(self, import_id: int, rows: list[StateRow]) -> Iterator[tuple[StateRow, bytes]]:
        """A row that has got another revision since it was read comes with that one."""
        wanted = {body_id(row_id(import_id, row.row), row.revision): row for row in rows}
        ids = sorted(wanted)
        while ids:
            frames, last = self._frames(ids)
            for number in ids:
                if number > last:
                    break
                row, frame = wanted[number], frames.pop(number, None)
                if frame is not None:
                    yield row, frame
                elif (newer := self.rows(import_id, [row.row]).get(row.row)) and newer.revision != row.revision:
                    found = self._current(import_id, newer)
                    if found is not None:
                        yield found
            ids = [number for number in ids if number > last]

    def _frames(self, ids: list[int]) -> tuple[dict[int, bytes], int]:
        """The bodies of growing ids as far as the memory of one page goes; the last id that was looked for."""
        frames: dict[int, bytes] = {}
        size = 0
        with self._server.errors_named():
            query = {"_id": {"$in": ids}}
            with self._server.collection("bodies").find(query, sort=[("_id", 1)], batch_size=len(ids)) as cursor:
                for one in cursor:
                    frames[one["_id"]] = one["frame"]
                    size += len(one["frame"])
                    if size >= PAGE_BYTES:
                        return frames, one["_id"]
        return frames, ids[-1]

    def _current(self, import_id: int, row: StateRow | None) -> tuple[StateRow, bytes] | None:
        """The row, as it is now if somebody has written it meanwhile, with the body of its revision."""
        for _ in range(_LOOKS):
            if row is None:
                return None
            frame = self.body(import_id, row.row, row.revision)
            if frame is not None:
                return row, frame
            before, row = row.revision, self.rows(import_id, [row.row]).get(row.row)
            if row is not None and row.revision == before:
                return None
        return None

    def body(self, import_id: int, row: int, revision: int | None = None) -> bytes | None:
        number = row_id(import_id, row)
        if revision is None:
            found = self._current(import_id, self.rows(import_id, [row]).get(row))
            return found[1] if found is not None else None
        with self._server.errors_named():
            stored = self._server.collection("bodies").find_one({"_id": body_id(number, revision)})
        return stored["frame"] if stored is not None else None

    def revisions(self, import_id: int, row: int) -> list[int]:
        number = row_id(import_id, row)
        first, last = bodies_range(number)
        state = self.rows(import_id, [row]).get(row)
        found = self.found("bodies", {"_id": {"$gte": first, "$lte": last}}, {"_id": 1})
        revisions = sorted(revision_of(one["_id"]) for one in found)
        # A writing that was killed may have left the body of a revision that no state has come to yet.
        return [revision for revision in revisions if state is not None and revision <= state.revision]

    def counts(self, import_id: int) -> dict[tuple[Role, Status, str], int]:
        low, high = id_range(import_id)
        kind = {"role": "$role", "status": "$status", "reason": "$reason"}
        grouped: list[dict[str, Any]] = [
            {"$match": {"import_id": import_id, "not_live": True}},
            {"$group": {"_id": kind, "rows": {"$sum": 1}}},
        ]
        with self._server.errors_named():
            state = self._server.collection("state")
            found = list(state.aggregate(grouped, hint="row_not_live"))
            total = state.count_documents({"_id": {"$gt": low, "$lt": high}})
        counts = {
            (ROLES[one["_id"]["role"]], STATUSES[one["_id"]["status"]], one["_id"]["reason"]): one["rows"]
            for one in found
        }
        if (live := total - sum(counts.values())) > 0:
            counts[Role.POSTING, Status.LIVE, ""] = live
        return counts

    def context(self, import_id: int, digest: bytes) -> bytes | None:
        with self._server.errors_named():
            found = self._server.collection("contexts").find_one({"_id": context_id(import_id, digest)})
        return found["packed"] if found is not None else None

    def _selected(self, import_id: int, selection: Selection) -> Iterator[list[Document]]:
        """Pages of the states that are selected."""
        pages: Iterable[list[Document]]
        low, high = id_range(import_id, after_row=selection.after_row)
        if not selection.keys and not selection.labels and may_be_live(selection):
            pages = self._server.pages("state", (low, high), conditions_of(selection))
        else:
            candidates = (number for number in self._candidates(import_id, selection) if number > low)
            pages = map(self._listed, chunks(candidates))
        for page in pages:
            yield [one for one in page if is_selected(one, selection)]

    def _candidates(self, import_id: int, selection: Selection) -> Sequence[int]:
        """The ids that an index gives, growing: all that is selected, and perhaps more."""
        if selection.keys and selection.role is Role.POSTING:
            return sorted(self.ids_of(import_id, selection.keys).values())
        if selection.labels and not selection.keys:
            return self._ids_with_labels(import_id, selection)
        condition = {"import_id": import_id, "not_live": True, **conditions_of(selection)}
        index = "change_not_live" if "changed_run" in condition else "row_not_live"
        if not selection.keys:
            with self._server.errors_named():
                cursor = self._server.collection("state").find(condition, {"_id": 1}, hint=index)
                return array("q", sorted(array("q", (one["_id"] for one in cursor))))
        return sorted(
            {
                one["_id"]
                for some in chunks(dict.fromkeys(selection.keys))
                for one in self.found("state", {**condition, "key": {"$in": some}}, {"_id": 1}, index=index)
            }
        )

    def _ids_with_labels(self, import_id: int, selection: Selection) -> Sequence[int]:
        ids: set[int] = set()
        for some in chunks(dict.fromkeys(selection.labels)):
            condition = {"import_id": import_id, "labelled": True, "labels": {"$in": some}, **conditions_of(selection)}
            with self._server.errors_named():
                cursor = self._server.collection("state").find(condition, {"_id": 1}, hint="row_by_label")
                ids.update(one["_id"] for one in cursor)
        return array("q", sorted(ids))

    def label_lines(self, import_id: int) -> set[str]:
        grouped: list[dict[str, Any]] = [
            {"$match": {"import_id": import_id, "labelled": True}},
            {"$project": {"labels": 1}},
            {"$unwind": "$labels"},
            {"$group": {"_id": "$labels"}},
        ]
        with self._server.errors_named():
            return {one["_id"] for one in self._server.collection("state").aggregate(grouped, allowDiskUse=True)}

    def facts(self, import_id: int, *, one_in: int = 1) -> Iterator[bytes]:
        condition: Document = {"role": int(Role.POSTING), "status": int(Status.LIVE)}
        if one_in > 1:
            condition["$expr"] = {"$eq": [{"$mod": ["$_id", one_in]}, 0]}
        for page in self._server.pages("state", id_range(import_id), condition, {"facts": 1}):
            yield b"".join([one.get("facts", b"") for one in page])

    def labels(self, import_id: int) -> list[LabelUse]:
        return count_labels(self._label_groups(import_id))

    def _label_groups(self, import_id: int) -> Iterator[Group]:
        """One a label, role and status."""
        grouped: list[dict[str, Any]] = [
            {"$match": {"import_id": import_id, "labelled": True}},
            {"$project": {"labels": 1, "role": 1, "status": 1, "first_run": 1, "first_day": 1}},
            {"$unwind": "$labels"},
            {
                "$group": {
                    "_id": {"labels": "$labels", "role": "$role", "status": "$status"},
                    "rows": {"$sum": 1},
                    "first_run": {"$min": "$first_run"},
                    "first_day": {"$min": "$first_day"},
                    "first": {"$min": "$_id"},
                    "last": {"$max": "$_id"},
                }
            },
        ]
        with self._server.errors_named():
            found = list(self._server.collection("state").aggregate(grouped, allowDiskUse=True))
        for one in found:
            kind = one["_id"]
            samples = {row_of(one["first"]), row_of(one["last"])}
            yield Group(
                kind["labels"], kind["role"], kind["status"], one["rows"], one["first_run"], one["first_day"], samples
            )


def context_id(import_id: int, digest: bytes) -> str:
    return f"{import_id}:{digest.hex()}"


def chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Pieces small enough for one query."""
    rest = iter(items)
    while some := list(islice(rest, AT_ONCE)):
        yield some


def _known(one: Document, holder: int) -> Known:
    number = row_of(one["_id"])
    if one["prior"] is None:
        return Known(number, one["digest"], ROLES[one["role"]], STATUSES[one["status"]], one["reason"], row_of(holder))
    before = unpack_prior(one["prior"])
    assert before is not None
    return Known(number, before.digest, before.role, before.status, before.reason, row_of(holder))
