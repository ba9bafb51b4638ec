"""Notifications: who is reached by what, what waits for whom, and what became of what was sent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpResponse

from jobpipe.errors import UsageError
from jobpipe.incidents.notifications.recipients import Recipients
from jobpipe.incidents.notifications.standing import messages, reached, rules, ways_out, what_waits
from jobpipe.incidents.notifications.trying import try_channels
from jobpipe.ledger.models import Notification, NotificationState
from jobpipe.runs.secret_values import environ_of
from jobpipe.web import audit, notes
from jobpipe.web.paging import address, newest_first, where_given
from jobpipe.web.project import workspace
from jobpipe.web.rights import Right
from jobpipe.web.routes import Request, page
from jobpipe.web.tables import csv_file, wants_csv

_MOST_ROWS = 5_000
_COLUMNS = ("number", "created_at", "recipient", "channel", "state", "attempts", "sent_at", "subject", "error")


@page("notifications/", needs=Right.NOTIFY)
def show(request: Request) -> HttpResponse:
    """`?state= recipient= channel=` of the address choose messages; `?as=csv` gives a file."""
    if not request.viewer.sees_all:
        raise Http404
    settings = workspace().project.settings
    asked = {name: request.GET.get(name, "").strip() for name in ("state", "recipient", "channel")}
    found = where_given(messages(), **asked)
    if wants_csv(request):
        return csv_file("notifications", _COLUMNS, map(_row, found.order_by("-pk")[:_MOST_ROWS]))
    context: dict[str, object] = {
        "is_on": settings.notify.is_on,
        "ways": ways_out(settings),
        "people": reached(settings),
        "rules": list(rules(settings)),
        "waits": what_waits(workspace().project),
        "page": newest_first(request, found),
        "states": NotificationState.values,
        "channels": [one.channel for one in ways_out(settings)],
        "asked": asked,
        "is_chosen": any(asked.values()),
        "csv": address(request, **{"as": "csv", "before": None, "after": None}),
    }
    return notes.show(request, "notifications.html", context)


def _row(one: Notification) -> tuple[Any, ...]:
    return (
        *(one.pk, one.created_at, one.recipient, one.channel, one.state, one.attempts, one.sent_at, one.subject),
        one.error,
    )


@page("notifications/test", needs=Right.NOTIFY, methods=("POST",))
def send_test(request: Request) -> HttpResponse:
    """`name` of the form: a name of `people`, or `role:` and a role."""
    if not request.viewer.sees_all:
        raise Http404
    return test_of(request, request.POST.get("name", ""), "/notifications/")


def test_of(request: Request, name: str, back: str) -> HttpResponse:
    """A message now, by each of their channels; the next page says what became of it."""
    project = workspace().project
    routes = Recipients(project.settings).routes(name)
    if not routes:
        raise UsageError(f"nobody said how to reach {name!r}", hint="`people` and `notify` of jobpipe.yaml say it")
    tried = try_channels(project, name, routes, datetime.now(UTC), environ_of(project))
    audit.note(request, "notify.test", f"person {name}", tried=dict(tried))
    said = "; ".join(f"{channel}: {error or 'sent'}" for channel, error in tried)
    return notes.done(request, f"A test for {name}. {said}.", back)
