"""The loop of `jobpipe serve`: what is due is asked for, what waits is run, what a dead process left goes on.

This process runs nothing itself: whatever a source does to the process that reads it, this one goes on.
"""

from __future__ import annotations

import contextlib
import logging
import time
from pathlib import Path

from django.db import DatabaseError, InterfaceError, connections

from jobpipe.errors import JobpipeError, OutOfReachError
from jobpipe.incidents.bugs import bug_of
from jobpipe.incidents.recording import record
from jobpipe.ledger.clock import ledger_time
from jobpipe.ledger.models import Import
from jobpipe.runs.report import RunReport
from jobpipe.runs.requesting import queue_run
from jobpipe.runs.scheduling.duties import Duties
from jobpipe.runs.scheduling.timetable import Timetable
from jobpipe.runs.scheduling.written import WrittenSchedules
from jobpipe.runs.starting import StopRequest
from jobpipe.runs.taking_up import give_up, waiting_imports
from jobpipe.runs.workspace import Workspace
from jobpipe.serving.deliverer import Deliverer
from jobpipe.serving.pool import Ended, Pool, problem_of

log = logging.getLogger("jobpipe.serve")

# Seconds between two looks at the table.
TICK = 1.0
# Seconds for conductors that were asked to stop.
PATIENCE = 60.0
# Seconds until what could not be run, because a store is away or another process had it, is tried again.
_PAUSE = 10.0


class Serving:
    def __init__(self, workspace: Workspace, stop: StopRequest, *, is_searched: bool = False) -> None:
        """`is_searched`: somebody looks for postings here."""
        self._workspace = workspace
        self._stop = stop
        root: Path = workspace.project.root
        self._timetable = Timetable(WrittenSchedules(root), ledger_time, queue_run)
        self._duties = Duties(workspace, ledger_time)
        self._pool = Pool(root)
        self._deliverer = Deliverer(root, keeps_index=is_searched)
        self._not_before: dict[str, float] = {}
        self._lost = ""

    def run(self) -> None:
        """Until it is asked to stop; conductors have then handed back what they had."""
        try:
            self._look()
            looked = time.monotonic()
            while not self._stop.requested:
                for ended in self._pool.step(0.2):
                    self._hear(ended)
                if time.monotonic() - looked >= TICK:
                    looked = time.monotonic()
                    self._look()
            self._deliverer.stop()
            self._hand_back()
        finally:
            self._deliverer.end(PATIENCE)
            self._pool.end()

    def _look(self) -> None:
        """A ledger that is away is waited for."""
        try:
            self._timetable.tick()
            waiting = waiting_imports(self._workspace)
            now = time.monotonic()
            ready = [one for one in waiting if self._not_before.get(one.name, 0.0) <= now]
            running = self._pool.running
            for one in ready:
                if one.was_interrupted and one.name not in running:
                    log.info("a run was interrupted and goes on", extra={"import_name": one.name})
            self._pool.want([one.name for one in ready])
            self._duties.do_what_is_due()
            self._deliverer.keep_alive()
            if self._lost:
                log.info("it goes on")
            self._lost = ""
        except (DatabaseError, InterfaceError, OutOfReachError) as error:
            connections.close_all()
            if str(error) != self._lost:
                self._lost = str(error)
                log.error("a store is away, it is waited for: %s", error)
            time.sleep(TICK)
        except JobpipeError as error:
            log.error("%s", error)
        except Exception as error:
            # Whoever runs hundreds of imports does not end because of a bug in one of them.
            log.exception("job-pipe itself failed; it goes on")
            with contextlib.suppress(Exception):
                record(self._workspace.project, [bug_of(error, stage="schedule")])
            time.sleep(TICK)

    # What conductors say -----------------------------------------------------------------------------

    def _hear(self, ended: Ended) -> None:
        extra = {"import_name": ended.name}
        if ended.over is None:
            log.error("its process ended in the middle (%s)", ended.died, extra=extra)
            if ended.is_hopeless:
                self._give_up(ended.name, f"its process ended in the middle ({ended.died}), three times")
            return
        report = ended.over.report
        error = problem_of(ended.over)
        if error is not None:
            self._not_before[ended.name] = time.monotonic() + _PAUSE
            log.error("%s", error, extra=extra)
            if ended.over.is_bug:
                self._give_up(ended.name, error.message)
        elif report.state == "skipped":
            self._not_before[ended.name] = time.monotonic() + _PAUSE
            if not report.is_meant:
                log.warning("skipped: %s", report.error, extra=extra)
        else:
            self._not_before.pop(ended.name, None)
            _tell(report)

    def _give_up(self, name: str, why: str) -> None:
        try:
            give_up(self._workspace, Import.objects.get(name=name), why)
        except (JobpipeError, DatabaseError, InterfaceError) as error:
            log.error("its run could not be ended: %s", error, extra={"import_name": name})

    def _hand_back(self) -> None:
        running = self._pool.running
        log.info("stopping: %d runs finish their batch", len(running))
        self._pool.stop()
        end = time.monotonic() + PATIENCE
        while not self._pool.is_idle and time.monotonic() < end:
            for ended in self._pool.step(0.1):
                self._hear(ended)
        if not self._pool.is_idle:
            log.warning("some did not stop in %.0f s; what they had goes on at the next start", PATIENCE)


def _tell(report: RunReport) -> None:
    account = report.account
    made = ", ".join(f"{number:,} {name}" for name, number in account.items() if name != "read" and number)
    said = "unchanged" if report.unchanged else f"read {account['read']:,}" + (f": {made}" if made else "")
    level = logging.WARNING if report.state in ("failed", "partial", "held") else logging.INFO
    log.log(
        level,
        "%s, %s, %d expired, %d live, %.1f s%s",
        report.state,
        said,
        report.expired,
        report.live,
        report.seconds,
        f": {report.error}" if report.error else "",
        extra={"import_name": report.name, "run": report.run},
    )
