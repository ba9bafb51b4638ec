"""What is said of a run when it is over, read from the ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from jobpipe.ledger.models import Run, RunState

OUTCOMES = ("new", "updated", "unchanged", "duplicate", "filtered", "rejected", "closed")


@dataclass(frozen=True, kw_only=True, slots=True)
class RunReport:
    name: str
    run: int
    kind: str
    state: str
    account: dict[str, int]
    expired: int
    reappeared: int
    live: int
    missing: int
    complete: bool | None
    why: str
    unchanged: bool
    seconds: float
    peak_rss_mb: float
    error: str = ""
    notices: list[dict[str, str]] = field(default_factory=list)
    # That it opened or brought back: see `jobpipe.runs.recording_failures.spoken_by`. Only of a run that just ended.
    incidents: list[dict[str, Any]] = field(default_factory=list)
    started_at: str = ""
    finished_at: str = ""
    # It was not made because a person wanted it so.
    is_meant: bool = False

    @property
    def is_all_rejected(self) -> bool:
        """It read something, and nothing of it could become a posting."""
        return 0 < self.account["read"] == self.account["rejected"]

    def as_dict(self) -> dict[str, Any]:
        """The document of `run --json`."""
        return {
            "import": self.name,
            "run": self.run,
            "kind": self.kind,
            "state": self.state,
            "account": self.account,
            "expired": self.expired,
            "reappeared": self.reappeared,
            "live": self.live,
            "missing": self.missing,
            "evidence": {"complete": self.complete, "why": self.why, "unchanged": self.unchanged},
            "seconds": round(self.seconds, 3),
            "peak_rss_mb": round(self.peak_rss_mb, 1),
            "error": self.error,
            "notices": self.notices,
            "incidents": self.incidents,
            "started_at": self.started_at,
            "finished_at": self.finished_at,
        }


def report_of(run: Run) -> RunReport:
    account = {"read": 0, **dict.fromkeys(OUTCOMES, 0), **run.account}
    return RunReport(
        name=run.import_row.name,
        run=run.pk,
        kind=run.kind,
        state=run.state,
        account=account,
        expired=run.expired,
        reappeared=run.reappeared,
        live=run.live,
        missing=run.missing,
        complete=run.complete,
        why=run.why,
        unchanged=run.unchanged,
        seconds=run.seconds,
        peak_rss_mb=run.peak_rss_mb,
        error=run.error,
        notices=list(run.notices),
        started_at=run.started_at.isoformat() if run.started_at else "",
        finished_at=run.finished_at.isoformat() if run.finished_at else "",
    )


def skipped(name: str, why: str, *, is_meant: bool = False) -> RunReport:
    """A run that was not made, because another process is making one, or (`is_meant`) a person paused its import."""
    return RunReport(
        name=name,
        run=0,
        kind="import",
        state=RunState.SKIPPED,
        account={"read": 0, **dict.fromkeys(OUTCOMES, 0)},
        expired=0,
        reappeared=0,
        live=0,
        missing=0,
        complete=None,
        why=why,
        unchanged=False,
        seconds=0.0,
        peak_rss_mb=0.0,
        error=why,
        is_meant=is_meant,
    )
