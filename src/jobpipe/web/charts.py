"""Charts as SVG, made on the server: a title on each mark, no script, no style of its own.

Colours come from classes of `app.css`; a chart always stands beside its figures in words or in a table. A page has
hundreds of bars: they are put together as text, and what is not ours is escaped here.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString

# In units of the picture: few bars do not become walls.
_WIDEST = 28.0
PLOT_WIDTH = 720


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    value: float
    # good warn bad info dim
    look: str
    # What one reads when one points at it.
    title: str
    # "" = it leads nowhere.
    address: str = ""


def bars(
    found: Sequence[Bar], *, label: str, width: int = 160, height: int = 28, places: int = 0, stretched: bool = False
) -> SafeString:
    """One beside the other, the latest at the right; the highest has the full height, and only nothing is invisible.

    `places`: as many have room, so that those of several rows stand in columns.
    """
    if not found:
        return SafeString("")
    step = width / max(len(found), places)
    begin = width - step * len(found)
    highest = max(bar.value for bar in found) or 1
    there = ((begin + index * step, bar) for index, bar in enumerate(found) if bar.value)
    marks = "".join(_bar(bar, left, step, height, highest) for left, bar in there)
    # Links within a picture are heard by nobody.
    role = "group" if any(bar.address for bar in found) else "img"
    return SafeString(f'<svg class="chart" role="{role}" {size(label, width, height, stretched)}>{marks}</svg>')


def size(label: str, width: int, height: int, stretched: bool = False) -> str:
    """`stretched`: as a plot is, to the width that there is."""
    shown = ' preserveAspectRatio="none"' if stretched else ""
    return f'aria-label="{html.escape(label)}" width="{width}" height="{height}" viewBox="0 0 {width} {height}"{shown}'


def placed(left: float, step: float) -> tuple[float, float]:
    """Where a mark begins in its place, and how wide it is."""
    wide = min(max(step - 1.5, 1.0), _WIDEST)
    return left + (step - wide) / 2, wide


def _bar(bar: Bar, left: float, step: float, height: int, highest: float) -> str:
    tall = max(3.0, height * bar.value / highest)
    title = html.escape(bar.title)
    begin, wide = placed(left, step)
    mark = (
        f'<rect class="{html.escape(bar.look)}" x="{begin:.1f}" y="{height - tall:.1f}" '
        f'width="{wide:.1f}" height="{tall:.1f}" rx="1"><title>{title}</title></rect>'
    )
    return f'<a href="{html.escape(bar.address)}" aria-label="{title}">{mark}</a>' if bar.address else mark


def sparkline(
    values: Sequence[float | None],
    *,
    label: str,
    width: int = 120,
    height: int = 28,
    within: tuple[float, float] | None = None,
    stretched: bool = False,
) -> SafeString:
    """A line through what is known; one value or none makes no line. `within`: the scale, else from least to most."""
    known = [(index, value) for index, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return SafeString("")
    low, high = within or (min(value for _, value in known), max(value for _, value in known))
    # What never changes runs through the middle.
    low, high = (low, high) if high > low else (low - 1, high + 1)
    step = width / len(values) if stretched else (width - 4) / max(len(values) - 1, 1)
    begin = step / 2 if stretched else 2.0
    points = " ".join(
        f"{begin + index * step:.1f},{height - 3 - (value - low) / (high - low) * (height - 6):.1f}"
        for index, value in known
    )
    return SafeString(
        f'<svg class="chart" role="img" {size(label, width, height, stretched)}>'
        f'<polyline class="line" points="{points}"><title>{html.escape(label)}</title></polyline></svg>'
    )


def moment(at: datetime) -> str:
    return f"{at.day} {at:%b %H:%M}"


def plot(chart: SafeString, *, most: str, least: str = "0", moments: tuple[str, str], low: bool = False) -> SafeString:
    """A stretched chart with what its edges stand for: a scale at the left, the first and the last moment below."""
    if not chart:
        return SafeString("")
    first, last = moments
    return format_html(
        '<figure class="plot{}"><span>{}</span><span class="least">{}</span>{}'
        "<figcaption><span>{}</span><span>{}</span></figcaption></figure>",
        " low" if low else "",
        most,
        least,
        chart,
        first,
        last if last != first else "",
    )
