"""`jobpipe scheduler`: what is due is put into the cluster's queues. Of several one does it, the others stand by."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime

from django.db import DatabaseError, InterfaceError, connections
from kombu.exceptions import OperationalError as KombuError

from jobpipe.cluster.delivery_signs import DeliverySigns
from jobpipe.cluster.keeping import call_for
from jobpipe.definition.project import Project
from jobpipe.errors import JobpipeError, OutOfReachError
from jobpipe.incidents.recording import record
from jobpipe.ledger.clock import ledger_time
from jobpipe.ledger.models import Import, Run, RunState
from jobpipe.runs.recording_failures import occurrence_of_failure
from jobpipe.runs.requesting import CRAWL, FETCH, request_of_cluster
from jobpipe.runs.scheduling.duties import Duties
from jobpipe.runs.scheduling.duty import Duty, DutyIsTakenError, on_duty
from jobpipe.runs.scheduling.timetable import Ask, Timetable
from jobpipe.runs.scheduling.written import WrittenSchedules
from jobpipe.runs.starting import StopRequest
from jobpipe.runs.workspace import Workspace
from jobpipe.safety.secrets import redact

log = logging.getLogger("jobpipe.scheduler")

# Seconds between two looks at the table, and between two at whether the duty is free.
TICK = 1.0
STAND_BY = 2.0
# Seconds until a broker that is away is tried again for deliveries.
WITHOUT_BROKER = 10.0


class ClusterScheduler:
    def __init__(self, workspace: Workspace, stop: StopRequest) -> None:
        self._workspace = workspace
        self._stop = stop
        self._timetable = Timetable(
            WrittenSchedules(workspace.project.root), ledger_time, request_through(workspace.project)
        )
        self._duties = Duties(workspace, ledger_time)
        self._signs = DeliverySigns(workspace)
        self._no_signs_before = 0.0
        self._duty: Duty | None = None
        self._said = ""

    @property
    def has_duty(self) -> bool:
        duty = self._duty
        return duty is not None and duty.is_mine

    def run(self) -> None:
        """Until it is asked to stop."""
        while not self._stop.requested:
            try:
                with on_duty(self._workspace.locks) as self._duty:
                    self._say("scheduling")
                    self._schedule(self._duty)
            except DutyIsTakenError as error:
                self._say(f"standing by: {error.holder or 'another process'} schedules")
                self._sleep(STAND_BY)
            except (DatabaseError, InterfaceError, OutOfReachError) as error:
                connections.close_all()
                self._say(f"the ledger is away, it is waited for: {error}")
                self._sleep(STAND_BY)
            finally:
                self._duty = None

    def _schedule(self, duty: Duty) -> None:
        while duty.is_mine and not self._stop.requested:
            tick = self._timetable.tick()
            for name in tick.asked:
                log.info("due: it waits for a worker", extra={"import_name": name})
            if tick.asked:
                self._call()
            self._duties.do_what_is_due()
            self._call_for_deliveries()
            self._sleep(0.0 if tick.is_more else TICK)

    def _call(self) -> None:
        """Workers look every few seconds who waits; a sign makes it at once."""
        try:
            for queue in (FETCH, CRAWL):
                call_for(queue)
        except Exception as error:
            log.warning("no worker could be called, they look by themselves: %s", redact(str(error)))

    def _call_for_deliveries(self) -> None:
        if time.monotonic() < self._no_signs_before:
            return
        try:
            for name in self._signs.send():
                log.info("%s is due: it waits for a worker", name)
        except KombuError as error:
            self._no_signs_before = time.monotonic() + WITHOUT_BROKER
            log.warning("no worker could be called to deliver: %s", redact(str(error)))

    def _say(self, text: str) -> None:
        if text != self._said:
            self._said = text
            log.info("%s", text)

    def _sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self._stop.requested:
            time.sleep(0.1)


def request_through(project: Project) -> Ask:
    """An import whose definition is not valid gets a run that has failed of it."""

    def ask(owner: Import) -> None:
        try:
            request_of_cluster(project, owner.name)
        except JobpipeError as error:
            now = datetime.now(UTC)
            said = {"error": redact(str(error)), "revision": "", "definition": ""}
            Run.objects.create(import_row=owner, state=RunState.FAILED, started_at=now, finished_at=now, **said)
            if (occurrence := occurrence_of_failure(error)) is not None:
                record(project, [occurrence], import_name=owner.name)

    return ask
