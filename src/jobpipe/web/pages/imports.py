"""Imports: the list of all, one import's health over time, its history, and what people decide of it as a whole."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q, Window
from django.db.models.functions import Lag
from django.http import Http404, HttpResponse

from jobpipe.definition.faults import without_logins
from jobpipe.definition.roles import ROLES
from jobpipe.errors import JobpipeError
from jobpipe.incidents.owners import Owners
from jobpipe.incidents.states import WAITING
from jobpipe.ledger.models import AuditLine, ImportDecision, Plan, Run
from jobpipe.runs.definition_files import patch_of
from jobpipe.runs.history import that_made_anything
from jobpipe.runs.overview import Overview, never_run
from jobpipe.runs.pausing import KEEP, decide, resume
from jobpipe.runs.requesting import request_reprocess, request_run
from jobpipe.runs.scheduling.timetable import schedule_of
from jobpipe.runs.scheduling.written import written_of
from jobpipe.runs.standing import in_words
from jobpipe.runs.summaries import bring_up_to_date, shown, summaries
from jobpipe.safety.secrets import redact
from jobpipe.web import audit, badges, notes
from jobpipe.web.coverage import coverage_of
from jobpipe.web.import_lists import chosen_imports
from jobpipe.web.paging import address, stretch
from jobpipe.web.pause_forms import pause_form
from jobpipe.web.project import workspace
from jobpipe.web.rights import Right, visible_incidents
from jobpipe.web.routes import Request, page
from jobpipe.web.run_charts import LEGEND, durations, live_postings, runs_over_time
from jobpipe.web.tables import csv_file, wants_csv

_AT_ONCE = 50
_RUNS_SHOWN = 60
_COLUMNS = ("import", "client", "state", "live", "change in a week", "last run", "last state", "next due", "incidents")


# The list -------------------------------------------------------------------------------------------


@page("imports/", needs=Right.SEE)
def show_list(request: Request) -> HttpResponse:
    """`?state= client= q=` of the address choose; `?as=csv` gives a file."""
    found = chosen_imports(request)
    if wants_csv(request):
        return csv_file("imports", _COLUMNS, map(_row, found.everything()))
    part = stretch(request, found.number, _AT_ONCE)
    context: dict[str, object] = {
        "imports": found.page(part.first, _AT_ONCE),
        "part": part,
        "states": [state for state, _ in found.states],
        "clients": found.clients,
        "csv": address(request, **{"as": "csv", "from": None}),
        "is_any": bool(found.states),
        "may_run": request.viewer.may(Right.RUN),
        "may_pause": request.viewer.may(Right.PAUSE),
        **{name: request.GET.get(name, "") for name in ("state", "client", "q")},
    }
    return notes.show(request, "imports.html", context)


def _row(one: Overview) -> tuple[Any, ...]:
    last = one.last
    ran = (last.started_at, last.state) if last is not None else (None, None)
    return (one.name, one.client, str(one.state), one.live, one.change, *ran, one.next_due, one.incidents)


# Its health -----------------------------------------------------------------------------------------


@page("imports/<str:import_name>/", needs=Right.SEE)
def show(request: Request, import_name: str) -> HttpResponse:
    return _status(request, import_name)


def _status(request: Request, name: str, *, status: int = 200, **more: object) -> HttpResponse:
    one = overview_or_404(name)
    runs = _last_runs(name)
    owners = Owners(workspace().project)
    context: dict[str, object] = {
        **head(request, one, "status"),
        "runs": list(reversed(runs))[:12],
        "held": one.held,
        "has_broker": bool(workspace().project.settings.cluster.resolved(os.environ).broker),
        "chart": runs_over_time(runs),
        "legend": LEGEND,
        "durations": durations(runs),
        "postings": live_postings(runs),
        "coverage": coverage_of(runs),
        "incidents": visible_incidents(request.viewer).filter(import_name=name, state__in=WAITING)[:20],
        "schedule": _schedule(one),
        "badge": request.build_absolute_uri(badges.address_of(name)),
        "standing": in_words(one.decision) if one.decision is not None else "",
        "holders": [(role, *owners.holder(role, name, one.client), ROLES[role]) for role in ROLES],
        **more,
    }
    return notes.show(request, "import.html", context, status=status)


def overview_or_404(name: str) -> Overview:
    """Raises Http404 where neither the ledger nor the files know the import."""
    now = bring_up_to_date()
    known = shown(summaries(now).filter(import_row__name=name), now)
    if known:
        return known[0]
    if name not in workspace().project.imports():
        raise Http404
    return never_run([name])[0]


def head(request: Request, one: Overview, tab: str) -> dict[str, object]:
    """What all tabs of an import show."""
    viewer = request.viewer
    return {
        "one": one,
        "tab": tab,
        "may_run": viewer.may(Right.RUN) and one.decision is None,
        "may_pause": viewer.may(Right.PAUSE),
        "may_define": viewer.may(Right.DEFINE),
    }


def _last_runs(name: str) -> list[Run]:
    """The oldest first, each with its figures."""
    found = that_made_anything(Run.objects.filter(import_row__name=name))
    fields = ("kind", "state", "started_at", "account", "live", "expired", "seconds", "unchanged", "figures__packed")
    runs = found.select_related("figures").only(*fields).order_by("-id")[:_RUNS_SHOWN]
    return list(reversed(runs))


def _schedule(one: Overview) -> str:
    """In words, as the scheduler knows it, else as the file says; "" = it has none."""
    if one.scheduled is not None:
        return schedule_of(one.scheduled).words() if one.scheduled.schedule else ""
    try:
        schedule = written_of(workspace().project, workspace().project.load(one.name).definition).schedule
    except JobpipeError:
        return ""
    return schedule.words() if schedule is not None else ""


# Its history ----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    at: datetime
    # "" = not known.
    by: str
    words: str
    address: str = ""
    diff: str = ""


@page("imports/<str:import_name>/history/", needs=Right.SEE)
def show_history(request: Request, import_name: str) -> HttpResponse:
    """What people decided, planned and wrote, the latest first."""
    one = overview_or_404(import_name)
    events = [*_decided(import_name), *_planned(import_name), *_done(import_name), *_rewritten(import_name)]
    events.sort(key=lambda event: event.at, reverse=True)
    return notes.show(request, "import_history.html", {**head(request, one, "history"), "events": events[:200]})


def _decided(name: str) -> list[Event]:
    found = ImportDecision.objects.filter(import_row__name=name).order_by("-id")[:100]
    return [Event(at=one.at, by=one.by, words=_words_of(one), address=_run_address(one.run_id)) for one in found]


def _words_of(decision: ImportDecision) -> str:
    words = str(decision.standing)
    if decision.until is not None:
        words += f" until {decision.until:%Y-%m-%d %H:%M} UTC"
    if decision.postings:
        words += f", its postings {'kept' if decision.postings == KEEP else 'expired'}"
    return f"{words}: {decision.reason}" if decision.reason else words


def _run_address(run: int | None) -> str:
    return f"/runs/{run}/" if run else ""


def _planned(name: str) -> list[Event]:
    events = []
    for plan in Plan.objects.filter(import_row__name=name).defer("document", "definition").order_by("-id")[:100]:
        plan_address = f"/plans/{plan.pk}/"
        events.append(Event(at=plan.made_at, by=plan.made_by, words=f"plan {plan.pk} made", address=plan_address))
        if plan.applied_at is not None:
            words = f"plan {plan.pk} applied"
            events.append(Event(at=plan.applied_at, by=plan.applied_by, words=words, address=plan_address))
    return events


# Those that are rows of their own.
_SAID_ELSEWHERE = ("import.pause", "import.resume", "plan.make", "plan.apply")


def _done(name: str) -> list[Event]:
    found = AuditLine.objects.filter(about=f"import {name}").exclude(action__in=_SAID_ELSEWHERE).order_by("-id")
    return [Event(at=one.at, by=one.account, words=one.action) for one in found[:100]]


def _rewritten(name: str) -> list[Event]:
    """Runs with another definition than the run before them. Who wrote that is known where it was done here."""
    begun = Run.objects.filter(import_row__name=name).exclude(revision="")
    in_order = F("id").asc()
    marked = begun.annotate(
        was=Window(Lag("revision"), order_by=in_order), run_before=Window(Lag("id"), order_by=in_order)
    )
    changed = list(
        marked.filter(~Q(was=F("revision"))).order_by("-id").values_list("id", "run_before", "started_at")[:30]
    )
    numbers = {number for one, other, _ in changed for number in (one, other) if number}
    texts = dict(Run.objects.filter(pk__in=numbers).values_list("id", "definition"))
    events = []
    for number, other, at in changed:
        if other and texts.get(number, "") != texts.get(other, ""):
            diff = patch_of(name, _shown(texts[other]), _shown(texts[number]))
            words = f"run {number} was the first with another definition"
            events.append(Event(at=at, by="", words=words, address=_run_address(number), diff=diff))
    return events


def _shown(text: str) -> str:
    return "\n".join(map(without_logins, text.split("\n")))


# What a person decides ------------------------------------------------------------------------------


@page("imports/<str:import_name>/run", needs=Right.RUN, methods=("POST",))
def run_now(request: Request, import_name: str) -> HttpResponse:
    return ask_for_run(request, import_name)


def ask_for_run(request: Request, import_name: str) -> HttpResponse:
    """Whoever asks has the right to: the answer leads to the page of the run."""
    asked = request_run(workspace().project, import_name)
    audit.note(request, "import.run", f"import {import_name}", run=asked.run)
    words = "waits or goes already" if asked.was_there else "begins when there is room"
    return notes.done(request, f"Run {asked.run} {words}.", f"/runs/{asked.run}/")


@page("imports/<str:import_name>/reprocess", needs=Right.RUN, methods=("POST",))
def make_again(request: Request, import_name: str) -> HttpResponse:
    """From what is stored: `jobpipe serve` does it with its next look."""
    asked = request_reprocess(workspace().project, import_name)
    audit.note(request, "import.reprocess", f"import {import_name}", run=asked.run)
    words = "waits or goes already" if asked.was_there else "makes all postings again when there is room"
    return notes.done(request, f"Run {asked.run} {words}.", f"/runs/{asked.run}/")


@page("imports/<str:import_name>/pause", needs=Right.PAUSE, methods=("POST",))
def pause(request: Request, import_name: str) -> HttpResponse:
    form = pause_form(request)
    wrong = form.wrong
    if form.wish is not None:
        try:
            decide(workspace(), import_name, form.wish)
        except JobpipeError as error:
            wrong = {"until": redact(error.message)}
    if wrong:
        return _status(request, import_name, status=400, asked=form.asked, wrong=wrong)
    audit.note(request, "import.pause", f"import {import_name}", **form.asked)
    return notes.done(request, f"{import_name} is paused.", f"/imports/{import_name}/")


@page("imports/<str:import_name>/resume", needs=Right.PAUSE, methods=("POST",))
def resume_it(request: Request, import_name: str) -> HttpResponse:
    resume(workspace(), import_name, request.viewer.name)
    audit.note(request, "import.resume", f"import {import_name}")
    return notes.done(request, f"{import_name} runs again when it is due.", f"/imports/{import_name}/")
