"""Pages of long lists, by the last row that was seen: as fast for the last page as for the first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.http import urlencode

SIZE = 25


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Any]
    # Addresses; "" = there is none.
    newer: str
    older: str


def newest_first(request: HttpRequest, found: QuerySet[Any], *, size: int = SIZE) -> Page:
    """By falling number (`pk`); `?before=` and `?after=` of the address say where to go on."""
    before, after = _number(request, "before"), _number(request, "after")
    if after is not None:
        rows: list[Model] = list(reversed(list(found.filter(pk__gt=after).order_by("pk")[: size + 1])))
        has_newer, has_older = len(rows) > size, True
        rows = rows[-size:]
    else:
        chosen = found if before is None else found.filter(pk__lt=before)
        rows = list(chosen.order_by("-pk")[: size + 1])
        has_newer, has_older = before is not None, len(rows) > size
        rows = rows[:size]
    newer = address(request, after=rows[0].pk, before=None) if rows and has_newer else ""
    older = address(request, before=rows[-1].pk, after=None) if rows and has_older else ""
    return Page(rows, newer, older)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a list whose length is known."""

    first: int
    size: int
    # Of the list.
    number: int
    # Addresses; "" = there is none.
    before: str
    after: str

    @property
    def last(self) -> int:
        """Counted from one, as people do."""
        return min(self.first + self.size, self.number)


def stretch(request: HttpRequest, number: int, size: int) -> Stretch:
    """`?from=` of the address: how many rows come before it."""
    first = min(_number(request, "from") or 0, max(number - 1, 0))
    before = address(request, **{"from": max(first - size, 0) or None}) if first else ""
    after = address(request, **{"from": first + size}) if first + size < number else ""
    return Stretch(first, size, number, before, after)


def where_given(found: QuerySet[Any], **exact: str) -> QuerySet[Any]:
    """Those whose fields are as said; "" = that does not matter."""
    return found.filter(**{name: value for name, value in exact.items() if value})


def number_in(text: str) -> int | None:
    """As a form or an address has it; None = it is none, or larger than any of the ledger."""
    return int(text) if text.isdecimal() and len(text) < 19 else None


def _number(request: HttpRequest, name: str) -> int | None:
    return number_in(request.GET.get(name, ""))


def address(request: HttpRequest, **changed: Any) -> str:
    """This page with other words in its query; None takes one away."""
    query = {name: str(value) for name, value in request.GET.items() if value}
    for name, value in changed.items():
        query.pop(name, None)
        if value is not None:
            query[name] = str(value)
    return f"{request.path}?{urlencode(query)}" if query else request.path
