"""The page of schedules: when imports are due, what became of their last times, and how many are due at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asking_api import Api
from django.db import connection
from django.test.utils import CaptureQueriesContext
from project_folder import CLIENT_DEFINITION, ProjectFolder, xml_feed
from web_client import account, logged_in, shown

from jobpipe.definition.schedules import Schedule
from jobpipe.ledger.models import AccountRole, Import, Run, RunState, ScheduledImport
from jobpipe.runs.overview import overviews
from jobpipe.runs.scheduling.crowding import crowding
from jobpipe.runs.scheduling.past_times import Became, Pause, RunTime, past_dues, past_times, pauses_of
from jobpipe.runs.workspace import Workspace
from jobpipe.web.api.scopes import Scope
from jobpipe.web.schedules import scheduled

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
HOURLY = Schedule("0 * * * *")
GRACE = timedelta(minutes=15)
HALF_PAST = NOON + timedelta(minutes=30)


def at(hour: int, minute: int = 0) -> datetime:
    return NOON.replace(hour=hour, minute=minute)


def became(runs: list[RunTime], pauses: list[Pause] | None = None, *, now: datetime = HALF_PAST) -> list[str]:
    dues = past_dues(HOURLY, at(9, 30), now, 10)
    return [one.became.value for one in past_times(dues, GRACE, runs, pauses or [], now)]


def test_of_each_time_it_is_told_what_became_of_it() -> None:
    runs = [RunTime(1, at(10), at(10, 5)), RunTime(2, at(11, 40), at(11, 45)), RunTime(3, at(12, 14), None)]
    assert became(runs) == [Became.ON_TIME, Became.LATE, Became.ON_TIME]


def test_what_a_scheduler_that_was_away_caught_up_is_one_run_and_the_rest_is_missed() -> None:
    assert became([RunTime(1, at(12, 25), None)]) == [Became.MISSED, Became.MISSED, Became.LATE]


def test_a_time_within_the_grace_is_awaited() -> None:
    assert became([], now=at(12, 10))[-1] == Became.AWAITED and became([], now=at(12, 16))[-1] == Became.MISSED


def test_what_is_paused_or_still_goes_is_not_missed() -> None:
    pauses = pauses_of([(at(9), None, True), (at(10, 30), None, False)])
    runs = [RunTime(1, at(10, 50), at(11, 20)), RunTime(2, at(12), None)]
    assert became(runs, pauses) == [Became.PAUSED, Became.UNDER_WAY, Became.ON_TIME]


def test_a_pause_ends_by_itself() -> None:
    assert pauses_of([(at(9), at(10), True)]) == [Pause(at(9), at(10))]
    assert pauses_of([(at(9), at(11), True), (at(10), None, True)]) == [Pause(at(9), at(10)), Pause(at(10), None)]


def test_one_that_was_not_due_yet_has_no_past() -> None:
    assert past_times([], GRACE, [RunTime(1, at(10), None)], [], NOON) == []


def test_the_clock_that_goes_back_makes_no_time_of_its_own() -> None:
    # On 25 October 2026 the hour from two to three comes twice in Paris.
    paris = Schedule("30 2 * * *", "Europe/Paris")
    now = datetime(2026, 10, 26, 12, tzinfo=UTC)
    dues = past_dues(paris, now - timedelta(days=3), now, 10)
    assert [due.day for due in dues] == [24, 25, 26]


def test_quarters_of_an_hour_count_each_import_once() -> None:
    rows = [("a", "0 4 * * *", "UTC"), ("b", "5 4 * * *", "UTC"), ("c", "*/5 * * * *", "UTC"), ("d", "every 6h", "")]
    crowd = crowding(rows, NOON, seconds=5)
    place = (NOON.replace(hour=4) + timedelta(days=1) - NOON) // timedelta(minutes=15)
    assert crowd.counts[place] - (1 if "d" in crowd.named[place] else 0) == 3
    assert {"a", "b", "c"} <= set(crowd.named[place])
    assert sum(crowd.counts) == 2 + 96 + 4
    assert crowd.fullest(1) == [place]


def test_where_there_is_no_time_it_is_said_how_many_are_left_out() -> None:
    rows = [(str(number), f"{number} 5 * * *", "UTC") for number in range(20)]
    assert crowding(rows, NOON, seconds=-1).left_out == 20


# The page -------------------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Workspace]:
    folder = ProjectFolder(tmp_path / "project", CLIENT_DEFINITION)
    folder.run(xml_feed({"1": "Mason"}), workers=0)
    with shown(folder) as workspace:
        yield workspace


def schedule(name: str, text: str, *, zone: str = "Europe/Paris", client: str = "Acme") -> ScheduledImport:
    now = datetime.now(UTC)
    owner, _ = Import.objects.get_or_create(name=name, defaults={"client": client})
    return ScheduledImport.objects.create(
        import_row=owner,
        schedule=text,
        zone=zone,
        grace=900,
        known_since=now - timedelta(days=3),
        next_due=Schedule(text, zone, name).next_after(now),
    )


def ran(name: str, began: datetime, state: RunState = RunState.SUCCEEDED, sequence: int | None = None) -> Run:
    owner = Import.objects.get(name=name)
    return Run.objects.create(
        import_row=owner,
        state=state,
        started_at=began,
        finished_at=began + timedelta(seconds=9),
        revision="0",
        definition="",
        sequence=sequence,
    )


def test_a_run_that_was_cancelled_came_when_it_had_begun(project: Workspace) -> None:
    row = schedule("offers", "0 4 * * *")
    assert row.next_due is not None
    due = row.next_due - timedelta(days=1)
    ran("offers", due, RunState.CANCELLED)
    begun = ran("offers", due, RunState.CANCELLED, sequence=7_000)
    now = datetime.now(UTC)
    (found,) = scheduled([one for one in overviews(now) if one.name == "offers"], now)
    assert (found.last[-1].became, found.last[-1].run) == (Became.ON_TIME, begun.pk)


def test_the_page_tells_times_in_the_zone_of_each_schedule(project: Workspace) -> None:
    row = schedule("offers", "0 4 * * *")
    assert row.next_due is not None
    ran("offers", row.next_due - timedelta(days=1))
    page = logged_in(account()).get("/schedules/").content.decode()
    assert "At 04:00 every day (Europe/Paris)" in page and "grace 15 min" in page
    assert page.count(" 04:00") >= 5 and "<svg" in page
    assert "missed" in page


def test_it_is_chosen_by_its_address_and_given_as_a_file(project: Workspace) -> None:
    schedule("offers", "0 4 * * *")
    schedule("bolt", "every 4h", client="Bolt")
    who = logged_in(account())
    assert '"/imports/bolt/"' not in who.get("/schedules/?client=Acme").content.decode()
    lines = who.get("/schedules/?as=csv&by=next&q=bolt").content.decode().splitlines()
    assert len(lines) == 2 and lines[1].startswith("bolt,Bolt,") and lines[1].count("T") >= 5
    assert "No schedule is like that" in who.get("/schedules/?q=zzz").content.decode()
    theirs = logged_in(account(AccountRole.ACCOUNT_MANAGER, "Acme")).get("/schedules/").content.decode()
    assert "bolt" not in theirs


def test_without_any_it_is_said_where_one_is_written(project: Workspace) -> None:
    page = logged_in(account()).get("/schedules/").content.decode()
    assert "No schedule yet" in page and "1 import has no schedule" in page


def test_a_paused_import_is_in_the_list_and_not_in_the_strip(project: Workspace) -> None:
    schedule("offers", "0 4 * * *")
    who = logged_in(account())
    who.post("/imports/offers/pause", {"reason": "it moves", "postings": "keep", "until": ""})
    page = who.get("/schedules/").content.decode()
    assert "It is paused since" in page and "The next day" not in page


def test_a_thousand_schedules_cost_ten_questions_at_most(project: Workspace) -> None:
    now = datetime.now(UTC)
    owners = Import.objects.bulk_create(Import(name=f"many-{number}", client="Acme") for number in range(1000))
    ScheduledImport.objects.bulk_create(
        ScheduledImport(
            import_row=owner,
            schedule=f"{number % 60} */4 * * *",
            zone="UTC",
            grace=900,
            known_since=now,
            next_due=now + timedelta(minutes=number),
        )
        for number, owner in enumerate(owners)
    )
    who = logged_in(account())
    who.get("/schedules/")
    with CaptureQueriesContext(connection) as asked:
        page = who.get("/schedules/?q=many").content
    assert len(asked) <= 10 and len(page) < 100_000


def test_the_api_gives_the_same_page_by_page(project: Workspace) -> None:
    for name in ("a", "b", "c"):
        schedule(name, "0 4 * * *", client="Bolt" if name == "b" else "Acme")
    manager = Api(account(AccountRole.ACCOUNT_MANAGER, "Acme"), Scope.IMPORTS_READ)
    first = manager.get("/schedules?limit=1")
    assert [one["import"] for one in first["items"]] == ["a"]
    one = first["items"][0]
    assert one["zone"] == "Europe/Paris" and len(one["next"]) == 5 and one["last"][-1]["became"] == "missed"
    rest = manager.get(f"/schedules?cursor={first['next']}")
    assert [one["import"] for one in rest["items"]] == ["c"] and rest["next"] is None
