"""An index of Elasticsearch or OpenSearch, by the bulk interface that both share.

The change's number is the document's version (`external_gte`): an older one that comes later is refused by the server,
which is taken for done.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from jobpipe.definition.targets import SearchTarget
from jobpipe.destinations.ways.envelope import item_of
from jobpipe.destinations.ways.item_answers import fate_of_status
from jobpipe.destinations.ways.pieces import in_pieces
from jobpipe.destinations.ways.way import (
    Answer,
    Change,
    Fate,
    ItemAnswer,
    RejectedLoginError,
    UnknownFateError,
)
from jobpipe.destinations.ways.web import Web
from jobpipe.safety.limits import MEGABYTE
from jobpipe.safety.one_line import one_line
from jobpipe.safety.secrets import redact

# Postings of one request, about: services often take 10 MB.
MOST_BYTES = 8 * MEGABYTE
# What is needed of an answer.
_PATH = "/_bulk?filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason"
# Of an item: a person is needed, and for all of them.
_PERSON = frozenset({401, 403})
_NO_INDEX = "index_not_found_exception"
_MOST_SAID = 300


class SearchWay:
    def __init__(self, target: SearchTarget, name: str) -> None:
        """Raises DefinitionError."""
        self._name = name
        self._index = target.index
        self._web = Web(target.search, auth=target.auth, headers={}, timeout=target.timeout)

    def send(self, batch: Sequence[Change], idempotency_key: str) -> Answer:
        return in_pieces(batch, idempotency_key, MOST_BYTES, self._send)

    def close(self) -> None:
        self._web.close()

    def _send(self, batch: Sequence[Change], idempotency_key: str) -> Answer:
        lines = [line for change in batch for line in self._lines_of(change)]
        body = b"\n".join(lines) + b"\n"
        reply = self._web.post(body, {"Content-Type": "application/x-ndjson"}, path=_PATH)
        items = dict(zip((change.idempotency_key for change in batch), self._answers(reply.body, batch), strict=True))
        self._expect_a_way_in(items)
        answers = {key: answer for key, (_, _, answer) in items.items() if answer.fate is not Fate.ACCEPTED}
        return Answer(items=answers, said=f"HTTP {reply.status}")

    def _lines_of(self, change: Change) -> list[bytes]:
        about = {"_index": self._index, "_id": change.id, "version": change.number, "version_type": "external_gte"}
        if change.action == "remove":
            return [msgspec.json.encode({"delete": about})]
        return [msgspec.json.encode({"index": about}), msgspec.json.encode(item_of(change))]

    def _answers(self, body: bytes, batch: Sequence[Change]) -> list[tuple[int, str, ItemAnswer]]:
        """Status, kind of error and answer of each, in the order of the batch."""
        try:
            said = msgspec.json.decode(body)
            items = [next(iter(item.values())) for item in said["items"]]
            answers = [_answer_of(item) for item in items]
        except (msgspec.DecodeError, RecursionError, LookupError, TypeError, AttributeError, StopIteration) as error:
            raise self._not_understood() from error
        if len(answers) != len(batch):
            raise self._not_understood()
        return answers

    def _not_understood(self) -> UnknownFateError:
        hint = "is it Elasticsearch or OpenSearch, and its own address?"
        return UnknownFateError("does not answer as a bulk interface does", place=self._web.place, hint=hint)

    def _expect_a_way_in(self, items: dict[str, tuple[int, str, ItemAnswer]]) -> None:
        """Where nothing at all was taken for want of a right or of the index, a person is needed."""
        kinds = {(status in _PERSON, kind == _NO_INDEX) for status, kind, _ in items.values()}
        if not items or (False, False) in kinds:
            return
        status, kind, answer = next(iter(items.values()))
        what = f"has no index {self._index!r}" if kind == _NO_INDEX else "denies writing"
        hint = "make it, or let the server make it" if kind == _NO_INDEX else "check the rights of the login"
        raise RejectedLoginError(f"{what} (HTTP {status}): {answer.said}", place=self._web.place, hint=hint)


def _answer_of(item: dict[str, Any]) -> tuple[int, str, ItemAnswer]:
    status, error = int(item["status"]), item.get("error") or {}
    kind = str(error.get("type", ""))
    said = one_line(redact(f"{status} {kind}: {error['reason']}" if error.get("reason") else f"{status}"), _MOST_SAID)
    return status, kind, ItemAnswer(fate=_fate_of(status, kind), said=said)


def _fate_of(status: int, kind: str) -> Fate:
    if status == 409 or (status == 404 and kind != _NO_INDEX):
        # It has a newer one already, or never had what is to be removed.
        return Fate.ACCEPTED
    if status in _PERSON or kind == _NO_INDEX:
        return Fate.AGAIN
    return fate_of_status(status)
