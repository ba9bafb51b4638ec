"""What selectors find, as the records that a run would read, and as the columns by which drafts are made."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from lxml.html import HtmlElement

from jobpipe.drafting.columns import Column
from jobpipe.drafting.pages.meanings import glossary_name
from jobpipe.drafting.pages.spots import Spot
from jobpipe.sources.formats.html.page import Page
from jobpipe.sources.formats.html.selecting import selector
from jobpipe.sources.record import Context, RawRecord

# What a page says only by the way: it counts where nothing else says it.
_WEAK = frozenset({"class", "icon", "head", "property", "value", "cell"})
_FIXED = {"title": "title", "description": "text", "url": "link", "apply_url": "apply"}
_LETTERS = str.maketrans({"ß": "ss", "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "æ": "ae", "œ": "oe"})


def named(found: Iterable[Spot]) -> dict[str, Spot]:
    """By the name of its field in a definition, each selector once."""
    spots: dict[str, Spot] = {}
    for spot in found:
        name = _name_of(spot)
        if all(spot.selector != other.selector for other in spots.values()):
            spots.setdefault(name if name not in spots else f"{name}_{len(spots)}", spot)
    return spots


def _name_of(spot: Spot) -> str:
    if spot.origin == "address":
        return "@url"
    if spot.name in _FIXED and spot.origin in ("title", "body", "link"):
        return _FIXED[spot.name]
    plain = unicodedata.normalize("NFKD", spot.name.translate(_LETTERS)).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_") or "field"


def record_of(page: Page, fields: dict[str, str], element: HtmlElement | None = None) -> RawRecord:
    values: dict[str, Any] = {"@url": page.url} if page.url else {}
    for name, chosen in fields.items():
        found = selector(chosen)(page, page.root if element is None else element) if name != "@url" else []
        if found:
            values[name] = found[0] if len(found) == 1 else found
    return RawRecord(msgspec.json.encode(values), 0, Context(kind="json"))


def columns_of(spots: dict[str, Spot], records: Sequence[RawRecord]) -> list[Column]:
    values = [msgspec.json.decode(record.raw) for record in records]
    columns = []
    for place, (name, spot) in enumerate(spots.items()):
        rows = [_listed(value.get(name)) for value in values]
        if any(rows) and spot.origin != "beside":
            origin = "line" if spot.origin in _WEAK else ""
            called = glossary_name(spot.name) if spot.name else "text"
            columns.append(Column(path=name, names=(called,), rows=rows, place=place, origin=origin))
    return columns


def _listed(value: Any) -> tuple[Any, ...]:
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list) else (value,)
