"""The table of when imports are due, and asking for the runs that are.

    timetable = Timetable(WrittenSchedules(root), clock, ask)
    while …: timetable.tick()

A moment is due once, whatever happens: the row is moved on by compare-and-set in the transaction that asks for the
run, so that neither a second scheduler nor a kill in between makes one more or one less. What was missed while no
scheduler was there is caught up once, however often it was due.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from jobpipe.definition.schedules import Schedule
from jobpipe.ledger.models import Import, Run, RunKind, RunState, ScheduledImport
from jobpipe.ledger.turns import turn_to_write
from jobpipe.runs.scheduling.punctuality import grace_of
from jobpipe.runs.scheduling.written import Written, WrittenSchedules
from jobpipe.runs.standing import standings

log = logging.getLogger("jobpipe.scheduler")

# A clock that goes back by more than this was wrong before: what it called past is forgotten. Below it, a moment that
# was due is not due once more when the clock passes it again.
WRONG_CLOCK = timedelta(hours=25)
# Runs that one tick asks for: a thousand imports that are due at four begin one after the other.
MOST_AT_ONCE = 50
_UNFINISHED = (RunState.QUEUED, RunState.RUNNING)

Clock = Callable[[], datetime]
# Lets an import run, within the transaction that moves its row on.
Ask = Callable[[Import], object]


def clock_of_this_machine() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Tick:
    """What came of one look at the table."""

    asked: list[str] = field(default_factory=list)
    # Due, and nothing was asked for: name and why.
    passed_over: list[tuple[str, str]] = field(default_factory=list)
    # More is due than one tick asks for.
    is_more: bool = False


class Timetable:
    def __init__(self, files: WrittenSchedules, clock: Clock, ask: Ask) -> None:
        self._files = files
        self._clock = clock
        self._ask = ask
        self._fault = ""

    def tick(self) -> Tick:
        """Read what has changed in the files, and ask for what is due."""
        now = self._clock()
        self._learn(self._files.read(), now)
        self._mistrust_the_future(now)
        due = list(_due(now)[: MOST_AT_ONCE + 1])
        tick = Tick(is_more=len(due) > MOST_AT_ONCE)
        standing = standings(now) if due else {}
        for row in due[:MOST_AT_ONCE]:
            decision = standing.get(row.import_row_id)
            why = self._let_run(row, now, decision.standing if decision is not None else "")
            if why is None:
                tick.asked.append(row.import_row.name)
            elif why:
                tick.passed_over.append((row.import_row.name, why))
                log.info("%s was due and is passed over: %s", row.import_row.name, why)
        return tick

    def next_due(self) -> datetime | None:
        rows = ScheduledImport.objects.filter(next_due__isnull=False).order_by("next_due")
        return rows.values_list("next_due", flat=True).first()

    # What the files say ------------------------------------------------------------------------------

    def _learn(self, changed: Iterable[Written], now: datetime) -> None:
        if self._files.fault != self._fault:
            self._fault = self._files.fault
            if self._fault:
                log.error("jobpipe.yaml is not valid, the one before holds on: %s", self._fault)
        written = {one.name: one for one in changed}
        if not written:
            return
        there = {
            row.import_row.name: row
            for row in ScheduledImport.objects.select_related("import_row").filter(import_row__name__in=list(written))
        }
        for name, one in written.items():
            if one.fault:
                log.error("%s: %s", name, one.fault)
            with turn_to_write(), transaction.atomic():
                self._note(there.get(name), one, now)

    def _note(self, row: ScheduledImport | None, written: Written, now: datetime) -> None:
        if row is None:
            owner, _ = Import.objects.get_or_create(name=written.name, defaults={"client": written.client})
            row, _ = ScheduledImport.objects.get_or_create(import_row=owner, defaults={"known_since": now})
        # Another scheduler that moves it on in between is not overwritten.
        unmoved = ScheduledImport.objects.filter(pk=row.pk, next_due=row.next_due)
        row.fault = written.fault
        schedule = written.schedule
        if schedule is not None:
            is_another = (row.schedule, row.zone) != (schedule.text, schedule.zone)
            row.schedule, row.zone = schedule.text, schedule.zone
            row.grace = grace_of(schedule, written.grace, now)
            if is_another:
                row.known_since = now
            # What was due before the change is still caught up.
            if row.next_due is None or (is_another and row.next_due > now):
                row.next_due = schedule.next_after(max(now, row.last_due or now))
        elif written.is_gone:
            row.next_due = None
        elif not written.fault:
            row.next_due, row.schedule, row.zone = None, "", ""
        unmoved.update(
            schedule=row.schedule,
            zone=row.zone,
            grace=row.grace,
            known_since=row.known_since,
            next_due=row.next_due,
            fault=row.fault,
        )

    def _mistrust_the_future(self, now: datetime) -> None:
        ahead = now + WRONG_CLOCK
        rows = ScheduledImport.objects.select_related("import_row").exclude(next_due__isnull=True)
        for row in rows.filter(last_due__gt=ahead) | rows.filter(known_since__gt=ahead):
            log.warning(
                "%s was last due on %s, which is yet to come: the clock was wrong", row.import_row.name, row.last_due
            )
            following = schedule_of(row).next_after(now)
            ScheduledImport.objects.filter(pk=row.pk, next_due=row.next_due).update(
                next_due=following, last_due=None, known_since=now
            )

    # What is due -------------------------------------------------------------------------------------

    def _let_run(self, row: ScheduledImport, now: datetime, standing: str) -> str | None:
        """None = a run is asked for; else why not ("" = another scheduler was quicker)."""
        schedule = schedule_of(row)
        assert row.next_due is not None
        due = schedule.last_until(now, after=row.next_due)
        following = schedule.next_after(max(now, due))
        with turn_to_write(), transaction.atomic():
            unmoved = ScheduledImport.objects.filter(pk=row.pk, next_due=row.next_due)
            if not unmoved.update(next_due=following, last_due=due):
                return ""
            if standing:
                return f"it is {standing}"
            under_way = Run.objects.filter(import_row=row.import_row_id, kind=RunKind.IMPORT, state__in=_UNFINISHED)
            if (run := under_way.values_list("pk", flat=True).first()) is not None:
                return f"run {run} is under way"
            self._ask(row.import_row)
        return None


def _due(now: datetime) -> QuerySet[ScheduledImport]:
    rows = ScheduledImport.objects.select_related("import_row").filter(next_due__lte=now)
    return rows.order_by("next_due", "import_row__name")


def schedule_of(row: ScheduledImport) -> Schedule:
    return Schedule(row.schedule, row.zone or "UTC", row.import_row.name)
