"""What identifies the postings of a draft, where neither a reference nor their page does."""

from __future__ import annotations

from collections.abc import Sequence

from jobpipe.drafting.columns import Column
from jobpipe.drafting.draft import Choice

_OF_EACH = 0.98


def key_fields(choices: Sequence[Choice], columns: Sequence[Column]) -> list[str]:
    """For `key` of the definition; [] = what is usual does.

    Postings that share one page to apply at would else be taken for one posting.
    """
    taken = {one.field: _rows(one, columns) for one in choices if one.is_enough}
    pages, titles = taken.get("url", []), taken.get("title", [])
    if "reference" in taken or not pages or not titles or _different(pages) >= _OF_EACH * len(pages):
        return []
    fields, rows = ["title"], titles
    if places := taken.get("locations"):
        # Also where the titles differ today: tomorrow there is a second baker, elsewhere.
        fields, rows = ["title", "locations.text"], _beside(titles, places)
    if _different(together := _beside(rows, pages)) > _different(rows):
        fields, rows = [*fields, "url"], together
    return fields if _different(rows) > _different(pages) else []


def _rows(choice: Choice, columns: Sequence[Column]) -> list[tuple[str, ...]]:
    """For each record the first texts of what the choice reads."""
    read = [column.firsts for path in choice.paths for column in columns if column.path == path and not column.steps]
    return list(zip(*read, strict=True)) if read else []


def _beside(left: Sequence[tuple[str, ...]], right: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    return [(*one, *other) for one, other in zip(left, right, strict=True)]


def _different(rows: Sequence[tuple[str, ...]]) -> int:
    return len(set(rows))
