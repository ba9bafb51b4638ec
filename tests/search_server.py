"""A stand-in for Elasticsearch and OpenSearch: it speaks their bulk interface, with external versions, and no more.

No such server can be had here. What it does with versions, missing indexes, documents that fit no mapping and refusals
for want of room is that of the documentation of both (Bulk API; versioning `external_gte`).
"""

from __future__ import annotations

import base64
import json
from typing import Any

from receiver import Answered, Receiver, Taken

MAX_ID = 512


class SearchServer(Receiver):
    """`with SearchServer() as server: server.address`.

    A posting with `bad` in it fits no mapping, one with `full` finds no room.
    """

    def __init__(self, *, indexes: set[str] | None = None, basic: str = "", path: str = "") -> None:
        """`indexes`: those that are there; None = any is made when it is written to."""
        super().__init__()
        self.indexes = indexes
        self.basic = basic
        self.base = path
        # By (index, id): version, and the source; None = deleted, whose version is remembered.
        self.documents: dict[tuple[str, str], tuple[int, Any]] = {}
        self.answer = self._bulk
        self.address = f"http://127.0.0.1:{self.port}{path}"

    def apply(self, taken: Taken) -> None:
        """Done when it is answered."""
        self.given = self._bulk_of(taken)

    def found(self, index: str = "postings") -> dict[str, Any]:
        return {key[1]: source for key, (_, source) in self.documents.items() if key[0] == index and source is not None}

    def _bulk(self, taken: Taken) -> Answered:
        return self.given

    def _bulk_of(self, taken: Taken) -> Answered:
        wanted = "Basic " + base64.b64encode(self.basic.encode()).decode()
        if self.basic and taken.headers.get("authorization") != wanted:
            return Answered(401, b'{"error": {"type": "security_exception"}, "status": 401}')
        if taken.path.partition("?")[0] != f"{self.base}/_bulk":
            return Answered(405, b"{}")
        if taken.headers["content-type"] != "application/x-ndjson" or not taken.body.endswith(b"\n"):
            return Answered(400, b'{"error": {"type": "illegal_argument_exception"}}')
        lines = iter([json.loads(line) for line in taken.body.split(b"\n")[:-1]])
        items = [self._item(action, lines) for action in lines]
        failed = any("error" in next(iter(item.values())) for item in items)
        return Answered(200, json.dumps({"errors": failed, "items": items}).encode())

    def _item(self, action: dict[str, Any], lines: Any) -> dict[str, Any]:
        ((word, about),) = action.items()
        source = next(lines) if word == "index" else None
        status, kind, reason = self._done(about, source)
        error = {"error": {"type": kind, "reason": reason}} if kind else {}
        return {word: {"status": status, **error}}

    def _done(self, about: dict[str, Any], source: Any) -> tuple[int, str, str]:
        assert about["version_type"] == "external_gte"
        key = (about["_index"], about["_id"])
        if self.indexes is not None and key[0] not in self.indexes:
            return 404, "index_not_found_exception", f"no such index [{key[0]}]"
        if len(key[1].encode()) > MAX_ID:
            return 400, "illegal_argument_exception", f"id is too long, must be no longer than {MAX_ID} bytes"
        posting = (source or {}).get("posting") or {}
        if "bad" in posting:
            return 400, "document_parsing_exception", "failed to parse field [bad]"
        if "full" in posting:
            return 429, "es_rejected_execution_exception", "rejected execution"
        before = self.documents.get(key)
        if before is not None and about["version"] < before[0]:
            return 409, "version_conflict_engine_exception", "current version is higher"
        self.documents[key] = (about["version"], source)
        if source is None:
            return (200 if before and before[1] is not None else 404), "", ""
        return (200 if before and before[1] is not None else 201), "", ""
