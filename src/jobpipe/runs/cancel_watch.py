"""Whether a run is to go on: asked between batches, and again and again while its source is waited for."""

from __future__ import annotations

import time

from django.db import InterfaceError, OperationalError, connection

from jobpipe.ledger.models import Cancellation, Run
from jobpipe.runs.journal import journal_of
from jobpipe.runs.starting import StopRequest
from jobpipe.runs.workspace import Workspace

# Seconds between two looks at the ledger.
LOOK = 1.0


class CancelWatch:
    """Of one sitting: its process is to stop, or a person does not want the run any more."""

    def __init__(self, workspace: Workspace, run: Run, stop: StopRequest) -> None:
        self._journal = journal_of(workspace, run)
        self._run = run.pk
        self._stop = stop
        self._looked = time.monotonic()
        self._was_cancelled = False

    def stops(self) -> bool:
        """Asked often: the ledger is looked at every second."""
        if not self._was_cancelled and time.monotonic() - self._looked >= LOOK:
            self._was_cancelled = self._look()
        return self._stop.requested or self._was_cancelled

    def is_cancelled(self) -> bool:
        """As it is now: whoever stops does not leave it to others."""
        self._was_cancelled = self._was_cancelled or self._look()
        return self._was_cancelled

    def is_interrupted(self) -> bool:
        """Its process is to stop, and nobody has cancelled the run."""
        return self._stop.requested and not self.is_cancelled()

    def _look(self) -> bool:
        self._looked = time.monotonic()
        if not self._journal.writes:
            return False
        try:
            return Cancellation.objects.filter(run=self._run).exists()
        except (OperationalError, InterfaceError):
            # A ledger that is away for a moment ends nothing: whoever writes next says so.
            connection.close()
            return False

    def lets_end(self) -> bool:
        """Whether the run may come to its end. If so, it is too late to cancel it from now on."""
        return not self._was_cancelled and self._journal.begin_ending()
