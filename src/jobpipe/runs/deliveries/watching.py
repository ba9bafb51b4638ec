"""Destinations are followed until one is told to stop: `jobpipe deliver --follow`, and `serve` beside its runs.

The index in which people search postings follows the feed of changes here too.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

from django.db import DatabaseError, InterfaceError, connections

from jobpipe.errors import JobpipeError, OutOfReachError
from jobpipe.incidents.bugs import bug_of
from jobpipe.incidents.recording import record
from jobpipe.ledger.clock import ledger_time
from jobpipe.runs.deliveries.due import DueDestinations
from jobpipe.runs.deliveries.report import DeliveryReport
from jobpipe.runs.deliveries.several import MOST_AT_ONCE, deliver_and_tell
from jobpipe.runs.search_index import keep_up
from jobpipe.runs.starting import StopRequest
from jobpipe.runs.workspace import Workspace

log = logging.getLogger("jobpipe.deliver")

# Seconds between two looks at what is due; and until one that is busy elsewhere, or failed of a bug, is tried again.
TICK = 1.0
_PAUSE = 10.0


class DeliveryLoop:
    """Each destination on a thread of its own: one that hangs delays no other."""

    def __init__(self, workspace: Workspace, stop: StopRequest) -> None:
        self._workspace = workspace
        self._stop = stop
        self._due = DueDestinations(workspace)
        self._running: dict[str, Future[DeliveryReport]] = {}
        self._not_before: dict[str, float] = {}
        self._lost = ""

    def run(self) -> None:
        """Until it is asked to stop: what is on its way then is finished."""
        with ThreadPoolExecutor(max_workers=MOST_AT_ONCE, thread_name_prefix="deliver") as pool:
            searched = threading.Thread(target=keep_up, args=(self._workspace, lambda: self._stop.requested))
            searched.start()
            while not self._stop.requested:
                self._look(pool)
                self._sleep()
            log.info("stopping: %d deliveries finish their batch", len(self._running))
            searched.join()

    def _look(self, pool: ThreadPoolExecutor) -> None:
        try:
            self._hear()
            for name in self._due.names(ledger_time()):
                if name not in self._running and self._not_before.get(name, 0.0) <= time.monotonic():
                    self._running[name] = pool.submit(self._deliver, name)
            self._lost = ""
        except (DatabaseError, InterfaceError, OutOfReachError) as error:
            connections.close_all()
            if str(error) != self._lost:
                self._lost = str(error)
                log.error("a store is away, it is waited for: %s", error)

    def _deliver(self, name: str) -> DeliveryReport:
        try:
            return deliver_and_tell(self._workspace, name, stop=self._stop)
        finally:
            connections.close_all()

    def _hear(self) -> None:
        for name in [name for name, future in self._running.items() if future.done()]:
            future = self._running.pop(name)
            error = future.exception()
            if error is None:
                report = future.result()
                if report.state in ("busy", "held", "failed"):
                    self._not_before[name] = time.monotonic() + _PAUSE
                log_report(report)
                continue
            self._not_before[name] = time.monotonic() + _PAUSE
            log.error("%s: %s", name, error, exc_info=None if isinstance(error, JobpipeError) else error)
            if isinstance(error, Exception) and not isinstance(error, (JobpipeError, DatabaseError, InterfaceError)):
                with contextlib.suppress(Exception):
                    record(self._workspace.project, [bug_of(error, stage="deliver")])

    def _sleep(self) -> None:
        end = time.monotonic() + TICK
        while time.monotonic() < end and not self._stop.requested:
            time.sleep(0.1)


def log_report(report: DeliveryReport) -> None:
    """One line, where there is something to say."""
    if report.state == "busy" or (report.state in ("done", "held") and not report.deliveries):
        return
    said = f"{report.postings:,} postings, {report.said}" if report.postings is not None else ""
    parts = [said, *(f"{count:,} {word}" for word, count in _counts(report) if count), report.error]
    level = logging.INFO if report.state in ("done", "stopped") else logging.WARNING
    log.log(level, "%s: %s%s", report.name, report.state, "".join(f", {part}" for part in parts if part))


def _counts(report: DeliveryReport) -> list[tuple[str, int]]:
    return [
        ("sent", report.upserts),
        ("withdrawn", report.removals),
        ("refused", report.refused),
        ("held back", report.held_back),
    ]
