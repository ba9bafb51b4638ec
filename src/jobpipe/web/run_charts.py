"""Charts of runs: what each has read, stacked by outcome, how long it took, what is live, the shares of an account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from jobpipe.ledger.models import Run
from jobpipe.web.charts import PLOT_WIDTH, Bar, bars, moment, placed, plot, size, sparkline
from jobpipe.web.filters import duration
from jobpipe.web.states import look_of

# Outcome -> look, from the ground up; those that are not here are counted as the rest.
_LOOKS = {"unchanged": "dim", "updated": "info", "new": "good", "rejected": "bad"}
_REST = "warn"
LEGEND = (
    ("dim", "unchanged"),
    ("info", "updated"),
    ("good", "new"),
    ("bad", "rejected"),
    ("warn", "duplicate, filtered, closed"),
)


def runs_over_time(runs: Sequence[Run], *, height: int = 120) -> SafeString:
    """Each run a column, the latest at the right: its records stacked by outcome."""
    if not runs:
        return SafeString("")
    step = PLOT_WIDTH / len(runs)
    highest = max((run.account.get("read", 0) for run in runs), default=0) or 1
    columns = format_html_join(
        "", "{}", ((_column(run, place * step, step, height, highest),) for place, run in enumerate(runs))
    )
    label = f"records of the last {len(runs)} runs by what became of them"
    chart = _svg(label, PLOT_WIDTH, height, columns, role="group", stretched=True)
    return plot(chart, most=f"{highest:,}", moments=_moments(runs))


def durations(runs: Sequence[Run], *, height: int = 64) -> SafeString:
    found = [
        Bar(
            value=run.seconds or 0.1,
            look=look_of(run.state) or "dim",
            title=f"run {run.pk}, {run.started_at:%Y-%m-%d %H:%M}: {run.state}, {run.seconds:.1f} s",
        )
        for run in runs
    ]
    label = f"how long the last {len(runs)} runs took"
    chart = bars(found, label=label, width=PLOT_WIDTH, height=height, stretched=True)
    longest = max((run.seconds for run in runs), default=0.0)
    return plot(chart, most=duration(longest), low=True, moments=_moments(runs))


def live_postings(runs: Sequence[Run], *, height: int = 64) -> SafeString:
    """Nothing where there are too few runs for a line."""
    found = [run.live for run in runs]
    label = f"live postings after each of the last {len(runs)} runs"
    chart = sparkline(found, label=label, width=PLOT_WIDTH, height=height, stretched=True)
    most, least = max(found, default=0), min(found, default=0)
    return plot(chart, most=f"{most:,}", least=f"{least:,}" if least < most else "", low=True, moments=_moments(runs))


def _moments(runs: Sequence[Run]) -> tuple[str, str]:
    return (moment(runs[0].started_at), moment(runs[-1].started_at)) if runs else ("", "")


def _column(run: Run, left: float, step: float, height: int, highest: int) -> SafeString:
    counted = _by_look(run.account)
    begin, wide = placed(left, step)
    title = f"run {run.pk}, {run.started_at:%Y-%m-%d %H:%M}, {run.state}: " + (
        ", ".join(f"{number:,} {word}" for word, number in run.account.items() if number) or "nothing read"
    )
    ground = float(height)
    marks = []
    for look, number in counted:
        tall = height * number / highest
        ground -= tall
        marks.append((look, f"{begin:.1f}", f"{ground:.1f}", f"{wide:.1f}", f"{tall:.1f}"))
    rects = format_html_join("", '<rect class="{}" x="{}" y="{}" width="{}" height="{}"></rect>', marks)
    whole = format_html(
        '<rect class="hit" x="{}" y="0" width="{}" height="{}"></rect>', f"{left:.1f}", f"{step:.1f}", height
    )
    return format_html('<a href="/runs/{}/"><title>{}</title>{}{}</a>', run.pk, title, whole, rects)


def _by_look(account: Mapping[str, int]) -> list[tuple[str, int]]:
    counted = [(look, account.get(word, 0)) for word, look in _LOOKS.items()]
    rest = sum(number for word, number in account.items() if word not in _LOOKS and word != "read")
    return [(look, number) for look, number in (*counted, (_REST, rest)) if number]


def account_bar(number: int, read: int, look: str, *, width: int = 220, height: int = 12) -> SafeString:
    """How much of what was read this is."""
    wide = width * number / read if read else 0.0
    bar = format_html(
        '<rect class="ground" width="{}" height="{}" rx="2"></rect>'
        '<rect class="{}" width="{}" height="{}" rx="2"></rect>',
        width,
        height,
        look,
        f"{max(wide, 2.0) if number else 0:.1f}",
        height,
    )
    return _svg(f"{number:,} of {read:,}", width, height, bar)


def look_of_outcome(outcome: str) -> str:
    return _LOOKS.get(outcome, _REST)


def _svg(
    label: str, width: int, height: int, marks: SafeString, *, role: str = "img", stretched: bool = False
) -> SafeString:
    """`role`: group where there are links in it."""
    drawn = SafeString(size(label, width, height, stretched))
    return format_html('<svg class="chart" role="{}" {}>{}</svg>', role, drawn, marks)
