"""Dates: the order of day and month where the numbers leave it open, and the zone of times that name none."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from jobpipe.drafting.columns import Column
from jobpipe.drafting.rules.reading import rule_of
from jobpipe.drafting.shapes import date_of

_OPEN = re.compile(r"(?<!\d)\d{1,2}\s?([-/.])\s?\d{1,2}\s?\1\s?\d{2,4}(?!\d)")
_TIME_WITHOUT_ZONE = re.compile(r".*\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?\s*")
# A dot between is never American.
_DAY_FIRST = re.compile(r"\d{1,2}\.\d{1,2}\.\d{2,4}")


class Order(NamedTuple):
    # DMY or MDY; "" = the dates need none.
    order: str
    # From 0 to 1.
    confidence: float
    reason: str


def order_of(columns: list[Column], country: str, language: str) -> Order:
    """Of the dates of a source, together: one that is plain decides for those that are not."""
    texts = [text for column in columns for text in column.texts[:400] if _OPEN.search(text)]
    if not texts:
        return Order("", 1.0, "")
    day_first = sum(1 for text in texts if date_of(text, "DMY") and not date_of(text, "MDY"))
    month_first = sum(1 for text in texts if date_of(text, "MDY") and not date_of(text, "DMY"))
    if day_first and not month_first:
        return Order("DMY", 0.99, f"{_plain(texts, 'DMY')} can only be day, month, year")
    if month_first and not day_first:
        return Order("MDY", 0.99, f"{_plain(texts, 'MDY')} can only be month, day, year")
    if day_first and month_first:
        return Order("", 0.3, "some dates can only be day first, others only month first")
    if all(_DAY_FIRST.search(text) for text in texts):
        return Order("DMY", 0.95, "dates with points have the day first")
    if country == "US":
        return Order("MDY", 0.85, "the month first, as in the United States; no date shows it")
    if country or language not in ("", "en"):
        return Order("DMY", 0.9, f"the day first, as in {country or language}; no date shows it")
    return Order("", 0.5, "day or month first: no date shows it")


def _plain(texts: list[str], order: str) -> str:
    other = "MDY" if order == "DMY" else "DMY"
    return next(text for text in texts if date_of(text, order) and not date_of(text, other))


def date_rule(column: Column, order: Order, zone: str) -> Any:
    words: dict[str, Any] = {}
    if order.order and has_open_dates(column):
        words["order"] = order.order
    if zone and has_open_times(column):
        words["zone"] = zone
    if words.keys() == {"order"}:
        return rule_of(column, {"date": words["order"]})
    return rule_of(column, {"date": words} if words else "date")


def has_open_dates(column: Column) -> bool:
    """Some of its dates are in numbers, whose order is the source's own."""
    return column.share(_OPEN.search) > 0


def has_open_times(column: Column) -> bool:
    texts = column.texts[:200]
    return bool(texts) and sum(1 for text in texts if _TIME_WITHOUT_ZONE.fullmatch(text)) > 0.5 * len(texts)
