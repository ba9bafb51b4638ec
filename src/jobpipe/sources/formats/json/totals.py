"""The total that a JSON document states of its own listing."""

from __future__ import annotations

from typing import Any

# In the order in which they are believed, written without regard to case and `_`.
_TOTALS = (
    "total", "totalcount", "totalresults", "totalhits", "totalitems", "totalelements", "totalrecords", "totaljobs",
    "totaloffers", "numfound", "nbhits", "totalmatches", "totalfound", "totalnumber", "resultcount", "recordcount",
    "jobcount", "expectedjobcount", "count",
)  # fmt: skip
_RANKS = {name: rank for rank, name in enumerate(_TOTALS)}
# Objects beside the records that speak of the listing as a whole.
_ABOUT = frozenset(
    ["meta", "metadata", "pagination", "paging", "pager", "page", "pageinfo", "hits", "response", "summary", "info"]
)


def speaks_of_listing(keys: tuple[str, ...]) -> bool:
    """Whether totals are looked for among the members of the object at these keys."""
    return len(keys) <= 2 and all(_plain(key) in _ABOUT for key in keys)


def rank_of(key: str) -> int:
    """How far a name is believed, 0 = most; -1 = it is no name of a total."""
    return _RANKS.get(_plain(key), -1)


def number_of(value: Any, *, is_named: bool = False) -> int | None:
    """The total; None = this is none. `is_named`: the definition says that it is, so that text will do."""
    if isinstance(value, dict):
        # Elasticsearch: a total that is only a lower bound says so.
        if value.get("relation", "eq") != "eq":
            return None
        return number_of(value.get("value"), is_named=is_named)
    if is_named and isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        return int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


class StatedTotal:
    """The best of those that were met: the definition's, else the name that is believed most, the outermost first."""

    def __init__(self) -> None:
        self._best: tuple[tuple[int, int], int] | None = None

    def put(self, value: Any, *, rank: int, depth: int) -> None:
        number = number_of(value, is_named=rank < 0)
        if number is not None and (self._best is None or (rank, depth) < self._best[0]):
            self._best = ((rank, depth), number)

    @property
    def value(self) -> int | None:
        return self._best[1] if self._best else None


def _plain(key: str) -> str:
    return key.lower().replace("_", "").replace("-", "").removeprefix("@")
