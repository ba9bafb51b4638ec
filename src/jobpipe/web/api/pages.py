"""Pages of long lists: a cursor says where the next one begins, and nobody needs to know what is in it."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Annotated, Any

from django.db.models import QuerySet
from ninja import Query

from jobpipe.web.api.answers import CursorError

Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
Cursor = Annotated[str, Query(max_length=500, description="`next` of the page before; empty = from the beginning.")]
LIMIT = 50


def cursor_of(*parts: str | int) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def parts_of(cursor: str, *kinds: type) -> list[Any]:
    """What `cursor_of` was given. Raises CursorError where it is none of these kinds."""
    try:
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        parts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise CursorError from error
    if not isinstance(parts, list) or [type(part) for part in parts] != list(kinds):
        raise CursorError
    if any(isinstance(part, int) and not 0 <= part < 2**63 for part in parts):
        raise CursorError
    return parts


def newest_first(found: QuerySet[Any], cursor: str, limit: int) -> tuple[list[Any], str | None]:
    """Rows by falling number, and the cursor of the next page; None = this is the last one."""
    if cursor:
        (before,) = parts_of(cursor, int)
        found = found.filter(pk__lt=before)
    rows = list(found.order_by("-pk")[: limit + 1])
    return rows[:limit], cursor_of(rows[limit - 1].pk) if len(rows) > limit else None
