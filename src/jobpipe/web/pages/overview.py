"""Is anything wrong? What wants a person first, what runs, what is due, and every import with its last runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.http import HttpResponse, HttpResponseRedirect

from jobpipe.incidents.states import WAITING
from jobpipe.ledger.clock import ledger_time
from jobpipe.ledger.models import Run, RunState
from jobpipe.runs.holding import why_it_waits
from jobpipe.runs.overview import Overview, never_run, overviews, worst_first
from jobpipe.web.charts import Bar, bars, sparkline
from jobpipe.web.notes import show
from jobpipe.web.paging import address
from jobpipe.web.project import workspace
from jobpipe.web.rights import Right, Viewer, visible_incidents, visible_names
from jobpipe.web.routes import Request, page
from jobpipe.web.states import look_of

# Of each import.
RUNS_SHOWN = 20
# Imports on one page, and what is named above them.
_LINES, _NAMED = 25, 20
_NOT_MADE = (RunState.SKIPPED, RunState.CANCELLED, RunState.QUEUED)


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
    now = ledger_time()
    everything = worst_first(_visible(request.viewer, overviews(now)))
    chosen = [one for one in everything if _is_chosen(request, one)]
    held = _waiting(everything)
    running = [one for one in everything if one.last is not None and one.last.state == RunState.RUNNING]
    first = _first(request, len(chosen))
    shown: dict[str, object] = {
        "lines": _lines(chosen[first : first + _LINES]),
        "number": len(chosen),
        "from_number": first + 1,
        "to_number": min(first + _LINES, len(chosen)),
        "before": address(request, **{"from": max(first - _LINES, 0)}) if first else "",
        "after": address(request, **{"from": first + _LINES}) if first + _LINES < len(chosen) else "",
        "states": _counted(everything),
        "clients": sorted({one.client for one in everything if one.client})[:500],
        "running": running[:_NAMED],
        "more_running": max(len(running) - _NAMED, 0),
        "due": sorted((one for one in everything if one.next_due), key=lambda one: (one.next_due, one.name))[:8],
        "incidents": visible_incidents(request.viewer).filter(state__in=WAITING).order_by("-last_seen")[:8],
        "held": [(one, why_it_waits(run)) for one, run in held[:_NAMED]],
        "more_held": max(len(held) - _NAMED, 0),
        "today": _today(request.viewer, now),
        "has_imports": bool(everything),
        "state": request.GET.get("state", ""),
        "client": request.GET.get("client", ""),
        "q": request.GET.get("q", ""),
    }
    return show(request, "_overview.html" if request.headers.get("HX-Request") else "overview.html", shown)


def _first(request: Request, number: int) -> int:
    """`?from=`: how many lines come before those that are shown."""
    text = request.GET.get("from", "")
    return min(int(text), max(number - 1, 0)) if text.isdecimal() and len(text) < 7 else 0


def _visible(viewer: Viewer, found: list[Overview]) -> list[Overview]:
    if viewer.clients is None:
        known = {one.name for one in found}
        return found + never_run(name for name in workspace().project.imports() if name not in known)
    names = set(visible_names(viewer, [one.name for one in found]))
    return [one for one in found if one.name in names]


def _is_chosen(request: Request, one: Overview) -> bool:
    state, client, words = (request.GET.get(name, "") for name in ("state", "client", "q"))
    return (
        (not state or one.state == state or (state == "waiting" and _is_waiting(one)))
        and (not client or one.client == client)
        and words.lower() in f"{one.name} {one.client}".lower()
    )


def _is_waiting(one: Overview) -> bool:
    return one.incidents > 0 or (one.last is not None and one.last.state == RunState.HELD)


def _waiting(everything: Iterable[Overview]) -> list[tuple[Overview, Run]]:
    return [(one, one.last) for one in everything if one.last is not None and one.last.state == RunState.HELD]


def _counted(everything: Iterable[Overview]) -> list[tuple[str, int]]:
    counted: dict[str, int] = defaultdict(int)
    for one in everything:
        counted[str(one.state)] += 1
    return [(state, counted[state]) for state in ("down", "late", "ok", "new", "paused") if counted[state]]


def _lines(chosen: list[Overview]) -> list[Line]:
    runs = _last_runs([one.name for one in chosen])
    return [Line(one, _bars(runs[one.name]), _live(runs[one.name])) for one in chosen]


def _last_runs(names: list[str]) -> dict[str, list[Run]]:
    """Of each import the last ones, the oldest first: one statement."""
    latest = Window(RowNumber(), partition_by=F("import_row_id"), order_by=F("id").desc())
    found = Run.objects.exclude(state__in=_NOT_MADE).annotate(place=latest).filter(place__lte=RUNS_SHOWN)
    if len(names) <= 500:
        found = found.filter(import_row__name__in=names)
    runs: dict[str, list[Run]] = defaultdict(list)
    fields = ("state", "live", "started_at", "seconds", "kind", "import_row__name")
    for run in found.select_related("import_row").only(*fields).order_by("id"):
        runs[run.import_row.name].append(run)
    return runs


def _bars(runs: list[Run]) -> Any:
    return bars(
        [
            Bar(
                value=run.seconds or 0.1,
                look=look_of(run.state) or "dim",
                title=f"run {run.pk}, {run.started_at:%d %b %H:%M}: {run.state}, {run.seconds:.0f} s",
            )
            for run in runs
        ],
        label=f"the last {len(runs)} runs",
    )


def _live(runs: list[Run]) -> Any:
    return sparkline([float(run.live) for run in runs], label=f"live postings of the last {len(runs)} runs")


def _today(viewer: Viewer, now: Any) -> list[dict[str, Any]]:
    """Postings in and out today, beside the same weekday a week ago."""
    made = []
    for words, day in (("today", now), ("a week ago", now - timedelta(days=7))):
        begin = day.replace(hour=0, minute=0, second=0, microsecond=0)
        found = Run.objects.filter(finished_at__gte=begin, finished_at__lt=begin + timedelta(days=1))
        if viewer.clients is not None:
            found = found.filter(import_row__client__in=viewer.clients)
        new = gone = 0
        for account, expired in found.values_list("account", "expired"):
            new += account.get("new", 0)
            gone += expired
        made.append({"words": words, "new": new, "gone": gone})
    return made
