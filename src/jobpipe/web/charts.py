"""Charts as SVG, made on the server: a title on each mark, no script, no style of its own.

Colours come from classes of `app.css`; a chart always stands beside its figures in words or in a table. A page has
hundreds of bars: they are put together as text, and what is not ours is escaped here.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

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
    step = width / len(found)
    highest = max(bar.value for bar in found) or 1
    marks = "".join(_bar(bar, index, step, height, highest) for index, bar in enumerate(found))
    # Links within a picture are heard by nobody.
    role = "group" if any(bar.address for bar in found) else "img"
    return SafeString(f'<svg class="chart" role="{role}" {_size(label, width, height)}>{marks}</svg>')


def _size(label: str, width: int, height: int) -> str:
    return f'aria-label="{html.escape(label)}" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'


def _bar(bar: Bar, index: int, step: float, height: int, highest: float) -> str:
    tall = max(3.0, height * bar.value / highest)
    title = html.escape(bar.title)
    mark = (
        f'<rect class="{html.escape(bar.look)}" x="{index * step:.1f}" y="{height - tall:.1f}" '
        f'width="{max(step - 1.5, 1):.1f}" height="{tall:.1f}" rx="1"><title>{title}</title></rect>'
    )
    return f'<a href="{html.escape(bar.address)}" aria-label="{title}">{mark}</a>' if bar.address else mark


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
    return SafeString(
        f'<svg class="chart" role="img" {_size(label, width, height)}>'
        f'<polyline class="line" points="{points}"><title>{html.escape(label)}</title></polyline></svg>'
    )
