"""How a change is told, whichever way it goes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from jobpipe.destinations.ways.way import Change


def item_of(change: Change, *, with_posting: bool = True) -> dict[str, Any]:
    """`posting` is not there of a removal."""
    item: dict[str, Any] = {
        "id": change.id,
        "import": change.import_name,
        "client": change.client,
        "key": change.key,
        "action": change.action,
        "number": change.number,
        "revision": change.revision,
        "idempotency_key": change.idempotency_key,
    }
    if with_posting and change.action == "upsert":
        item["posting"] = msgspec.Raw(change.body)
    return item


def batch_of(
    destination: str, idempotency_key: str, batch: Sequence[Change], *, with_postings: bool = True
) -> dict[str, Any]:
    items = [item_of(change, with_posting=with_postings) for change in batch]
    return {"destination": destination, "batch": idempotency_key, "items": items}


def short_key(key: str) -> str:
    """An idempotency key as a header may hold it: printable, at most 255 letters of ASCII."""
    fits = key.isascii() and key.isprintable() and 0 < len(key) <= 255
    return key if fits else hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
