"""How many postings of an import have each field, run after run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jobpipe.incidents.expectations.figures import Figures, unpack_figures
from jobpipe.ledger.models import Run
from jobpipe.web.charts import sparkline


@dataclass(frozen=True, slots=True)
class Coverage:
    field: str
    # 0 to 1: now, and in the first of the runs shown.
    share: float
    before: float
    line: Any

    @property
    def has_moved(self) -> bool:
        """By more than a twentieth."""
        return abs(self.share - self.before) > 0.05


def coverage_of(runs: Sequence[Run]) -> list[Coverage]:
    """`runs`: the oldest first, with their figures, where a run has some."""
    figures = [unpack_figures(bytes(run.figures.packed)) for run in runs if hasattr(run, "figures")]
    fields = sorted({field for one in figures for field, number in one.present.items() if number})
    return [_coverage(field, figures) for field in fields]


def _coverage(field: str, figures: list[Figures]) -> Coverage:
    shares = [one.share(field) for one in figures]
    line = sparkline(shares, label=f"{field} in the last {len(shares)} runs: {shares[-1]:.0%} now", within=(0, 1))
    return Coverage(field, shares[-1], shares[0], line)
