"""How `jobpipe status` looks: one line an import, and a second one where something is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

if TYPE_CHECKING:
    from jobpipe.runs.deliveries.overview import DestinationOverview
    from jobpipe.runs.overview import Overview

_STYLES = {"down": "bold red", "late": "yellow", "ok": "green", "new": "cyan", "paused": "dim"}
_OF_DESTINATIONS = {
    "wrong": "bold red",
    "down": "bold red",
    "held": "yellow",
    "behind": "cyan",
    "gone": "yellow",
    "ok": "green",
    "new": "cyan",
    "paused": "dim",
}
_RUN_STYLES = {"failed": "red", "partial": "yellow", "held": "yellow", "running": "cyan"}


def heading(shown: Sequence[Overview], now: datetime) -> str:
    """`12 imports: 1 down, 1 late, 10 ok; 12,345 postings live` and the time."""
    counted = Counter(str(one.state) for one in shown)
    parts = [f"[{style}]{counted[state]:,} {state}[/]" for state, style in _STYLES.items() if counted[state]]
    live = sum(one.live or 0 for one in shown)
    imports = f"{len(shown):,} import{'s' if len(shown) != 1 else ''}"
    return f"[bold]{imports}[/]: {', '.join(parts)}; {live:,} live  [dim]{now:%Y-%m-%d %H:%M} UTC[/]"


def destination_heading(shown: Sequence[DestinationOverview]) -> str:
    """`3 destinations: 1 down, 2 ok`"""
    counted = Counter(one.state for one in shown)
    parts = [f"[{style}]{counted[state]:,} {state}[/]" for state, style in _OF_DESTINATIONS.items() if counted[state]]
    return f"[bold]{len(shown):,} destination{'s' if len(shown) != 1 else ''}[/]: {', '.join(parts)}"


def trouble_of_destination(one: DestinationOverview) -> str:
    """In a line; "" = there is none."""
    row = one.row
    if one.state == "wrong":
        return one.fault.partition("\n")[0]
    if one.state == "gone":
        return f"its file is gone: jobpipe destinations forget {one.name}"
    if one.state == "held":
        return "a file waits for a person: jobpipe deliveries"
    if one.state == "down" and row is not None and row.failing_since is not None:
        return f"since {row.failing_since:%Y-%m-%d %H:%M} UTC: {row.error}"
    return ""


def status_lines(shown: Sequence[Overview], now: datetime, width: int) -> Iterator[Text]:
    """Columns that fit, and below each import what is wrong with it."""
    rows = [_Row.of(one, now) for one in shown]
    widths = [max(cell_len(cells) for cells in column) for column in zip(*(row.texts for row in rows), strict=True)]
    # Names give way first: the rest is what one looks for.
    spare = width - sum(widths) - len(_GAP) * (len(widths) - 1)
    widths[1] = max(min(widths[1], widths[1] + spare), 12)
    head = [
        _cell(Text(word, style="dim"), size, place)
        for place, (word, size) in enumerate(zip(_HEADS, widths, strict=True))
    ]
    yield Text(_GAP).join(head)
    for one, row in zip(shown, rows, strict=True):
        yield Text(_GAP).join(_cell(cell, widths[place], place) for place, cell in enumerate(row.cells))
        for said in trouble_of(one):
            line = Text(" " * (widths[0] + len(_GAP)) + " ".join(said.split()), style="dim")
            line.truncate(width, overflow="ellipsis")
            yield line


_GAP = "  "
_HEADS = ("state", "import", "last run", "next due", "live", "week")
_FIRST_OF_NUMBERS = 4


def _cell(text: Text, size: int, place: int) -> Text:
    made = text.copy()
    made.truncate(size, overflow="ellipsis")
    made.align("right" if place >= _FIRST_OF_NUMBERS else "left", size)
    return made


@dataclass(frozen=True, slots=True)
class _Row:
    cells: tuple[Text, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(f"{cell.plain:{len(head)}}" for cell, head in zip(self.cells, _HEADS, strict=True))

    @classmethod
    def of(cls, one: Overview, now: datetime) -> _Row:
        state = str(one.state)
        return cls(
            (
                Text(state, style=_STYLES[state]),
                Text(one.name),
                _last_run(one, now),
                Text(_next_due(one, now), style="" if one.next_due else "dim"),
                Text(f"{one.live:,}" if one.live is not None else "-"),
                _change(one),
            )
        )


def trouble_of(one: Overview) -> list[str]:
    """Why a person should look at it; in a few words each."""
    from jobpipe.runs.standing import in_words

    said: list[str] = []
    if one.punctuality.missed is not None:
        said.append(f"was due {one.punctuality.missed:%a %H:%M} UTC")
    if one.last is not None and one.last.state == "failed" and one.last.error:
        said.append(one.last.error)
    if one.held is not None:
        said.append(f"run {one.held.pk} is held: jobpipe accept {one.held.pk}, or jobpipe dismiss {one.held.pk}")
    if one.incidents:
        said.append(
            f"{one.incidents:,} incident{'s' if one.incidents > 1 else ''}: jobpipe incidents --import {one.name}"
        )
    if one.fault:
        said.append(one.fault)
    if one.decision is not None:
        said.append(in_words(one.decision))
    return said


def _last_run(one: Overview, now: datetime) -> Text:
    if one.last is None:
        return Text("never", style="dim")
    style = _RUN_STYLES.get(one.last.state, "")
    if one.last.finished_at is None:
        return Text(f"running {length(now - one.last.started_at)}", style=style)
    return Text(f"{one.last.state} {length(now - one.last.finished_at)} ago", style=style)


def _next_due(one: Overview, now: datetime) -> str:
    if one.state == "paused":
        return "-"
    if one.next_due is None:
        return "by hand" if not one.schedule else "-"
    return f"in {length(one.next_due - now)}" if one.next_due > now else "now"


def _change(one: Overview) -> Text:
    if one.change is None or one.live_a_week_ago is None:
        return Text("")
    if not one.live_a_week_ago:
        return Text(f"+{one.change:,}" if one.change else "=", style="green" if one.change else "dim")
    percent = round(100 * one.change / one.live_a_week_ago)
    if not percent:
        return Text("=" if not one.change else f"{one.change:+,}", style="dim")
    return Text(f"{percent:+d} %", style="red" if percent <= -20 else "yellow" if abs(percent) >= 20 else "")


def length(span: timedelta) -> str:
    """In its largest unit: 12 s, 5 min, 3 h, 4 d."""
    seconds = max(int(span.total_seconds()), 0)
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size or (unit == "min" and seconds >= size):
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
