"""A process that delivers to one destination: what it holds in its memory, or dies of, is nothing to the worker."""

from __future__ import annotations

import contextlib
import logging
import os
from multiprocessing.connection import Connection
from pathlib import Path

from jobpipe.cluster.as_child import end, stop_with
from jobpipe.cluster.member import become_member_in
from jobpipe.definition.project import find_project
from jobpipe.errors import JobpipeError
from jobpipe.ledger.clock import ledger_time
from jobpipe.logs import log_to_stderr
from jobpipe.runs.deliveries.due import DueDestinations
from jobpipe.runs.deliveries.several import deliver_and_tell
from jobpipe.runs.deliveries.watching import log_report
from jobpipe.runs.recording_failures import record_failure
from jobpipe.runs.starting import StopRequest
from jobpipe.runs.workspace import Workspace, open_workspace
from jobpipe.tracing import start_tracing

log = logging.getLogger("jobpipe.cluster")


def deliver_in(folder: str, name: str, parent: Connection) -> None:
    """Ends the process. `parent`: whose end is the sign to stop."""
    start_tracing()
    end(_deliver_in(folder, name, parent))


def _deliver_in(folder: str, name: str, parent: Connection) -> int:
    log_to_stderr()
    stop = stop_with(parent)
    try:
        with open_workspace(become_member_in(folder).project) as workspace:
            _deliver(workspace, name, stop)
        return 0
    except JobpipeError as error:
        log.error("%s: %s", name, error)
    except Exception as error:
        log.exception("the delivery to %s", name)
        with contextlib.suppress(JobpipeError):
            record_failure(find_project(Path(folder), os.environ), error)
    return 1


def _deliver(workspace: Workspace, name: str, stop: StopRequest) -> None:
    """Until nothing more waits: what a run brings meanwhile goes at once."""
    due = DueDestinations(workspace)
    while True:
        report = deliver_and_tell(workspace, name, stop=stop)
        log_report(report)
        if report.state != "done" or not report.deliveries or name not in due.names(ledger_time()):
            return
