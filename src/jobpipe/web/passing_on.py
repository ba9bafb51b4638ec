"""A decision over postings on its way to what is stored, and from there to destinations.

It is in the ledger before.  A process that ends in between loses nothing: what is not settled is found by whoever
schedules (`overdue`), and what is not delivered by whoever delivers, since its run has its place among the changes.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable

from django.db import connections

from jobpipe.errors import JobpipeError
from jobpipe.runs.deliveries.several import deliver_several, fed_by
from jobpipe.runs.overrides.single_postings import settle_now
from jobpipe.runs.progress import Progress
from jobpipe.runs.starting import StopRequest
from jobpipe.runs.workspace import Workspace
from jobpipe.web.project import workspace
from jobpipe.web.troubles import passing_trouble, tell_developers

log = logging.getLogger("jobpipe.web")


def pass_on(imports: Iterable[str]) -> str:
    """Of what people decided just now over postings of these imports; "" = it is in force, else why a part waits."""
    names = sorted(set(imports))
    waits = [_settled(name) for name in names]
    _deliver(names)
    return next((one for one in waits if one), "")


def _settled(name: str) -> str:
    done = settle_now(workspace(), name, progress=Progress(), stop=StopRequest())
    return done if isinstance(done, str) else ""


def _deliver(imports: list[str]) -> None:
    """Beside the request, for a destination may take long."""
    open_workspace = workspace()
    names = fed_by(open_workspace, imports)
    if names:
        threading.Thread(target=_deliver_to, args=(open_workspace, names), daemon=True).start()


def _deliver_to(open_workspace: Workspace, names: list[str]) -> None:
    try:
        deliver_several(open_workspace, names, stop=StopRequest(), at_once=True)
    except Exception as error:
        log.error("a decision over a posting waits for its delivery: %s", error)
        if passing_trouble(error) is None and not isinstance(error, JobpipeError):
            tell_developers(error)
    finally:
        connections.close_all()
