"""What destinations would refuse, worked out once for what is stored and what their files say."""

from __future__ import annotations

from typing import Any

from jobpipe.definition.file_stamp import stamp_of
from jobpipe.ledger.models import Erasure
from jobpipe.runs.deliveries.preflighting import PreflightSummary, preflight_summary
from jobpipe.runs.history import runs_mark
from jobpipe.web.kept import Kept
from jobpipe.web.project import workspace

# Postings that are looked at while somebody waits for the page, and shown of each rule.
LOOKED_AT = 2_000
_SAMPLES = 5


# By destination.
_kept: Kept[PreflightSummary] = Kept()


def preflight_of(destination: str) -> PreflightSummary:
    """Of the first postings; what a run has changed that is still under way may be missing."""
    return _kept.of(
        destination,
        _mark(destination),
        lambda: preflight_summary(workspace(), destination, most=LOOKED_AT, samples=_SAMPLES),
    )


def _mark(destination: str) -> Any:
    """Of all that decides it. Where a person's data was erased, samples of it go too."""
    project = workspace().project
    file = stamp_of(project.root / "destinations" / f"{destination}.yaml")
    erased = Erasure.objects.order_by("-pk").values_list("pk", flat=True).first()
    return file, tuple(workspace().feeding.named().get(destination, ())), runs_mark(), erased
