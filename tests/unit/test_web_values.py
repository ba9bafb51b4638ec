"""How values look on pages: lengths of time, differences, browsers, what differs of two texts, charts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jobpipe.web.charts import Bar, bars, plot, sparkline
from jobpipe.web.differences import BESIDE, removed
from jobpipe.web.filters import ago, browser, duration, signed, tally
from jobpipe.web.words import words_of


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "40 ms"), (0.62, "0.6 s"), (0.0, "0.0 s"), (12.3, "12 s"), (300, "5 min"), (None, "")],
)
def test_a_length_of_time_has_a_unit_that_fits(seconds: float | None, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("back", "words"), [(0.5, "just now"), (7.4, "7 s ago"), (-20.0, "in 20 s"), (3 * 3600, "3 h ago")]
)
def test_a_moment_is_said_in_whole_seconds(back: float, words: str) -> None:
    assert f">{words}</time>" in ago(datetime.now(UTC) - timedelta(seconds=back))


def test_a_difference_has_its_sign_and_zeros_step_back() -> None:
    assert [signed(value) for value in (1_200, -3, 0)] == ["+1,200", "−3", "0"]
    assert tally(0) == '<span class="dim">0</span>'
    assert tally(1_500) == "1,500"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML) Chrome/126.0 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605 Version/17 Safari/605", "Safari on macOS"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/126.0 Safari/537.36 Edg/126.0", "Edge on Windows"),
        ("curl/8.5.0", "curl"),
        ("a robot", "a robot"),
    ],
)
def test_a_browser_is_called_as_people_call_it(agent: str, name: str) -> None:
    assert browser(agent, words_of("en")) == name


def test_of_long_texts_that_differ_in_one_place_that_place_is_shown() -> None:
    before, after = "what comes first " * 20, "what follows then " * 20
    shown = removed(f"{before}gone {after}", f"{before}{after}")
    assert shown.count("<del>") == 1 and "gone" in shown
    assert len(shown) < 4 * BESIDE
    assert shown.startswith("…") and shown.endswith("…")


def test_what_is_short_is_shown_whole() -> None:
    assert removed("red or blue", "red or green").startswith("red or ")


def test_bars_of_several_rows_stand_in_columns() -> None:
    few = bars([Bar(value=1, look="good", title="one")], label="one", width=100, places=20)
    assert 'x="95.' in few
    assert bars([], label="none") == ""


def test_what_never_changes_is_a_line_in_the_middle_but_for_a_scale_that_is_given() -> None:
    assert "14.0" in sparkline([5, 5], label="live", height=28)
    assert ",3.0" in sparkline([1.0, 1.0], label="share", height=28, within=(0, 1))


def test_a_plot_says_what_its_edges_are() -> None:
    chart = sparkline([1, 2, 3], label="live", stretched=True)
    made = plot(chart, most="1,200", moments=("1 May", "9 May"))
    assert all(words in made for words in ("1,200", "1 May", "9 May", "<svg"))
    assert plot(bars([], label="none"), most="0", moments=("", "")) == ""
