"""Workers: which processes do what, and what waits for one."""

from __future__ import annotations

from django.http import Http404, HttpResponse

from jobpipe.ledger.clock import ledger_time
from jobpipe.runs.working import work_now
from jobpipe.web.notes import show
from jobpipe.web.project import workspace
from jobpipe.web.rights import Right
from jobpipe.web.routes import Request, page


@page("workers/", needs=Right.SEE)
def show_workers(request: Request) -> HttpResponse:
    """They work for all clients: only those who see all see them."""
    if not request.viewer.sees_all:
        raise Http404
    now = ledger_time()
    work = work_now(workspace(), now)
    shown: dict[str, object] = {
        "work": work,
        "orphans": [one for one in work.runs if one.holder is None],
        "is_waited": any(queue.number for queue in work.queues),
    }
    return show(request, "_workers.html" if request.headers.get("HX-Request") else "workers.html", shown)
