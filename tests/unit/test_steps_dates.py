"""Dates as feeds write them, and what is refused because it could be two dates or none."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stepping import built, made, new_bench

from jobpipe.errors import RecordError
from jobpipe.transform.steps.date_words import MONTHS

days = st.dates(min_value=datetime.date(1970, 1, 1), max_value=datetime.date(2068, 12, 31))


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2017-11-24", "2017-11-24"),
        ("2017-11-24T00:00:00+0100", "2017-11-24T00:00:00+01:00"),
        ("2025-01-02 10:11:12 UTC", "2025-01-02T10:11:12+00:00"),
        ("25 Oct 2017 23:55 BST", "2017-10-25T23:55:00+01:00"),
        ("2017-11-24 10:11:12.000", "2017-11-24T10:11:12"),
        ("24.11.17", "2017-11-24"),
        ("24/11/2017", "2017-11-24"),
        ("11/24/2017", "2017-11-24"),
        ("31/12/99", "1999-12-31"),
        ("Wed Oct 25 23:55:00 BST 2017", "2017-10-25T23:55:00+01:00"),
        ("Sat, 02 May 2015 18:04:27 +0000", "2015-05-02T18:04:27+00:00"),
        ("Publié le 20 nov. 2026", "2026-11-20"),
        ("Posted on November 24th, 2017 at 3:04 pm", "2017-11-24T15:04:00"),
        ("December 2, 2025 12:00 AM", "2025-12-02T00:00:00"),
        ("1/25/2025 3:04:05 PM", "2025-01-25T15:04:05"),
        ("24-Nov-2017", "2017-11-24"),
        ("1er août 2024", "2024-08-01"),
        ("le mardi 3 décembre 2024 à 14h30", "2024-12-03T14:30:00"),
        ("mar. 24 nov. 2026", "2026-11-24"),
        ("24.11.2017 08:15 Uhr", "2017-11-24T08:15:00"),
        ("20171124", "2017-11-24"),
        ("20171124101112", "2017-11-24T10:11:12"),
        ("20171124T101112Z", "2017-11-24T10:11:12+00:00"),
        ("1511478000", "2017-11-23T23:00:00+00:00"),
        ("1511478000000", "2017-11-23T23:00:00+00:00"),
        ("/Date(1511478000000+0100)/", "2017-11-23T23:00:00+00:00"),
        ("2017-11-24+01:00", "2017-11-24"),
        ("2025-01-02T10:11:12+01:00[Europe/Paris]", "2025-01-02T10:11:12+01:00"),
        ("2025-01-02T10:11:12[Europe/Paris]", "2025-01-02T10:11:12+01:00"),
        ("Thu Jan 02 2025 00:00:00 GMT+0000 (Coordinated Universal Time)", "2025-01-02T00:00:00+00:00"),
        ("0001-01-01T00:00:00", None),
        ("0000-00-00 00:00:00", None),
        ("n/a", None),
        ("", None),
    ],
)
def test_dates_of_feeds_are_read_without_a_description(text: str, date: str | None) -> None:
    assert made("date", text) == date


@pytest.mark.parametrize("text", ["03/04/2017", "2/1/25"])
def test_a_date_that_could_be_two_is_refused_until_the_order_is_known(text: str) -> None:
    with pytest.raises(RecordError) as caught:
        made("date", text)
    assert " or " in caught.value.message and "order" in caught.value.hint
    assert made("{date: DMY}", text) != made("{date: MDY}", text)


@pytest.mark.parametrize(
    "text", ["asap", "2024-02-30", "99/99/2024", "Nov 2017", "2017", "24.11.2017 - 25.11.2017", "x" * 5_000, "12h30"]
)
def test_what_is_no_date_is_named(text: str) -> None:
    with pytest.raises(RecordError) as caught:
        made("date", text)
    assert caught.value.reason == "step" and "no date" in caught.value.message and caught.value.hint


def test_an_order_that_cannot_be_right_is_an_error_and_no_other_date() -> None:
    with pytest.raises(RecordError, match="no date in the order DMY"):
        made("{date: DMY}", "03/25/2017")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("aujourd’hui", "2026-03-10"),
        ("hier", "2026-03-09"),
        ("Publiée hier", "2026-03-09"),
        ("il y a 3 jours", "2026-03-07"),
        ("il y a un mois", "2026-02-10"),
        ("Il y a plus de 30 jours", "2026-02-08"),
        ("3 days ago", "2026-03-07"),
        ("Posted 30+ days ago", "2026-02-08"),
        ("3d ago", "2026-03-07"),
        ("a year ago", "2025-03-10"),
        ("vor 2 Tagen", "2026-03-08"),
        ("Veröffentlicht vor 5 Stunden", "2026-03-10"),
        ("gisteren", "2026-03-09"),
        ("2 dagen geleden", "2026-03-08"),
        ("hace 2 días", "2026-03-08"),
        ("2 giorni fa", "2026-03-08"),
        ("för 3 dagar sedan", "2026-03-07"),
        ("for 3 dager siden", "2026-03-07"),
        ("i går", "2026-03-09"),
        ("in 3 days", "2026-03-13"),
        ("demain", "2026-03-11"),
    ],
)
def test_relative_words_count_from_the_day_of_the_record(text: str, day: str) -> None:
    bench = new_bench()
    assert built("{date: {relative: true}}", bench)(text) == day
    assert bench.day_was_used
    with pytest.raises(RecordError) as caught:
        made("date", text)
    assert "relative: true" in caught.value.hint


def test_the_day_is_noted_again_when_the_answer_is_remembered() -> None:
    bench = new_bench()
    read = built("{date: {relative: true}}", bench)
    assert read("hier") == "2026-03-09"
    bench.begin("2026-03-11")
    assert (read("hier"), bench.day_was_used) == ("2026-03-10", True)
    bench.begin("2026-03-10")
    assert (read("hier"), bench.day_was_used) == ("2026-03-09", True)
    bench.begin("2026-03-10")
    assert (read("2026-01-01"), bench.day_was_used) == ("2026-01-01", False)


def test_languages_that_have_no_table_are_read_by_dateparser() -> None:
    bench = new_bench()
    read = built("{date: {languages: pl}}", bench)
    assert (read("24 listopada 2017"), bench.day_was_used) == ("2017-11-24", False)
    assert (read("3 dni temu"), bench.day_was_used) == ("2026-03-07", True)
    with pytest.raises(RecordError):
        read("bez daty")


def test_a_time_gets_the_zone_of_the_source_and_a_day_stays_a_day() -> None:
    read = built("{date: {zone: Europe/Paris}}")
    assert read("2026-07-01 09:00") == "2026-07-01T09:00:00+02:00"
    assert read("2026-01-01T09:00:00Z") == "2026-01-01T09:00:00+00:00"
    assert read("2026-07-01") == "2026-07-01"
    assert read("1767348672") == "2026-01-02T11:11:12+01:00"
    assert read(datetime.datetime(2026, 7, 1, 9)) == "2026-07-01T09:00:00+02:00"
    assert read(datetime.date(2026, 7, 1)) == "2026-07-01"


@given(days, st.sampled_from(["DMY", "MDY", "YMD"]), st.sampled_from("/-. "), st.booleans())
@settings(max_examples=300, deadline=None)
def test_a_date_in_numbers_comes_back(day: datetime.date, order: str, sign: str, padded: bool) -> None:
    width = "02d" if padded else "d"
    parts = {"D": format(day.day, width), "M": format(day.month, width), "Y": str(day.year)}
    assert made(f"{{date: {order}}}", sign.join(parts[one] for one in order)) == day.isoformat()


@given(
    days,
    st.sampled_from(sorted(MONTHS)),
    st.sampled_from(["{d} {m} {y}", "{d}. {m} {y}", "{m} {d}, {y}", "{d}-{m}-{y}"]),
)
@settings(max_examples=300, deadline=None)
def test_a_date_with_the_name_of_its_month_comes_back(day: datetime.date, name: str, form: str) -> None:
    text = form.format(d=day.day, m=name, y=day.year)
    expected = (day.year, MONTHS[name], day.day)
    try:
        assert made("date", text) == datetime.date(*expected).isoformat()
    except RecordError:
        with pytest.raises(ValueError, match="day"):
            datetime.date(*expected)


@given(st.text(max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_date_nothing_or_a_record_error(text: str) -> None:
    try:
        date = made("{date: {order: DMY, relative: true}}", text)
    except RecordError:
        return
    assert date is None or datetime.datetime.fromisoformat(date)
