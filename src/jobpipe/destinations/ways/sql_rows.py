"""One row a posting: what stands in it, whichever database holds it.

A posting that is gone keeps its row, marked `removed`, so that an older change that comes late finds a newer number.
"""

from __future__ import annotations

from typing import Any

import msgspec

from jobpipe.destinations.ways.way import Change

# In the order of `row_of`; `updated_at` is the database's own.
COLUMNS = ("id", "import", "client", "key", "number", "revision", "removed", "title", "url", "posting")


def row_of(change: Change) -> tuple[Any, ...]:
    """Raises msgspec.DecodeError where the body is no JSON."""
    is_removed = change.action == "remove"
    posting = {} if is_removed else msgspec.json.decode(change.body)
    told = [posting.get(word) if isinstance(posting, dict) else None for word in ("title", "url")]
    return (
        *(change.id, change.import_name, change.client, change.key, change.number, change.revision, is_removed),
        *(one if isinstance(one, str) else None for one in told),
        None if is_removed else change.body.decode(),
    )


def upsert(table: str, *, mark: str, now: str) -> str:
    """The statement; `table` is quoted already, `mark` a parameter's place, `now` what the database calls this moment.

    An older number changes nothing, and neither does the same one again.
    """
    names = ", ".join(f'"{column}"' for column in COLUMNS)
    values = ", ".join(mark for _ in COLUMNS)
    changed = ", ".join(f'"{column}" = excluded."{column}"' for column in (*COLUMNS[1:], "updated_at"))
    return (
        f"INSERT INTO {table} AS there ({names}, updated_at) VALUES ({values}, {now}) "
        f'ON CONFLICT ("id") DO UPDATE SET {changed} WHERE excluded."number" > there."number"'
    )


def creation(table: str, *, json: str, moment: str) -> str:
    """The statement; `json` and `moment` are the database's types for the posting and for `updated_at`."""
    return (
        f'CREATE TABLE IF NOT EXISTS {table} ("id" text PRIMARY KEY, "import" text NOT NULL, "client" text NOT NULL, '
        '"key" text NOT NULL, "number" bigint NOT NULL, "revision" bigint NOT NULL, "removed" boolean NOT NULL, '
        f'"updated_at" {moment} NOT NULL, "title" text, "url" text, "posting" {json})'
    )


def quoted(table: str) -> str:
    """`name` or `schema.name` as SQL has it, whatever letters there are."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in table.split("."))
