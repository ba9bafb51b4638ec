"""What destinations would refuse, worked out once for what is stored and what their files say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jobpipe.definition.file_stamp import stamp_of
from jobpipe.ledger.models import Erasure
from jobpipe.runs.deliveries.preflighting import PreflightSummary, preflight_summary
from jobpipe.runs.history import runs_mark
from jobpipe.runs.workspace import Workspace
from jobpipe.web.project import workspace

# Postings that are looked at while somebody waits for the page, and shown of each rule.
LOOKED_AT = 2_000
_SAMPLES = 5


@dataclass(frozen=True, slots=True)
class _Kept:
    of: Workspace
    mark: Any
    summary: PreflightSummary


# By destination.
_kept: dict[str, _Kept] = {}


def preflight_of(destination: str) -> PreflightSummary:
    """Of the first postings; what a run has changed that is still under way may be missing."""
    there, mark = workspace(), _mark(destination)
    known = _kept.get(destination)
    if known is None or known.of is not there or known.mark != mark:
        summary = preflight_summary(there, destination, most=LOOKED_AT, samples=_SAMPLES)
        known = _kept[destination] = _Kept(there, mark, summary)
    return known.summary


def _mark(destination: str) -> Any:
    """Of all that decides it. Where a person's data was erased, samples of it go too."""
    project = workspace().project
    file = stamp_of(project.root / "destinations" / f"{destination}.yaml")
    erased = Erasure.objects.order_by("-pk").values_list("pk", flat=True).first()
    return file, tuple(workspace().feeding.named().get(destination, ())), runs_mark(), erased
