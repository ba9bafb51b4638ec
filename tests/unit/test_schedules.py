"""When a schedule is due, the days on which clocks are changed included."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobpipe.definition.schedules import Schedule, check_schedule, duration_of

PARIS, NEW_YORK = "Europe/Paris", "America/New_York"


def dues(schedule: Schedule, first: str, number: int) -> list[str]:
    moment = datetime.fromisoformat(first).replace(tzinfo=UTC)
    found = []
    for _ in range(number):
        moment = schedule.next_after(moment)
        found.append(f"{moment:%m-%d %H:%M}")
    return found


@pytest.mark.parametrize(
    ("zone", "day", "in_utc"),
    [
        # Clocks go forward from 02:00 to 03:00: half past two does not exist, and is due when the gap is over.
        (PARIS, "2026-03-28", ["03-28 01:30", "03-29 01:00", "03-30 00:30"]),
        (NEW_YORK, "2026-03-07", ["03-07 07:30", "03-08 07:00", "03-09 06:30"]),
        # They go back from 03:00 (02:00) to 02:00 (01:00).
        (PARIS, "2026-10-24", ["10-24 00:30", "10-25 00:30", "10-26 01:30"]),
        (NEW_YORK, "2026-10-31", ["10-31 06:30", "11-01 07:30", "11-02 07:30"]),
    ],
)
def test_a_time_of_the_night_is_due_once_on_days_that_change_the_clocks(zone: str, day: str, in_utc: list[str]) -> None:
    assert dues(Schedule("30 2 * * *", zone), f"{day}T00:00", 3) == in_utc


def test_an_hour_that_comes_twice_is_due_the_first_time() -> None:
    """01:30 in New York, on the first Sunday of November."""
    assert dues(Schedule("30 1 * * *", NEW_YORK), "2026-10-31T12:00", 2) == ["11-01 05:30", "11-02 06:30"]


def test_between_its_two_half_past_twos_nothing_is_due() -> None:
    """At 02:15 for the second time, the wall's clock says that half past two is to come."""
    again = datetime(2026, 10, 25, 1, 15, tzinfo=UTC)
    assert Schedule("30 2 * * *", PARIS).next_after(again) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


def test_an_interval_knows_no_zone_and_is_spread_by_name() -> None:
    offers, jobs = (Schedule("every 4h", PARIS, name) for name in ("offers", "jobs"))
    now = datetime(2026, 10, 24, 12, tzinfo=UTC)
    first = offers.next_after(now)
    assert offers.next_after(first) - first == timedelta(hours=4)
    assert jobs.next_after(now) != first


@given(
    st.sampled_from(
        ["30 2 * * *", "*/20 * * * *", "0 */4 * * *", "@daily", "every 45m", "15,45 1-3 * * SUN", "0 0 L * *"]
    ),
    st.sampled_from([PARIS, NEW_YORK, "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]),
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)),
)
@settings(max_examples=150, deadline=None)
def test_what_is_due_next_is_later_and_was_not_due_before(text: str, zone: str, moment: datetime) -> None:
    schedule = Schedule(text, zone, "offers")
    now = moment.replace(tzinfo=UTC)
    first = schedule.next_after(now)
    assert first > now
    second = schedule.next_after(first)
    assert second > first
    # Whoever looks a moment before sees the same, and who looks back finds it.
    assert schedule.next_after(first - timedelta(seconds=1)) == first
    assert schedule.last_until(second - timedelta(seconds=1), after=now) == first


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("61 4 * * *", "'61' is no minute"),
        ("0 25 * * *", "'25' is no hour"),
        ("0 4 * * FOO", "'FOO' is no day of week"),
        ("0 4 * *", "4 parts, not 5"),
        ("0 0 4 * * *", "6 parts, not 5"),
        ("", "0 parts"),
        ("@dayly", "there is no schedule @dayly"),
        ("every 10s", "is no interval"),
        ("every other day", "is no interval"),
        ("0 4 31 2 *", "'31' is no day of month"),
    ],
)
def test_a_wrong_schedule_is_refused_with_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(ValueError, match="(?i)" + said.replace("*", r"\*")):
        check_schedule(text)


def test_schedules_are_explained_in_words() -> None:
    assert Schedule("0 4 * * *", PARIS).words() == "At 04:00 every day (Europe/Paris)"
    assert Schedule("every 90m").words() == "Every 90 minutes"


def test_lengths_of_time() -> None:
    assert [duration_of(text).total_seconds() for text in ("90s", "30m", "4h", "2 days")] == [90, 1800, 14_400, 172_800]
