"""What is to be done without a run: postings past their own day end, mutes end, whoever is late is told."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable
from datetime import datetime

from jobpipe.errors import JobpipeError
from jobpipe.incidents.states import end_mutes
from jobpipe.ledger.models import Import
from jobpipe.runs.disk_space import watch_disk
from jobpipe.runs.ending import end_past_their_day
from jobpipe.runs.lease import ImportIsRunningError, hold
from jobpipe.runs.notifying import Teller
from jobpipe.runs.overrides.single_postings import overdue, settle_now
from jobpipe.runs.progress import Progress
from jobpipe.runs.pushes.asking import ask_for_what_waits
from jobpipe.runs.scheduling.daily_pruning import DailyPruning
from jobpipe.runs.scheduling.watching import watch
from jobpipe.runs.starting import StopRequest
from jobpipe.runs.workspace import Workspace

log = logging.getLogger("jobpipe.scheduler")

# Seconds between two looks at what is late, and between two at what has ended.
_WATCH = 30.0
_END = 900.0
# Seconds between two passes over what people are to be told.
_TELL = 60.0
# Seconds between two looks at whether pushed records wait that nobody has asked a run for.
_ASK = 5.0


class Duties:
    """Each when it is its time; a kill in between loses nothing, since all is done again."""

    def __init__(self, workspace: Workspace, clock: Callable[[], datetime]) -> None:
        self._workspace = workspace
        self._clock = clock
        self._watched = self._ended = self._told = self._asked = -_END
        self._teller = Teller(workspace)
        self._pruning = DailyPruning(workspace.project.root)

    def do_what_is_due(self) -> None:
        passed = time.monotonic()
        if passed - self._watched >= _WATCH:
            self._watched = passed
            watch(self._workspace.project, self._clock())
        if passed - self._told >= _TELL:
            self._told = passed
            self._teller.tell()
        if passed - self._asked >= _ASK:
            self._asked = passed
            ask_for_what_waits(self._workspace, self._clock())
        self._pruning.prune_if_due()
        if passed - self._ended >= _END:
            self._ended = passed
            end_mutes()
            watch_disk(self._workspace.project)
            end_all_past_their_day(self._workspace, self._clock())
            _settle_overdue(self._workspace)


def _settle_overdue(workspace: Workspace) -> None:
    """Postings are made again under whose decisions a day has ended, or a process did before they were in force."""
    for name in overdue(workspace):
        with contextlib.suppress(JobpipeError):
            settle_now(workspace, name, progress=Progress(), stop=StopRequest())


def end_all_past_their_day(workspace: Workspace, now: datetime) -> int:
    """How many postings ended. An import whose run is under way does it itself."""
    ended = 0
    for owner in Import.objects.order_by("pk"):
        if not workspace.documents.ended(owner.pk, now.isoformat()):
            continue
        try:
            with hold(workspace, owner) as held:
                report = end_past_their_day(held, owner, now)
        except ImportIsRunningError:
            continue
        if report is not None:
            ended += report.expired
            log.info(
                "%d postings are past their own day",
                report.expired,
                extra={"import_name": owner.name, "run": report.run},
            )
    return ended
