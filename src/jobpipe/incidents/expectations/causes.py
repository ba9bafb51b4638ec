"""Breaks that have one cause are one incident: what is told of a run, each with its kind and its measures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from jobpipe.incidents.expectations.breaks import Break

GONE, ALIKE, DAMAGED, SHIFTED, FEWER = "fields-gone", "texts-alike", "texts-damaged", "values-shifted", "count-fell"
KINDS = (GONE, ALIKE, DAMAGED, SHIFTED, FEWER)


@dataclass(frozen=True, slots=True)
class Cause:
    kind: str
    # The gravest first.
    breaks: Sequence[Break]


def kind_of(measure: str) -> str:
    sort, _, name = measure.partition(":")
    if sort in ("field", "drift", "unmapped"):
        return GONE
    if sort == "same":
        return ALIKE
    if sort == "count":
        return FEWER
    if sort == "flaw" or name in ("text language", "title", "description") or sort == "length":
        return DAMAGED
    return SHIFTED


def causes_of(breaks: Iterable[Break]) -> list[Cause]:
    """At most one of each kind: what breaks in one run in one way has one cause more often than several."""
    grouped: dict[str, list[Break]] = {}
    for one in breaks:
        grouped.setdefault(kind_of(one.measure), []).append(one)
    return [
        Cause(kind, sorted(grouped[kind], key=lambda one: (-one.postings, one.measure)))
        for kind in KINDS
        if kind in grouped
    ]
