"""The protocol of the index in which people search postings: by words and by a few facts, the newest first.

It holds nothing that is not in the documents: where it is lost it is made again.  One contract test holds every store
to it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

import msgspec

# What is counted and chosen by, beside the import.
FACTS = ("state", "country", "contract", "category")
# Of what is shown, characters.
MAX_SHOWN = 300
# Of a description, characters that are searched.
MAX_SEARCHED = 8_000
# Postings that are counted: beyond that it is "more than".
MOST_COUNTED = 10_000


class Entry(msgspec.Struct, kw_only=True, frozen=True, gc=False):
    """One posting as it is found."""

    import_id: int
    row: int
    key: str
    # live expired excluded
    state: str
    reason: str = ""
    # ISO date on which it was first seen; "" = not known.
    first_day: str = ""
    title: str = ""
    company: str = ""
    # All places, in words.
    place: str = ""
    countries: tuple[str, ...] = ()
    contract: str = ""
    categories: tuple[str, ...] = ()
    # To be searched; what is found comes without it.
    description: str = ""


class Wanted(msgspec.Struct, kw_only=True, frozen=True):
    """Which postings; empty = whatever they are."""

    # Words that it has, all of them, without regard to case and accents; `cook*` = words that begin so, `title:cook` =
    # in the title; also `company:` and `place:`.
    text: str = ""
    # Ids of the ledger; None = all.
    imports: frozenset[int] | None = None
    state: str = ""
    country: str = ""
    contract: str = ""
    category: str = ""


class Position(msgspec.Struct, kw_only=True, frozen=True):
    """How far the index has followed the feed of changes; see `jobpipe.runs.deliveries.following`."""

    # `BY_WORDS` of `jobpipe.documents.search.words` when it was made; 1 = it does not say.
    by_words: int = 1
    sequence: int = 0
    offset: int = 0
    # While all postings are taken in: the import and its row that were the last ones.
    sweep: tuple[int, int] | None = None


class Survey(msgspec.Struct, kw_only=True, frozen=True):
    """What is found, counted: of more than `MOST_COUNTED` the newest ones."""

    count: int = 0
    is_more: bool = False
    imports: dict[int, int] = {}
    # Fact -> value -> how many.
    facts: dict[str, dict[str, int]] = {}


class SearchIndex(Protocol):
    """Every method may raise DocumentsUnavailableError."""

    def position(self) -> Position | None:
        """None = nothing was ever taken in."""
        ...

    def apply(
        self,
        entries: Sequence[Entry],
        gone: Collection[tuple[int, int]],
        *,
        before: Position | None,
        after: Position,
    ) -> bool:
        """Take in entries, in the place of what is there of the same (import, row), and drop what is gone.

        False, and nothing is done: the index is not at `before`, somebody else goes on with it.  What was broken off is
        done again from `before`.
        """
        ...

    def drop(self, import_id: int, rows: Collection[int]) -> None: ...

    def clear(self) -> None:
        """As if it had just been made; nothing of what it held is left."""
        ...

    def search(self, wanted: Wanted, *, before: int | None = None, limit: int = 50) -> list[Entry]:
        """The newest first, by `number_of`; only those below `before`."""
        ...

    def survey(self, wanted: Wanted) -> Survey: ...

    def close(self) -> None:
        """To be called when no thread uses it any more."""
        ...
