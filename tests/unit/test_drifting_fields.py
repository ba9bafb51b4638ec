"""A field that a source loses by and by: told once it is certain, once, and no more when it is back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from jobpipe.incidents.expectations.causes import causes_of
from jobpipe.incidents.expectations.figures import Figures
from jobpipe.incidents.expectations.judging import judge
from jobpipe.incidents.expectations.past import Past, PastFigures
from jobpipe.incidents.expectations.words import message_of

BEGIN = datetime(2026, 1, 5, 6, tzinfo=UTC)
SIZE = 500


def told(shares: Iterable[float]) -> list[tuple[int, str, str]]:
    """Of a run a day, whose postings have a salary in this share: (day, kind, words) of what is new."""
    runs: list[PastFigures] = []
    found = []
    for day, share in enumerate(shares):
        # A little of chance, the same each time.
        share = max(0.0, share + 0.01 * (day * 7 % 5 - 2))
        figures = Figures(live=SIZE, counted=SIZE, present={"title": SIZE, "salary": round(share * SIZE)})
        figures.account = {"read": SIZE, "new": 15, "updated": 5}
        at = BEGIN + timedelta(days=day)
        breaks = judge(figures, Past(runs), at)
        broken = frozenset(one.measure for one in breaks)
        runs.append(PastFigures(run=day, at=at, read=lambda figures=figures: figures, broken=broken))  # type: ignore[misc]
        new = [one for one in breaks if not one.lasts]
        found += [(day, cause.kind, message_of(cause)) for cause in causes_of(new)]
    return found


def test_a_field_that_goes_by_a_little_each_day_is_told_once_with_its_figures() -> None:
    falls = [0.9] * 40 + [0.9 - 0.015 * day for day in range(30)] + [0.45] * 60
    ((day, kind, said),) = told(falls)
    assert kind == "fields-gone"
    assert 40 < day < 75
    assert said.startswith("salary: 9") and "four weeks ago" in said


def test_what_has_been_so_for_four_weeks_is_how_it_is_and_told_no_more() -> None:
    ((day, kind, said),) = told([0.9] * 40 + [0.3] * 100)
    assert (day, kind, "four weeks" in said) == (40, "fields-gone", False)


def test_a_field_that_comes_back_and_goes_again_is_told_again() -> None:
    once = [0.9] * 40 + [0.9 - 0.015 * day for day in range(40)]
    assert len(told(once + once)) == 2


def test_a_field_that_wavers_or_falls_for_a_campaign_is_not_told_of() -> None:
    wavers = [0.8 + 0.05 * ((day // 20) % 3 - 1) for day in range(150)]
    assert told(wavers) == []
    campaigns = [0.9 if day % 50 < 38 else 0.7 for day in range(150)]
    assert [one for one in told(campaigns) if "weeks" in one[2]] == []


def test_a_field_that_hardly_any_posting_has_is_not_missed() -> None:
    assert told([0.1] * 40 + [0.1 - 0.002 * day for day in range(50)]) == []
