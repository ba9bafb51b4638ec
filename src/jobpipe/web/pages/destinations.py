"""Where postings go: how each destination fares, what it was sent, what it would refuse, and sending it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase

from jobpipe.definition.loading import read_text
from jobpipe.definition.roles import ROLES
from jobpipe.definition.without_secrets import text_without_secrets
from jobpipe.errors import JobpipeError, UsageError
from jobpipe.ledger.models import Delivery, DeliveryState, Run
from jobpipe.runs.deliveries import deciding
from jobpipe.runs.deliveries.overview import DestinationOverview, destination_overviews
from jobpipe.runs.deliveries.sent_files import sent_files
from jobpipe.runs.deliveries.showing import shown_delivery
from jobpipe.runs.workspace import Workspace
from jobpipe.web.audit import note
from jobpipe.web.notes import done, show
from jobpipe.web.paging import newest_first, number_in
from jobpipe.web.preflights import LOOKED_AT, preflight_of
from jobpipe.web.project import workspace
from jobpipe.web.rights import Right
from jobpipe.web.routes import Request, page
from jobpipe.web.tables import csv_file, wants_csv

_DELIVERIES = 20
# Of a file.
_MOST_ROWS = 5_000
_COLUMNS = ("destination", "state", "runs behind", "there", "held back", "refused", "last answer", "said")
_DELIVERY_COLUMNS = (
    *("delivery", "kind", "state", "created_at", "ended_at", "attempts", "upserts", "removals", "refused", "postings"),
    "said",
)
# Of those that feed it.
_IMPORTS = 30
# Runs from which a replay may be asked for.
_RUNS = 20


@page("destinations/", needs=Right.SEE, name="destinations")
def list_destinations(request: Request) -> HttpResponse:
    if not request.viewer.sees_all:
        raise Http404
    project = workspace().project
    found = destination_overviews(workspace(), project.destinations())
    if wants_csv(request):
        return csv_file("destinations", _COLUMNS, map(_row, found))
    named = workspace().feeding.named()
    known = {one.name for one in found}
    lost = sorted((name, imports) for name, imports in named.items() if name not in known)
    lines = [(one, named.get(one.name, [])) for one in found]
    shown = {"lines": lines, "lost": lost}
    return show(request, "_destinations.html" if request.headers.get("HX-Request") else "destinations.html", shown)


def _row(one: DestinationOverview) -> tuple[Any, ...]:
    last = one.row.last_success if one.row is not None else None
    counted = (one.lists_behind, one.there, one.held_back, one.refused)
    return (one.name, one.state, *counted, last, one.fault or one.error)


@page("destinations/<str:destination>/", needs=Right.SEE)
def show_destination(request: Request, destination: str) -> HttpResponse:
    one = _overview(destination)
    imports = workspace().feeding.named().get(destination, [])
    mine = Delivery.objects.filter(destination__name=destination).defer("payload")
    if wants_csv(request):
        rows = mine.order_by("-pk")[:_MOST_ROWS]
        return csv_file(f"deliveries-{destination}", _DELIVERY_COLUMNS, map(_delivery_row, rows))
    runs = (
        Run.objects.filter(sequence__isnull=False).select_related("import_row").only("started_at", "import_row__name")
    )
    shown = {
        "one": one,
        "imports": imports[:_IMPORTS],
        "more_imports": max(len(imports) - _IMPORTS, 0),
        "held": list(mine.filter(state=DeliveryState.HELD)[:5]),
        "deliveries": newest_first(request, mine, size=_DELIVERIES),
        "files": sent_files(workspace(), destination),
        "runs": list(runs.order_by("-sequence")[:_RUNS]),
        "text": _text_of(destination),
        "may_deliver": request.viewer.may(Right.DELIVER),
    }
    return show(request, "destination.html", shown)


def _delivery_row(one: Delivery) -> tuple[Any, ...]:
    counted = (one.upserts, one.removals, one.refused, one.postings)
    return (one.pk, one.kind, one.state, one.created_at, one.ended_at, one.attempts, *counted, one.error or one.said)


@page("destinations/<str:destination>/preflight", needs=Right.SEE)
def preflight(request: Request, destination: str) -> HttpResponse:
    """What it would refuse of the first postings."""
    _overview(destination)
    shown = {"destination": destination, "summary": preflight_of(destination), "roles": ROLES, "most": LOOKED_AT}
    return show(request, "destination_preflight.html", shown)


@page("destinations/<str:destination>/files/<str:name>", needs=Right.SEE)
def download(request: Request, destination: str, name: str) -> HttpResponseBase:
    """The very file that was sent."""
    found = next((one for one in sent_files(workspace(), destination) if one.name == name), None)
    if found is None:
        raise Http404
    note(request, "delivery.download", f"destination {destination}", file=name)
    # Never shown in the browser: it is made of what sources wrote.
    return FileResponse(
        found.path.open("rb"), as_attachment=True, filename=found.name, content_type="application/octet-stream"
    )


@page("deliveries/<int:delivery>/", needs=Right.SEE)
def show_delivery(request: Request, delivery: int) -> HttpResponse:
    """One delivery, with its receipt; of one that waits, what would vanish."""
    shown = {"one": shown_delivery(workspace(), delivery), "may_deliver": request.viewer.may(Right.DELIVER)}
    return show(request, "delivery.html", shown)


@page("deliveries/<int:delivery>/accept", needs=Right.DELIVER, methods=("POST",))
def accept(request: Request, delivery: int) -> HttpResponse:
    return _decided(request, delivery, deciding.accept, "delivery.accept", "The file goes out with the next sitting.")


@page("deliveries/<int:delivery>/dismiss", needs=Right.DELIVER, methods=("POST",))
def dismiss(request: Request, delivery: int) -> HttpResponse:
    return _decided(request, delivery, deciding.dismiss, "delivery.dismiss", "It keeps the file that it has.")


def _decided(
    request: Request, number: int, decide: Callable[[Workspace, int, str], Delivery], action: str, words: str
) -> HttpResponse:
    name = decide(workspace(), number, request.viewer.person).destination.name
    note(request, action, f"delivery {number}", destination=name)
    return done(request, words, f"/destinations/{name}/")


@page("destinations/<str:destination>/retry", needs=Right.DELIVER, methods=("POST",))
def retry(request: Request, destination: str) -> HttpResponse:
    count = deciding.retry_refused(workspace(), destination)
    words = (
        f"{count:,} postings are compared and sent once more." if count else "It has refused nothing it was sent last."
    )
    return _queued(request, destination, "retry", words)


@page("destinations/<str:destination>/resync", needs=Right.DELIVER, methods=("POST",))
def resync(request: Request, destination: str) -> HttpResponse:
    deciding.resync(workspace(), destination)
    return _queued(request, destination, "resync", "All postings are compared with what it has; what differs is sent.")


@page("destinations/<str:destination>/replay", needs=Right.DELIVER, methods=("POST",))
def replay(request: Request, destination: str) -> HttpResponse:
    """`run`: of the form, the run since which all is sent again; "all" = every posting."""
    since = request.POST.get("run", "")
    if since == "all":
        deciding.replay_all(workspace(), destination)
        return _queued(request, destination, "replay", "Every posting that goes there is sent again.")
    run = number_in(since)
    if run is None:
        raise UsageError("since which run?", hint="choose one, or all")
    count = deciding.replay_since(workspace(), destination, run)
    words = f"At most {count:,} postings, which run {since} and later ones changed, are sent again."
    return _queued(request, destination, "replay", words, run=since)


def _queued(request: Request, destination: str, action: str, words: str, **details: str) -> HttpResponse:
    note(request, f"destination.{action}", f"destination {destination}", **details)
    return done(request, words, f"/destinations/{destination}/")


def _overview(name: str) -> DestinationOverview:
    if name not in workspace().project.destinations():
        raise Http404
    return destination_overviews(workspace(), [name])[0]


def _text_of(name: str) -> str:
    path = workspace().project.root / "destinations" / f"{name}.yaml"
    try:
        return text_without_secrets(read_text(path, f"destinations/{name}.yaml"), f"destinations/{name}.yaml")
    except JobpipeError:
        return ""
