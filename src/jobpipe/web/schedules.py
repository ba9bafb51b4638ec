"""What is known of the schedules of some imports: their next times, and what became of the last ones."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from jobpipe.ledger.models import ImportDecision, Run, RunKind, ScheduledImport, Standing
from jobpipe.runs.history import that_made_anything
from jobpipe.runs.overview import Overview
from jobpipe.runs.scheduling.past_times import Became, PastTime, Pause, RunTime, past_dues, past_times, pauses_of
from jobpipe.runs.scheduling.timetable import schedule_of

NEXT, LAST = 5, 10
# Of one import, runs among which those of its last times are sought.
_MOST_RUNS = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Scheduled:
    one: Overview
    row: ScheduledImport
    words: str
    # In its own zone.
    next: list[datetime]
    # The oldest first; () = not asked for.
    last: Sequence[PastTime] = ()

    @property
    def name(self) -> str:
        return self.one.name

    @property
    def next_in_words(self) -> list[str]:
        """A day is said once: `Tue 2 Dec 04:00`, `08:00`, `12:00`."""
        said, before = [], None
        for due in self.next:
            said.append(f"{due:%H:%M}" if due.date() == before else f"{due:%a} {due.day} {due:%b %H:%M}")
            before = due.date()
        return said

    @property
    def last_in_words(self) -> str:
        """What was not on time; "" = nothing is known, or all was."""
        counted = Counter(one.became for one in self.last if one.became is not Became.ON_TIME)
        return ", ".join(f"{number} {became}" for became, number in counted.items())


def scheduled(found: Sequence[Overview], now: datetime, *, with_past: bool = True) -> list[Scheduled]:
    """Of those that have a schedule: two statements at most, however many they are."""
    having = [(one, row) for one in found if (row := one.scheduled) is not None and row.schedule]
    past = _past([row for _, row in having], now) if with_past else {}
    return [
        Scheduled(
            one=one,
            row=row,
            words=schedule_of(row).words(),
            next=_next(row, now),
            last=past.get(row.pk, ()),
        )
        for one, row in having
    ]


def _next(row: ScheduledImport, now: datetime) -> list[datetime]:
    """None where the scheduler waits for nothing: its definition is gone."""
    if row.next_due is None:
        return []
    zone = ZoneInfo(row.zone or "UTC")
    return [due.astimezone(zone) for due in islice(schedule_of(row).following(now), NEXT)]


def _past(rows: Sequence[ScheduledImport], now: datetime) -> dict[int, list[PastTime]]:
    dues = {row.pk: past_dues(schedule_of(row), row.known_since, now, LAST) for row in rows}
    earliest = min((some[0] for some in dues.values() if some), default=None)
    if earliest is None:
        return {}
    runs, pauses = _runs(dues, earliest), _pauses(dues)
    return {
        row.pk: past_times(dues[row.pk], timedelta(seconds=row.grace), runs[row.pk], pauses[row.pk], now)
        for row in rows
    }


def _runs(dues: dict[int, list[datetime]], earliest: datetime) -> dict[int, list[RunTime]]:
    """With the one before, which may have been under way."""
    found: dict[int, list[RunTime]] = defaultdict(list)
    made = Run.objects.filter(import_row__in=dues, kind=RunKind.IMPORT, started_at__gte=earliest - timedelta(days=1))
    rows = that_made_anything(made).order_by("-id")
    for number, owner, began, ended in rows.values_list("id", "import_row_id", "started_at", "finished_at").iterator():
        if dues[owner] and len(found[owner]) < _MOST_RUNS and began >= dues[owner][0] - timedelta(days=1):
            found[owner].append(RunTime(number, began, ended))
    return found


def _pauses(dues: dict[int, list[datetime]]) -> dict[int, list[Pause]]:
    decided: dict[int, list[tuple[datetime, datetime | None, bool]]] = defaultdict(list)
    rows = ImportDecision.objects.filter(import_row__in=dues).order_by("id")
    for owner, at, until, standing in rows.values_list("import_row_id", "at", "until", "standing"):
        decided[owner].append((at, until, standing != Standing.RESUMED))
    return defaultdict(list, {owner: pauses_of(some) for owner, some in decided.items()})
