"""Charts of runs: what each has read, stacked by outcome, how long it took, and the shares of an account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from jobpipe.ledger.models import Run

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


def width_for(runs: Sequence[Run]) -> int:
    """Of a chart of runs, in pixels: few of them make no walls."""
    return min(720, max(24 * len(runs), 24))


def runs_over_time(runs: Sequence[Run], *, height: int = 120) -> SafeString:
    """Each run a column, the latest at the right: its records stacked by outcome."""
    if not runs:
        return SafeString("")
    width = width_for(runs)
    step = width / len(runs)
    highest = max((run.account.get("read", 0) for run in runs), default=0) or 1
    columns = format_html_join(
        "", "{}", ((_column(run, place * step, step, height, highest),) for place, run in enumerate(runs))
    )
    return _svg(f"records of the last {len(runs)} runs by what became of them", width, height, columns, role="group")


def _column(run: Run, left: float, step: float, height: int, highest: int) -> SafeString:
    counted = _by_look(run.account)
    title = f"run {run.pk}, {run.started_at:%Y-%m-%d %H:%M}, {run.state}: " + (
        ", ".join(f"{number:,} {word}" for word, number in run.account.items() if number) or "nothing read"
    )
    ground = float(height)
    marks = []
    for look, number in counted:
        tall = height * number / highest
        ground -= tall
        marks.append((look, f"{left:.1f}", f"{ground:.1f}", f"{max(step - 1.5, 1):.1f}", f"{tall:.1f}"))
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


def _svg(label: str, width: int, height: int, marks: SafeString, *, role: str = "img") -> SafeString:
    """`role`: group where there are links in it."""
    return format_html(
        '<svg class="chart" role="{}" aria-label="{}" width="{}" height="{}" viewBox="0 0 {} {}">{}</svg>',
        role,
        label,
        width,
        height,
        width,
        height,
        marks,
    )
