"""Turning pages: what is asked for next, and when a list has come to its end.

Nothing here asks by itself, so that REST, GraphQL and SOAP turn their pages alike.  An end is natural only where the
service shows it; a list that goes round in circles, or on for ever, is incomplete, and then nothing expires.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx2

from jobpipe.definition.services import Paging
from jobpipe.safety.secrets import redact
from jobpipe.sources.api.page import Page
from jobpipe.sources.api.placeholders import Position
from jobpipe.sources.transports.exchange import RefusedError

Ask = Callable[[Position], Awaitable[Page]]

# Statuses by which services say that there is no such page.
_NO_SUCH_PAGE = frozenset({400, 404, 410, 416})
_FALSE = frozenset({"", "0", "false", "no", "n", "null", "none"})
_LINK = re.compile(r"<([^>]*)>([^<]*)")
_NEXT = re.compile(r";\s*rel\s*=\s*(?:\"[^\"]*\bnext\b[^\"]*\"|next\b)", re.IGNORECASE)
# Pages in a row without a record, each with another cursor, after which nothing more is expected.
_MOST_EMPTY = 20


class Turning:
    """The pages of one list. How it ended is known when they are exhausted."""

    def __init__(self, paging: Paging | None, *, stated_format: str | None, total_is_named: bool) -> None:
        self._paging = paging
        self._format = stated_format
        self._total_is_named = total_is_named
        # Why the end is none; "" = it is natural.
        self.why = ""
        # Records in the pages given.
        self.given = 0
        self._totals: list[int | None] = []
        self._counts: list[int] = []
        self._digests: dict[bytes, int] = {}
        self._asked: set[Any] = set()
        self._first_root = ""
        # The page that is asked for is one that should not be there: its refusal is the end.
        self._is_beyond = False
        # As many were given as the service states.
        self._is_reached = False

    async def pages(self, ask: Ask) -> AsyncIterator[Page]:
        """Raises SourceError where a page cannot be had, after those before it were given."""
        position: Position | None = self._first()
        while position is not None:
            try:
                page = await ask(position)
            except RefusedError as error:
                if self._is_beyond and error.status in _NO_SUCH_PAGE:
                    return
                raise
            if not self._takes(page):
                return
            # Those after the first that hold nothing say only that nothing is there.
            if page.records or len(self._counts) == 1:
                yield page
            position = self._after(page, position)

    @property
    def total(self) -> int | None:
        """The service's own number of its records."""
        is_of_each_page = len(self._counts) > 1 and self._totals == self._counts
        if is_of_each_page and not self._total_is_named:
            return None
        # A page beyond the last one may say 0.
        pages = list(zip(self._totals, self._counts, strict=True))
        stated = [total for total, count in pages if total is not None and (count or not self.given)]
        # Workday counts on the first page alone, and says 0 on the others.
        return next((total for total in reversed(stated) if total), stated[-1] if stated else None)

    # One page ---------------------------------------------------------------------------------------

    def _takes(self, page: Page) -> bool:
        """Whether the page is one more of the list's. Raises SourceError where it is none of its pages at all."""
        number = len(self._counts) + 1
        count = len(page.records)
        if not count and (why := self._why_not_empty(page)):
            if self._is_reached:
                return False
            raise page.trouble(why, hint=f"it says {page.shown()}" if page.body.strip() else "")
        if count:
            same = self._digests.setdefault(page.digest(), number)
            if same != number:
                if not self._is_beyond:
                    self.why = f"{page.asked}: page {number} has the records of page {same} again: the list goes round"
                return False
        if number == 1:
            self._first_root = page.root_name()
        self._counts.append(count)
        self._totals.append(page.ending.stated_total)
        self.given += count
        return True

    def _why_not_empty(self, page: Page) -> str:
        """Why a page without a record is no empty page of the list; "" = it is one."""
        if not page.ending.complete:
            return page.ending.why
        if self._first_root and page.body.strip() and page.root_name() != self._first_root:
            return f"is no page of the list: its root is {page.root_name()}, that of the first page {self._first_root}"
        return ""

    # The next one -----------------------------------------------------------------------------------

    def _first(self) -> Position:
        paging = self._paging
        if paging is None:
            return Position()
        is_offset = paging.by == "offset"
        return Position(page=1 if is_offset else paging.start, offset=paging.start if is_offset else 0)

    def _after(self, page: Page, position: Position) -> Position | None:
        paging = self._paging
        if not page.ending.complete:
            raise page.trouble(page.ending.why or "is not whole")
        if paging is None:
            return None
        following = self._following(paging, page, position)
        if following is None:
            return None
        if len(self._counts) >= paging.most:
            if not self._is_beyond:
                self.why = f"{page.asked}: {paging.most:,} pages and no end; page.most says how many there may be"
            return None
        if len(self._counts) >= _MOST_EMPTY and not any(self._counts[-_MOST_EMPTY:]):
            self.why = f"{page.asked}: {_MOST_EMPTY} pages in a row without a record, and still no end"
            return None
        return following

    def _following(self, paging: Paging, page: Page, position: Position) -> Position | None:
        moved = dataclasses.replace(
            position,
            page=position.page + 1,
            # Never past a record that was not given.
            offset=position.offset + (len(page.records) or paging.size or 0),
        )
        if paging.by in ("number", "offset"):
            return moved if self._goes_on(paging, page, position) else None
        if paging.more is not None and not _is_true(page.first(paging.more, self._format)):
            return None
        if paging.by == "cursor":
            assert paging.cursor is not None
            cursor = page.first(paging.cursor, self._format)
            if cursor in (None, "", False):
                return None
            return self._once(page, ("cursor", str(cursor)), f"the cursor {cursor!r}", moved, cursor=cursor)
        url = self._next_url(paging, page)
        if not url:
            return None
        return self._once(page, ("url", url), redact(url), moved, url=url)

    def _once(self, page: Page, mark: Any, shown: str, moved: Position, **changed: Any) -> Position | None:
        """The next position, unless it was there before: then the list is over, or goes round."""
        if mark in self._asked:
            if page.records:
                self.why = f"{page.asked}: leads to {redact(shown)} again: the list goes round"
            return None
        self._asked.add(mark)
        return dataclasses.replace(moved, **changed)

    def _next_url(self, paging: Paging, page: Page) -> str:
        if paging.by == "link":
            found = next_link(page.headers.get("link", ""))
        else:
            assert paging.next is not None
            value = page.first(paging.next, self._format)
            found = value.strip() if isinstance(value, str) else ""
        if not found:
            return ""
        try:
            return str(httpx2.URL(page.url).join(found).copy_with(fragment=None))
        except (httpx2.InvalidURL, ValueError) as error:
            raise page.trouble(f"the next page is at no URL: {redact(found)!r}") from error

    def _goes_on(self, paging: Paging, page: Page, position: Position) -> bool:
        """By number or by offset: whether there may be another page."""
        count = len(page.records)
        self._is_beyond = self._is_reached = False
        if paging.pages is not None:
            pages = _number(page.first(paging.pages, self._format))
            if pages is None and not count:
                return False
            if pages is None:
                raise page.trouble(f"has no number of pages at {paging.pages}", hint="check page.pages")
            return len(self._counts) < pages
        if paging.more is not None:
            return _is_true(page.first(paging.more, self._format))
        if not count:
            return False
        is_believed = self._total_is_named or self._totals != self._counts
        is_reached = self._is_reached = bool(self.total) and self.given >= (self.total or 0) and is_believed
        # What cannot be read may have been several.
        is_sound = not any(record.flaw for record in page.records)
        is_short = paging.size is not None and count < paging.size and is_sound
        if is_short and (is_reached or self._is_shorter_than_before(count)):
            return False
        # Full pages are never taken for the last one, whatever the total says: one more question shows it.  Nor is a
        # first page that is short: the service may give fewer a page than it was asked for.
        self._is_beyond = is_reached or is_short
        return True

    def _is_shorter_than_before(self, count: int) -> bool:
        return len(self._counts) > 1 and count < max(self._counts)


def next_link(header: str) -> str:
    """The URL with rel=next of a Link header (RFC 8288); "" = there is none."""
    for found in _LINK.finditer(header):
        if _NEXT.search(found[2]):
            return found[1].strip()
    return ""


def _is_true(value: Any) -> bool:
    return value.strip().lower() not in _FALSE if isinstance(value, str) else bool(value)


def _number(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    try:
        return int(value)
    except (TypeError, ValueError):
        return None
