"""Counting the labels of rows: what every store does with the groups that it finds."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from jobpipe.documents.store import LabelUse, Role, Status

SAMPLES = 3


class Group(NamedTuple):
    """Rows that have the same labels, role and status."""

    labels: str
    role: int
    status: int
    rows: int
    first_run: int
    first_day: str
    # Row numbers.
    samples: Collection[int]


def count_labels(groups: Iterable[Group]) -> list[LabelUse]:
    found: dict[str, LabelUse] = {}
    others: dict[str, list[int]] = {}
    for group in groups:
        is_live = group.role == Role.POSTING and group.status == Status.LIVE
        for label in group.labels.split("\n"):
            use = found.get(label)
            if use is None:
                use = found[label] = LabelUse(label=label, first_run=group.first_run, first_day=group.first_day)
                others[label] = []
            use.rows += group.rows
            use.live += group.rows * is_live
            use.rejected += group.rows * (group.role == Role.REJECTED)
            use.first_run = min(use.first_run, group.first_run)
            use.first_day = min(use.first_day, group.first_day)
            if is_live:
                use.samples = _few(*use.samples, *group.samples)
            elif len(others[label]) < SAMPLES:
                others[label] += group.samples
    for label, use in found.items():
        use.samples = (*use.samples, *(row for row in _few(*others[label]) if row not in use.samples))[:SAMPLES]
    return [found[label] for label in sorted(found)]


def _few(*rows: int) -> tuple[int, ...]:
    return tuple(sorted(set(rows))[:SAMPLES])


def has_any(labels: str, wanted: frozenset[str]) -> bool:
    return not wanted.isdisjoint(labels.split("\n"))
