"""Schedules: when imports are due, whether they came, and how many are due at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse

from jobpipe.runs.scheduling.crowding import Crowding, crowding, quarter_of
from jobpipe.runs.scheduling.past_times import Became, PastTime
from jobpipe.runs.scheduling.punctuality import ImportState
from jobpipe.runs.standing import in_words
from jobpipe.runs.summaries import WORST_FIRST, shown
from jobpipe.web.charts import PLOT_WIDTH, Bar, bars, moment, plot
from jobpipe.web.import_lists import ImportList, chosen_imports
from jobpipe.web.kept import Kept
from jobpipe.web.notes import show
from jobpipe.web.paging import address, stretch
from jobpipe.web.project import workspace
from jobpipe.web.rights import Right, Viewer
from jobpipe.web.routes import Request, page
from jobpipe.web.schedules import Scheduled, scheduled
from jobpipe.web.tables import csv_file, wants_csv

_LINES = 25
_MOST_ROWS = 5_000
# Seconds in which schedules are worked out for one page.
_PATIENCE = 1.0
_FULLEST = 6
_LOOKS = {
    Became.ON_TIME: "good",
    Became.LATE: "warn",
    Became.MISSED: "bad",
    Became.AWAITED: "info",
}
_COLUMNS = ("import", "client", "state", "schedule", "zone", "in words", "grace in seconds", "next times", "paused")
# Of the address: what comes first.
_BY_NEXT = "next"
_crowding: Kept[Crowding] = Kept()


@page("schedules/", needs=Right.SEE)
def show_schedules(request: Request) -> HttpResponse:
    """`?state= client= q=` of the address choose, `by=next` sorts; `?as=csv` gives a file."""
    found = chosen_imports(request)
    with_one = found.known.filter(import_row__scheduled__schedule__gt="")
    if request.GET.get("by") == _BY_NEXT:
        in_order = with_one.order_by("import_row__scheduled__next_due", "import_row__name")
    else:
        in_order = with_one.order_by(*WORST_FIRST)
    if wants_csv(request):
        everything = scheduled(shown(in_order[:_MOST_ROWS], found.now), found.now, with_past=False)
        return csv_file("schedules", _COLUMNS, map(_row, everything))
    number = with_one.count()
    part = stretch(request, number, _LINES)
    zone = ZoneInfo(workspace().project.settings.zone)
    crowd = _crowd(request.viewer, found)
    context: dict[str, object] = {
        "lines": [
            (one, _last(one.last), in_words(one.one.decision) if one.one.decision is not None else "")
            for one in scheduled(shown(in_order[part.first : part.first + _LINES], found.now), found.now)
        ],
        "part": part,
        "without": found.number - number,
        "states": [state for state, _ in found.states],
        "clients": found.clients,
        "strip": _strip(crowd, zone),
        "zone": str(zone),
        "crowd": crowd,
        "most": max(crowd.counts),
        "fullest": [
            (crowd.quarter(place).astimezone(zone), crowd.counts[place], crowd.named[place])
            for place in crowd.fullest(_FULLEST)
        ],
        "csv": address(request, **{"as": "csv", "from": None}),
        "by_next": address(request, by=_BY_NEXT, **{"from": None}),
        "by_state": address(request, by=None, **{"from": None}),
        "by": request.GET.get("by", ""),
        **{name: request.GET.get(name, "") for name in ("state", "client", "q")},
    }
    return show(request, "schedules.html", context)


def _crowd(viewer: Viewer, found: ImportList) -> Crowding:
    """Of all that may be seen and is not paused."""
    going = found.visible.exclude(state_now=ImportState.PAUSED).filter(
        import_row__scheduled__next_due__isnull=False, import_row__scheduled__schedule__gt=""
    )
    of = ("import_row__name", "import_row__scheduled__schedule", "import_row__scheduled__zone")
    rows = tuple(going.order_by("import_row__name").values_list(*of))
    known = _crowding.of(
        viewer.clients, (quarter_of(found.now), rows), lambda: crowding(rows, found.now, seconds=_PATIENCE)
    )
    if not known.left_out:
        return known
    # What was worked out the last time is known now.
    return _crowding.of(viewer.clients, found.now, lambda: crowding(rows, found.now, seconds=_PATIENCE))


def _strip(crowd: Crowding, zone: ZoneInfo) -> Any:
    if not any(crowd.counts):
        return ""
    found = [
        Bar(value=count, look="info", title=_quarter_in_words(crowd.quarter(place).astimezone(zone), count))
        for place, count in enumerate(crowd.counts)
    ]
    most = max(crowd.counts)
    words = f"imports that are due in each quarter of an hour of the next day: at most {most:,} at once"
    first = crowd.start.astimezone(zone)
    chart = bars(found, label=words, width=PLOT_WIDTH, height=60, stretched=True)
    return plot(chart, most=f"{most:,}", moments=(moment(first), moment(first + timedelta(days=1))), low=True)


def _quarter_in_words(begin: datetime, count: int) -> str:
    until = begin + timedelta(minutes=15)
    return f"{begin:%H:%M} to {until:%H:%M}: {count:,} {'import' if count == 1 else 'imports'}"


def _last(last: Sequence[PastTime]) -> Any:
    found = [
        Bar(
            value=1,
            look=_LOOKS.get(one.became, "dim"),
            title=f"{one.due:%a %d %b %H:%M} UTC: {one.became}" + (f", run {one.run}" if one.run else ""),
        )
        for one in last
    ]
    return bars(found, label=f"what became of the last {len(last)} times", width=12 * len(last), height=24)


def _row(found: Scheduled) -> tuple[Any, ...]:
    one, row = found.one, found.row
    times = " ".join(due.isoformat(timespec="minutes") for due in found.next)
    return (
        *(one.name, one.client, str(one.state), row.schedule, row.zone or "UTC", found.words, row.grace, times),
        in_words(one.decision) if one.decision is not None else "",
    )
