"""The scheduler under a clock that the test moves: each due moment asks for one run, whatever happens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from project_folder import DEFINITION, ProjectFolder, moment

from jobpipe.definition.schedules import Schedule
from jobpipe.ledger.models import Import, ImportDecision, Run, RunState, ScheduledImport, Standing
from jobpipe.runs.scheduling.punctuality import Course, ImportState, turns_of
from jobpipe.runs.scheduling.timetable import MOST_AT_ONCE, Tick, Timetable
from jobpipe.runs.scheduling.written import WrittenSchedules


class Simulation:
    """A project whose scheduler can be stopped, started and doubled, and what it has asked for."""

    def __init__(self, project: ProjectFolder, start: str) -> None:
        self.project = project
        self.now = moment(start)
        self.asked: list[tuple[str, datetime]] = []
        self.table = self.scheduler()

    def scheduler(self) -> Timetable:
        return Timetable(WrittenSchedules(self.project.root), lambda: self.now, self._ask)

    def _ask(self, owner: Import) -> None:
        self.asked.append((owner.name, self.now))

    def pass_time(self, *, hours: float, step: timedelta = timedelta(minutes=5)) -> None:
        end = self.now + timedelta(hours=hours)
        while self.now < end:
            self.now += step
            self.table.tick()

    def times(self) -> list[str]:
        return [f"{at:%m-%d %H:%M}" for _, at in self.asked]


def scheduled(text: str, *, name: str = "offers", zone: str = "Europe/Paris", more: str = "") -> str:
    return DEFINITION.replace("import: offers", f"import: {name}") + f"schedule: '{text}'\nzone: {zone}\n{more}"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[ProjectFolder]:
    made = ProjectFolder(tmp_path / "project", scheduled("30 2 * * *"))
    with made.open():
        yield made


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("Europe/Paris", "2026-03-27T12:00"),
        ("Europe/Paris", "2026-10-23T12:00"),
        ("America/New_York", "2026-03-06T12:00"),
        ("America/New_York", "2026-10-30T12:00"),
    ],
)
def test_on_both_days_that_change_the_clocks_each_night_has_one_run(
    project: ProjectFolder, zone: str, start: str
) -> None:
    project.define(scheduled("30 2 * * *", zone=zone))
    one = Simulation(project, start)
    one.table.tick()
    one.pass_time(hours=96)
    assert len(one.asked) == 4
    assert len({at.date() for _, at in one.asked}) == 4


def test_an_hour_without_a_scheduler_is_caught_up_once(project: ProjectFolder) -> None:
    project.define(scheduled("*/10 * * * *"))
    one = Simulation(project, "2026-05-01T12:01")
    one.table.tick()
    one.pass_time(hours=0.25)
    assert one.times() == ["05-01 12:11"]
    one.now += timedelta(hours=1)
    one.table = one.scheduler()
    one.pass_time(hours=0.2)
    assert one.times() == ["05-01 12:11", "05-01 13:21", "05-01 13:31"]


def test_a_clock_that_steps_back_asks_for_nothing_again(project: ProjectFolder) -> None:
    one = Simulation(project, "2026-05-01T23:00")
    one.table.tick()
    one.pass_time(hours=2)
    assert one.times() == ["05-02 00:30"]
    one.now -= timedelta(minutes=90)
    one.pass_time(hours=3)
    one.now -= timedelta(hours=12)
    one.pass_time(hours=36)
    assert one.times() == ["05-02 00:30", "05-03 00:30"]


def test_a_clock_that_steps_forward_asks_once_for_all_that_it_left_out(project: ProjectFolder) -> None:
    one = Simulation(project, "2026-05-01T23:00")
    one.table.tick()
    one.now += timedelta(days=3)
    one.pass_time(hours=5)
    assert one.times() == ["05-04 23:05", "05-05 00:30"]


def test_a_clock_that_was_a_year_ahead_stops_nothing_when_it_is_put_right(project: ProjectFolder) -> None:
    one = Simulation(project, "2027-05-01T12:00")
    one.table.tick()
    one.pass_time(hours=24)
    one.now -= timedelta(days=365)
    one.pass_time(hours=24)
    assert one.times() == ["05-02 00:30", "05-03 00:30"]


def test_two_schedulers_that_take_turns_ask_once(project: ProjectFolder) -> None:
    one = Simulation(project, "2026-05-01T12:00")
    other = one.scheduler()
    for _ in range(24 * 4):
        one.now += timedelta(minutes=15)
        one.table.tick()
        other.tick()
    assert one.times() == ["05-02 00:30"]


def test_an_edit_holds_from_the_next_look_on(project: ProjectFolder) -> None:
    one = Simulation(project, "2026-05-01T12:00")
    one.table.tick()
    project.define(scheduled("0 20 * * *"))
    one.pass_time(hours=24)
    assert one.times() == ["05-01 18:00"]
    project.define(DEFINITION)
    one.pass_time(hours=48)
    assert one.times() == ["05-01 18:00"]


def test_another_zone_of_the_project_is_an_edit_too(project: ProjectFolder) -> None:
    project.define(DEFINITION + "schedule: '0 20 * * *'\n")
    one = Simulation(project, "2026-05-01T12:00")
    one.table.tick()
    project.configure("zone: America/New_York\n")
    one.pass_time(hours=13)
    assert one.times() == ["05-02 00:00"]


def test_a_broken_edit_leaves_the_old_schedule_and_says_so(
    project: ProjectFolder, caplog: pytest.LogCaptureFixture
) -> None:
    one = Simulation(project, "2026-05-01T12:00")
    one.table.tick()
    project.define(scheduled("30 99 * * *"))
    one.pass_time(hours=24)
    assert one.times() == ["05-02 00:30"]
    assert "no hour" in ScheduledImport.objects.get().fault
    assert len([line for line in caplog.messages if "no hour" in line]) == 1
    project.define(scheduled("30 5 * * *"))
    one.pass_time(hours=24)
    assert one.times() == ["05-02 00:30", "05-03 03:30"]
    assert ScheduledImport.objects.get().fault == ""


def test_what_was_due_before_an_edit_is_caught_up(project: ProjectFolder) -> None:
    one = Simulation(project, "2026-05-01T12:00")
    one.table.tick()
    one.now += timedelta(hours=13)
    project.define(scheduled("0 20 * * *"))
    one.table = one.scheduler()
    one.table.tick()
    assert one.times() == ["05-02 01:00"]


def test_an_import_whose_definition_is_gone_is_not_run(project: ProjectFolder) -> None:
    one = Simulation(project, "2026-05-01T12:00")
    one.table.tick()
    (project.root / "imports" / "offers.yaml").unlink()
    one.pass_time(hours=24)
    assert not one.asked
    assert ScheduledImport.objects.get().fault == "its definition is gone"


def test_a_paused_import_is_passed_over_and_goes_on_at_its_day(project: ProjectFolder) -> None:
    one = Simulation(project, "2026-05-01T12:00")
    one.table.tick()
    until = moment("2026-05-03T12:00")
    owner = Import.objects.get()
    ImportDecision.objects.create(import_row=owner, standing=Standing.PAUSED, at=one.now, until=until, postings="keep")
    one.pass_time(hours=72)
    assert one.times() == ["05-04 00:30"]


def test_while_a_run_is_under_way_the_next_is_passed_over(project: ProjectFolder) -> None:
    one = Simulation(project, "2026-05-01T12:00")
    one.table.tick()
    run = Run.objects.create(
        import_row=Import.objects.get(), state=RunState.RUNNING, started_at=one.now, revision="", definition=""
    )
    one.now = moment("2026-05-02T00:31")
    assert one.table.tick() == Tick(passed_over=[("offers", f"run {run.pk} is under way")])
    assert one.table.tick() == Tick()


def test_many_imports_of_one_moment_are_asked_for_in_their_order(project: ProjectFolder) -> None:
    for number in range(MOST_AT_ONCE + 10):
        (project.root / "imports" / f"many-{number:03}.yaml").write_text(
            scheduled("0 4 * * *", name=f"many-{number:03}", zone="UTC")
        )
    one = Simulation(project, "2026-05-02T03:00")
    one.table.tick()
    one.now = moment("2026-05-02T04:00")
    first, second = one.table.tick(), one.table.tick()
    assert first.is_more and not second.is_more
    assert first.asked == [f"many-{number:03}" for number in range(MOST_AT_ONCE)]
    assert Counter(name for name, _ in one.asked).most_common(1)[0][1] == 1
    assert len(one.asked) == MOST_AT_ONCE + 10


# On time, late or down ------------------------------------------------------------------------------

DAILY = Schedule("0 4 * * *")


def course(*, last_good: str | None = None, usual: float = 0.0, **more: bool) -> Course:
    return Course(
        schedule=DAILY,
        grace=3600,
        known_since=moment("2026-05-01T12:00"),
        last_good=moment(last_good) if last_good else None,
        usual=usual,
        **more,
    )


@pytest.mark.parametrize(
    ("last_good", "now", "state"),
    [
        (None, "2026-05-02T04:30", ImportState.NEW),
        (None, "2026-05-02T05:00", ImportState.LATE),
        (None, "2026-05-03T05:00", ImportState.DOWN),
        ("2026-05-02T04:00", "2026-05-03T04:59", ImportState.OK),
        ("2026-05-02T04:00", "2026-05-03T05:01", ImportState.LATE),
        ("2026-05-02T04:00", "2026-05-04T05:01", ImportState.DOWN),
        # Made by hand in between: the next one is expected all the same.
        ("2026-05-02T18:00", "2026-05-03T05:01", ImportState.LATE),
    ],
)
def test_an_import_is_late_after_its_grace_and_down_after_a_second_miss(
    last_good: str | None, now: str, state: ImportState
) -> None:
    assert turns_of(course(last_good=last_good)).at(moment(now)).state == state


def test_what_usually_takes_long_is_not_missed_before() -> None:
    usually_long = course(last_good="2026-05-02T04:00", usual=7200)
    assert turns_of(usually_long).at(moment("2026-05-03T06:30")).state == ImportState.OK
    assert turns_of(usually_long).at(moment("2026-05-03T07:01")).state == ImportState.LATE
