"""Where a run is, as the ledger knows it: asked for again and again while it goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Max

from jobpipe.ledger.models import Dispatch, PartRead, Run, RunState
from jobpipe.runs.requesting import UNFINISHED


@dataclass(frozen=True, slots=True)
class Stage:
    name: str
    # done running waiting
    state: str
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RunProgress:
    stages: list[Stage]
    # Records that are applied.
    applied: int
    # As many as the last run read; 0 = not known.
    expected: int
    # Seconds since it began.
    seconds: float

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.applied / self.seconds if self.seconds > 0 else 0.0

    @property
    def left(self) -> float | None:
        """Seconds; None = that cannot be said."""
        if not self.rate or self.expected <= self.applied:
            return None
        return (self.expected - self.applied) / self.rate


def progress_of(run: Run, parts: list[PartRead], last_good: Run | None) -> RunProgress | None:
    """None = it is over. Two statements."""
    if run.state not in UNFINISHED:
        return None
    # Records are counted from 1.
    applied = run.batches.aggregate(last=Max("last_ordinal"))["last"] or 0
    said: dict[str, Any] = Dispatch.objects.filter(run=run).values_list("progress", flat=True).first() or {}
    return RunProgress(
        stages=list(_stages(run, parts, applied, said)),
        applied=applied,
        expected=last_good.account.get("read", 0) if last_good is not None else 0,
        seconds=(datetime.now(UTC) - run.started_at).total_seconds() if run.state == RunState.RUNNING else 0.0,
    )


def _stages(run: Run, parts: list[PartRead], applied: int, said: dict[str, Any]) -> list[Stage]:
    if run.state == RunState.QUEUED:
        waits = Stage("wait", "running", "until a process has room for it")
        return [waits, *(Stage(name, "waiting", "") for name in ("read", "apply", "finish"))]
    read = [part for part in parts if part.digest or part.complete or part.unchanged]
    is_read = bool(parts) and len(read) == len(parts)
    words = f"{len(read)} of {len(parts)} parts" if parts else "the source is asked"
    if number := said.get("records"):
        words += f", {number:,} records"
    return [
        Stage("wait", "done", ""),
        Stage("read", "done" if is_read else "running", words),
        Stage("apply", "running" if applied else "waiting", f"{applied:,} records"),
        Stage("finish", "running" if run.is_ending else "waiting", ""),
    ]
