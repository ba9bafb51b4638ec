"""What an answer says of each posting, in the shapes that services use.

A list of objects: each names its posting by `idempotency_key`, `id` or `key` (or stands at its place in the batch), and
says what became of it by `status`, `state`, `result`, `success` or `ok`, and why by `error`, `reason` or `message`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import jmespath
import msgspec

from jobpipe.destinations.ways.way import Change, Fate, ItemAnswer, UnknownFateError
from jobpipe.errors import Place
from jobpipe.safety.one_line import one_line
from jobpipe.safety.secrets import redact

_NAMES = ("idempotency_key", "idempotencyKey", "id", "key")
_STATES = ("status", "state", "result", "success", "ok")
_REASONS = ("error", "reason", "message", "errors", "detail")
_LISTS = ("items", "results", "postings", "data", "responses")
# Words in lower case.
_DONE = frozenset(
    {"ok", "accepted", "created", "updated", "deleted", "removed", "success", "succeeded", "successful", "done"}
    | {"unchanged", "noop", "duplicate", "ignored", "queued", "processed", "stored", "stale"}
)
_LATER = frozenset({"retry", "again", "later", "busy", "timeout", "throttled", "rate_limited", "unavailable"})
_NO = frozenset({"error", "failed", "failure", "rejected", "refused", "invalid", "denied", "forbidden"})
_LATER_STATUSES = frozenset({408, 425, 429})
_HINT = "to.items says where an answer lists what became of each posting (JMESPath)"
_MOST_SAID = 300


def answers_in(
    body: bytes, batch: Sequence[Change], path: str, *, is_mixed: bool, place: Place
) -> dict[str, ItemAnswer]:
    """By `idempotency_key`, of those that are not simply accepted.

    `path`: a JMESPath; "" = the usual places. `is_mixed`: the answer itself says that some may have failed. Raises
    UnknownFateError where it cannot be understood what became of whom.
    """
    listed = _listed(body, path)
    if listed is None or (not listed and is_mixed and batch):
        if is_mixed or path:
            raise UnknownFateError("does not say of each posting what became of it", place=place, hint=_HINT)
        return {}
    names = _names_of(batch)
    at_places = len(listed) == len(batch) and not any(_name_in(item, names) for item in listed)
    found: dict[str, ItemAnswer] = {}
    for number, item in enumerate(listed):
        change = batch[number] if at_places else _name_in(item, names)
        answer = answer_of(item)
        if change is not None and answer.fate is not Fate.ACCEPTED:
            found[change.idempotency_key] = answer
    return found


def answer_of(item: dict[str, Any]) -> ItemAnswer:
    """What one object says; one that says nothing of a failure is accepted."""
    state = next((item[word] for word in _STATES if item.get(word) is not None), None)
    reason = next((item[word] for word in _REASONS if item.get(word)), None)
    said = _said(state, reason)
    return ItemAnswer(fate=_fate_of(state, has_reason=reason is not None), said=said)


def fate_of_status(status: int) -> Fate:
    if status in _LATER_STATUSES or status >= 500:
        return Fate.AGAIN
    return Fate.ACCEPTED if status < 400 else Fate.REFUSED


def _listed(body: bytes, path: str) -> list[dict[str, Any]] | None:
    """[] = nothing is listed; None = what is there is no list of objects."""
    try:
        document = msgspec.json.decode(body) if body.strip() else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if path:
        found = _searched(path, document)
    elif isinstance(document, dict):
        found = next((document[word] for word in _LISTS if _is_list(document.get(word))), None)
    else:
        found = document if _is_list(document) else None
    if found is None:
        return []
    return found if _is_list(found) or found == [] else None


def _searched(path: str, document: Any) -> Any:
    """What is no list where the path does not fit the answer."""
    try:
        return jmespath.search(path, document)
    except (jmespath.exceptions.JMESPathError, RecursionError):
        return False


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _names_of(batch: Sequence[Change]) -> dict[str, Change]:
    """A bare key names a posting only where no other of the batch has it."""
    times = Counter(change.key for change in batch)
    names = {change.key: change for change in batch if times[change.key] == 1}
    names.update({change.id: change for change in batch})
    names.update({change.idempotency_key: change for change in batch})
    return names


def _name_in(item: dict[str, Any], names: dict[str, Change]) -> Change | None:
    return next((names[str(item[word])] for word in _NAMES if str(item.get(word, "")) in names), None)


def _fate_of(state: Any, *, has_reason: bool) -> Fate:
    if isinstance(state, bool):
        return Fate.ACCEPTED if state else Fate.REFUSED
    text = str(state).strip().lower() if state is not None else ""
    if text.isdecimal() and 100 <= int(text) < 600:
        return fate_of_status(int(text))
    if text in _DONE:
        return Fate.ACCEPTED
    if text in _LATER:
        return Fate.AGAIN
    return Fate.REFUSED if text in _NO or has_reason else Fate.ACCEPTED


def _said(state: Any, reason: Any) -> str:
    parts = [] if isinstance(state, bool) or state is None else [_text(state)]
    if reason is not None:
        parts.append(_text(reason))
    return one_line(redact(": ".join(parts)), _MOST_SAID)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
