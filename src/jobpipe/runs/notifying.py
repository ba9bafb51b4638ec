"""What `jobpipe serve` does each minute: people are told of incidents, and publishers of their feeds."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from django.db import connections

from jobpipe.incidents.notifications.sending import Sent, tell_people
from jobpipe.runs.secret_values import environ_of
from jobpipe.runs.source_reports.mailing import queue_reports
from jobpipe.runs.workspace import Workspace


def send_due(workspace: Workspace, now: datetime) -> Sent:
    """One pass over what is to be told. Two at once send each message once; a kill is made good by the next pass."""
    if not workspace.project.settings.notify.is_on:
        return Sent()
    queue_reports(workspace, now)
    return tell_people(workspace.project, now, environ_of(workspace.project))


class Teller:
    """Passes in a thread of their own: a channel that hangs keeps nobody else waiting."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._thread: threading.Thread | None = None

    def tell(self) -> None:
        """Begins a pass, unless one is under way."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._thread = threading.Thread(target=self._pass, name="notifications", daemon=True)
        self._thread.start()

    def _pass(self) -> None:
        try:
            send_due(self._workspace, datetime.now(UTC))
        finally:
            connections.close_all()
