"""Every import at a glance: whether it came when it should, its last run, what is live and how that has changed.

All from the ledger, with a few statements for all imports together: no document is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery

from jobpipe.incidents.states import WAITING
from jobpipe.ledger.models import Import, ImportDecision, Incident, Run, RunKind, RunState, ScheduledImport
from jobpipe.runs.history import that_made_anything
from jobpipe.runs.scheduling.punctuality import Course, ImportState, Punctuality, Turns, turns_of
from jobpipe.runs.scheduling.timetable import schedule_of
from jobpipe.runs.standing import standings

# A run of these is a word of its source.
GOOD = (RunState.SUCCEEDED, RunState.HELD, RunState.PARTIAL)
# What is asked for of each import, by number.
_RUNS = ("last_run", "last_end", "last_good_run", "held_run")
# The number of postings is compared with that of the same weekday.
WEEK = timedelta(days=7)


@dataclass(frozen=True, kw_only=True, slots=True)
class Overview:
    name: str
    client: str
    # Of the ledger; 0 = it does not know it.
    number: int = 0
    punctuality: Punctuality
    # When that changes by itself.
    turns: Turns = field(default_factory=lambda: Turns(ImportState.NEW))
    # What the scheduler knows of it; None = nothing yet.
    scheduled: ScheduledImport | None = None
    # Whatever came of it; None = it never ran.
    last: Run | None = None
    # The run that waits for a person, whatever was done after it; None = none does.
    held: Run | None = None
    # When the last run that came to a good end began.
    last_good: datetime | None = None
    # Postings, at the end of the last run, and at that of the last one a week ago; None = not known.
    live: int | None = None
    live_a_week_ago: int | None = None
    # A pause or a removal that is in force.
    decision: ImportDecision | None = None
    # How many wait for somebody.
    incidents: int = 0

    @property
    def state(self) -> ImportState:
        return self.punctuality.state

    @property
    def schedule(self) -> str:
        """As it was written; "" = none."""
        return self.scheduled.schedule if self.scheduled is not None else ""

    @property
    def next_due(self) -> datetime | None:
        return self.scheduled.next_due if self.scheduled is not None else None

    @property
    def fault(self) -> str:
        """What is wrong with its definition now."""
        return self.scheduled.fault if self.scheduled is not None else ""

    @property
    def change(self) -> int | None:
        """Postings more than a week ago."""
        if self.live is None or self.live_a_week_ago is None:
            return None
        return self.live - self.live_a_week_ago


def overviews(now: datetime, among: QuerySet[Import] | None = None) -> list[Overview]:
    """Of these imports by name; None = of all that the ledger knows."""
    chosen = (Import.objects.all() if among is None else among).select_related("scheduled").order_by("name")
    owners = list(_with_runs(chosen, now))
    open_ones = Incident.objects.filter(state__in=WAITING)
    if among is not None:
        open_ones = open_ones.filter(import_name__in=[owner.name for owner in owners])
    runs = _runs(getattr(owner, name) for owner in owners for name in _RUNS)
    decisions = standings(now)
    counted = open_ones.values("import_name").annotate(number=Count("pk")).order_by()
    waiting = {row["import_name"]: row["number"] for row in counted}
    return [
        _overview(owner, runs, decisions.get(owner.pk), now, incidents=waiting.get(owner.name, 0)) for owner in owners
    ]


def _with_runs(owners: QuerySet[Import], now: datetime) -> QuerySet[Import]:
    of_one = Run.objects.filter(import_row=OuterRef("pk")).order_by("-id")
    over = finished_runs(OuterRef("pk"))
    return owners.annotate(
        last_run=Subquery(that_made_anything(of_one).values("pk")[:1]),
        last_end=Subquery(over.values("pk")[:1]),
        held_run=Subquery(of_one.filter(state=RunState.HELD).values("pk")[:1]),
        last_good_run=Subquery(of_one.filter(kind=RunKind.IMPORT, state__in=GOOD).values("pk")[:1]),
        live_then=Subquery(over.filter(finished_at__lte=now - WEEK).values("live")[:1]),
    )


def finished_runs(owner: Any) -> QuerySet[Run]:
    """Of which anything was made, the latest first."""
    return that_made_anything(Run.objects.filter(import_row=owner, finished_at__isnull=False)).order_by("-id")


def _runs(numbers: Iterable[int | None]) -> dict[int, Run]:
    wanted = sorted({number for number in numbers if number is not None})
    found: dict[int, Run] = {}
    for start in range(0, len(wanted), 500):
        found.update(Run.objects.defer("definition").in_bulk(wanted[start : start + 500]))
    return found


def _overview(
    owner: Import, runs: dict[int, Run], decision: ImportDecision | None, now: datetime, *, incidents: int
) -> Overview:
    row: ScheduledImport | None = getattr(owner, "scheduled", None)
    known = {name: getattr(owner, name) for name in (*_RUNS, "live_then")}
    last, good = runs.get(known["last_run"]), runs.get(known["last_good_run"])
    end = runs.get(known["last_end"])
    course = Course(
        schedule=schedule_of(row) if row is not None and row.schedule else None,
        grace=row.grace if row is not None else 0.0,
        known_since=row.known_since if row is not None else owner.created_at,
        last_good=good.started_at if good is not None else None,
        usual=good.seconds if good is not None else 0.0,
        has_failed=last is not None and last.state == RunState.FAILED,
    )
    turns = turns_of(course)
    return Overview(
        name=owner.name,
        client=owner.client,
        number=owner.pk,
        punctuality=turns.at(now) if decision is None else Punctuality(ImportState.PAUSED),
        turns=turns,
        scheduled=row,
        last=last,
        held=runs.get(known["held_run"]),
        last_good=course.last_good,
        live=end.live if end is not None else None,
        live_a_week_ago=known["live_then"],
        decision=decision,
        incidents=incidents,
    )


def never_run(names: Iterable[str]) -> list[Overview]:
    """Of imports that the ledger does not know yet."""
    return [Overview(name=name, client="", punctuality=Punctuality(ImportState.NEW)) for name in sorted(names)]


# What wants a person comes first.
STATES = (ImportState.DOWN, ImportState.LATE, ImportState.OK, ImportState.NEW, ImportState.PAUSED)


def worst_first(all_of_them: Sequence[Overview]) -> list[Overview]:
    return sorted(all_of_them, key=lambda one: (STATES.index(one.state), not _waits(one), one.name))


def _waits(one: Overview) -> bool:
    return one.incidents > 0 or one.held is not None
