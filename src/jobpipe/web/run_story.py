"""What happened to a run, in its order: what it said itself, what it showed of incidents, and what people did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from jobpipe.ledger.models import AuditLine, IncidentChange, Run
from jobpipe.runs.requesting import UNFINISHED
from jobpipe.runs.run_log import LogLine, lines_of
from jobpipe.web.project import workspace

LEVELS = ("info", "warning", "error")
# Of each kind of what the ledger knows.
_MOST = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    at: datetime
    # One of LEVELS.
    level: str
    # read apply finish, incident, person; "" = a line of the log.
    stage: str
    message: str
    # Where more of it stands; "" = nowhere.
    address: str = ""
    # Seconds since the run began.
    since: float = 0.0

    def as_dict(self) -> dict[str, str]:
        """For scripts."""
        return {"at": self.at.isoformat(), "level": self.level, "stage": self.stage, "message": self.message}


def story_of(run: Run) -> list[Event]:
    """Two statements, and a file."""
    said = lines_of(workspace().project.state_dir, run.pk)
    found = [*map(_said, said), *_incidents(run), *_people(run), *([] if said else _ends(run)), *_notices(run)]
    return sorted(found, key=lambda event: event.at)


def _said(line: LogLine) -> Event:
    level = line.level if line.level in LEVELS else "error" if line.level == "critical" else "info"
    return Event(at=datetime.fromisoformat(line.at), level=level, stage=line.stage, message=line.message)


def _incidents(run: Run) -> Iterator[Event]:
    for change in IncidentChange.objects.filter(run=run).select_related("incident").order_by("id")[:_MOST]:
        one = change.incident
        words = f"{change.action}: {one.field + ': ' if one.field else ''}{one.message}"
        level = "warning" if change.action in ("opened", "reopened") else "info"
        yield Event(at=change.at, level=level, stage="incident", message=words, address=f"/incidents/{one.pk}/")


def _people(run: Run) -> Iterator[Event]:
    for line in AuditLine.objects.filter(about=f"run {run.pk}").order_by("id")[:_MOST]:
        words = f"{line.account}: {line.action}"
        reason = line.details.get("reason")
        yield Event(at=line.at, level="info", stage="person", message=f"{words}: {reason}" if reason else words)


def _ends(run: Run) -> Iterator[Event]:
    """Where nothing is kept of what it said."""
    yield Event(at=run.started_at, level="info", stage="", message="begins")
    if run.finished_at is not None and run.state not in UNFINISHED:
        failed = bool(run.error)
        words = f"{run.state}: {run.error}" if failed else run.state
        yield Event(at=run.finished_at, level="error" if failed else "info", stage="finish", message=words)


def _notices(run: Run) -> Iterator[Event]:
    if run.finished_at is not None:
        for notice in run.notices:
            yield Event(at=run.finished_at, level="warning", stage="notice", message=notice["message"])


def chosen(events: list[Event], run: Run, *, level: str, stage: str) -> list[Event]:
    """Those of the level or above, with their seconds."""
    least = LEVELS.index(level) if level in LEVELS else 0
    return [
        replace(one, since=(one.at - run.started_at).total_seconds())
        for one in events
        if LEVELS.index(one.level) >= least and stage in ("", one.stage)
    ]
