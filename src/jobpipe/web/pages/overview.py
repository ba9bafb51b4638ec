"""Is anything wrong? What wants a person first, what runs, what is due, and every import with its last runs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Case, F, Q, QuerySet, When, Window
from django.db.models.functions import RowNumber
from django.http import HttpResponse, HttpResponseRedirect

from jobpipe.incidents.states import WAITING
from jobpipe.ledger.models import Import, Incident, Run, RunState, ScheduledImport
from jobpipe.runs.history import that_made_anything
from jobpipe.runs.holding import why_it_waits
from jobpipe.runs.overview import WEEK, Overview
from jobpipe.runs.summaries import WORST_FIRST
from jobpipe.runs.summaries import shown as shown_of
from jobpipe.web.charts import Bar, bars, sparkline
from jobpipe.web.flow import flows
from jobpipe.web.import_lists import ImportList, chosen_imports
from jobpipe.web.notes import show
from jobpipe.web.paging import stretch
from jobpipe.web.rights import Right, Viewer, visible_imports, visible_incidents, visible_runs
from jobpipe.web.routes import Request, page
from jobpipe.web.states import look_of

# Of each import.
RUNS_SHOWN = 20
# Imports on one page, and what is named above them.
_LINES, _NAMED, _DUE, _INCIDENTS = 25, 20, 8, 8
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Line:
    one: Overview
    runs: Any
    live: Any


@page("", needs=Right.SELF, name="overview")
def show_overview(request: Request) -> HttpResponse:
    """`?state=`, `?client=` and `?q=` of the address choose imports; the part that lives is asked for again.

    A client's own people have their own pages.
    """
    if not request.viewer.may(Right.SEE):
        return HttpResponseRedirect("/clients/")
    found = chosen_imports(request)
    part = stretch(request, found.number, _LINES)
    shown: dict[str, object] = {
        "lines": _lines(found.page(part.first, _LINES)),
        "part": part,
        "states": found.states,
        "clients": found.clients[:500],
        "due": _due(request.viewer),
        "incidents": _incidents(request.viewer),
        "today": _today(request.viewer, found.now),
        "may_run": request.viewer.may(Right.RUN),
        "has_imports": bool(found.states),
        "state": request.GET.get("state", ""),
        "client": request.GET.get("client", ""),
        "q": request.GET.get("q", ""),
        **_named(found),
    }
    return show(request, "_overview.html" if request.headers.get("HX-Request") else "overview.html", shown)


def _named(found: ImportList) -> dict[str, object]:
    """The first of those that wait and of those that run; an import may be among both."""
    some = _first_of_each(found) if found.held or found.running else []
    held = [one for one in some if one.held is not None][:_NAMED]
    running = [one for one in some if one.last is not None and one.last.state == RunState.RUNNING][:_NAMED]
    return {
        "held": [(one.name, one.held, why_it_waits(one.held)) for one in held if one.held is not None],
        "more_held": found.held - len(held),
        "running": running,
        "more_running": found.running - len(running),
    }


def _first_of_each(found: ImportList) -> list[Overview]:
    """One statement: those that are among the first of either kind."""
    waits, runs = Q(held_run__isnull=False), Q(last_state=RunState.RUNNING)
    either = found.visible.annotate(waits_for_one=Case(When(waits, then=1)), goes=Case(When(runs, then=1)))
    placed = either.annotate(
        waiting_place=Window(RowNumber(), partition_by=F("waits_for_one"), order_by=WORST_FIRST),
        running_place=Window(RowNumber(), partition_by=F("goes"), order_by=WORST_FIRST),
    )
    first = Q(waits_for_one=1, waiting_place__lte=_NAMED) | Q(goes=1, running_place__lte=_NAMED)
    return shown_of(placed.filter(first).order_by(*WORST_FIRST), found.now)


def _incidents(viewer: Viewer) -> QuerySet[Incident]:
    """The latest that wait: found in an index alone, before any of them is read."""
    latest = visible_incidents(viewer).filter(state__in=WAITING).order_by("-last_seen").values("pk")[:_INCIDENTS]
    return Incident.objects.filter(pk__in=latest).defer("samples", "details").order_by("-last_seen")


def _due(viewer: Viewer) -> list[tuple[str, datetime | None]]:
    """What comes next."""
    rows = ScheduledImport.objects.filter(next_due__isnull=False, import_row__in=visible_imports(viewer))
    return list(rows.order_by("next_due", "import_row__name").values_list("import_row__name", "next_due")[:_DUE])


def _lines(chosen: list[Overview]) -> list[Line]:
    runs = _last_runs([one.name for one in chosen])
    return [Line(one, _bars(runs[one.name]), _live(runs[one.name])) for one in chosen]


class _Run(NamedTuple):
    name: str
    number: int
    state: str
    live: int
    started_at: datetime
    seconds: float


def _last_runs(names: list[str]) -> dict[str, list[_Run]]:
    """Of each import the last ones, the oldest first: one statement."""
    latest = Window(RowNumber(), partition_by=F("import_row_id"), order_by=F("id").desc())
    of_these = that_made_anything(Run.objects.filter(import_row__in=Import.objects.filter(name__in=names)))
    found = of_these.annotate(place=latest).filter(place__lte=RUNS_SHOWN).order_by("id")
    runs: dict[str, list[_Run]] = defaultdict(list)
    for run in found.values_list("import_row__name", "id", "state", "live", "started_at", "seconds"):
        runs[run[0]].append(_Run(*run))
    return runs


def _bars(runs: list[_Run]) -> Any:
    return bars(
        [
            Bar(
                value=run.seconds or 0.1,
                look=look_of(run.state) or "dim",
                title=f"run {run.number}, {run.started_at:%d %b %H:%M}: {run.state}, {run.seconds:.0f} s",
            )
            for run in runs
        ],
        label=f"the last {len(runs)} runs",
        width=100,
        places=RUNS_SHOWN,
    )


def _live(runs: list[_Run]) -> Any:
    return sparkline([float(run.live) for run in runs], label=f"live postings of the last {len(runs)} runs", width=72)


def _today(viewer: Viewer, now: datetime) -> list[dict[str, Any]]:
    """Postings in and out today, beside the same weekday a week ago."""
    begin = now.replace(hour=0, minute=0, second=0, microsecond=0)
    days = {"today": begin, "a week ago": begin - WEEK}
    found = flows(visible_runs(viewer), [(day, day + _DAY) for day in days.values()])
    return [{"words": words, "new": flow.new, "gone": flow.gone} for words, flow in zip(days, found, strict=True)]
