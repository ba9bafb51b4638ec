"""Charts as SVG, made on the server: a title on each mark, no script, no style of its own.

Colours come from classes of `app.css`; a chart always stands beside its figures in words or in a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    value: float
    # good warn bad info dim
    look: str
    # What one reads when one points at it.
    title: str
    # "" = it leads nowhere.
    address: str = ""


def bars(found: Sequence[Bar], *, label: str, width: int = 160, height: int = 28) -> SafeString:
    """One beside the other, the latest at the right; the highest has the full height, and none is invisible."""
    if not found:
        return SafeString("")
    step = width / max(len(found), 1)
    highest = max((bar.value for bar in found), default=0) or 1
    marks = format_html_join("", "{}", ((_bar(bar, index, step, height, highest),) for index, bar in enumerate(found)))
    return format_html(
        '<svg class="chart" role="{}" aria-label="{}" width="{}" height="{}" viewBox="0 0 {} {}">{}</svg>',
        # Links within a picture are heard by nobody.
        "group" if any(bar.address for bar in found) else "img",
        label,
        width,
        height,
        width,
        height,
        marks,
    )


def _bar(bar: Bar, index: int, step: float, height: int, highest: float) -> SafeString:
    tall = max(3.0, height * bar.value / highest)
    mark = format_html(
        '<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="1"><title>{}</title></rect>',
        bar.look,
        f"{index * step:.1f}",
        f"{height - tall:.1f}",
        f"{max(step - 1.5, 1):.1f}",
        f"{tall:.1f}",
        bar.title,
    )
    return format_html('<a href="{}" aria-label="{}">{}</a>', bar.address, bar.title, mark) if bar.address else mark


def sparkline(values: Sequence[float | None], *, label: str, width: int = 120, height: int = 28) -> SafeString:
    """A line through what is known; one value or none makes no line."""
    known = [(index, value) for index, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return SafeString("")
    low, high = min(value for _, value in known), max(value for _, value in known)
    spread = (high - low) or 1
    across = max(len(values) - 1, 1)
    points = " ".join(
        f"{index / across * (width - 4) + 2:.1f},{height - 3 - (value - low) / spread * (height - 6):.1f}"
        for index, value in known
    )
    return format_html(
        '<svg class="chart" role="img" aria-label="{}" width="{}" height="{}" viewBox="0 0 {} {}">'
        '<polyline class="line" points="{}"><title>{}</title></polyline></svg>',
        label,
        width,
        height,
        width,
        height,
        points,
        label,
    )
