"""A conductor's process: one import, one run, to its end or until it is asked to hand it back.

It is forked by a worker's server of processes (`jobpipe.cluster.child`), holds the import's lease, reads the source,
and lets other workers transform what has changed.  When the pipe to its worker ends, it finishes its batch and leaves
the run to whoever takes it up.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

from kombu.exceptions import OperationalError as KombuError

from jobpipe.cluster import attempts, dispatching
from jobpipe.cluster.answers import AnswerReceiver, queue_of
from jobpipe.cluster.as_child import end, stop_with
from jobpipe.cluster.charges import digest_of_hooks, keep
from jobpipe.cluster.executor import ClusterExecutor
from jobpipe.cluster.member import Member, become_member_in
from jobpipe.cluster.messages import as_text
from jobpipe.cluster.tasks import send_batch
from jobpipe.definition.project import find_project
from jobpipe.errors import JobpipeError, OutOfReachError
from jobpipe.ledger.models import Dispatch, Run
from jobpipe.logs import log_to_stderr
from jobpipe.runs.conducting import StopRequest, run_import
from jobpipe.runs.executors.executor import Charge, Executor
from jobpipe.runs.executors.inline import InlineExecutor
from jobpipe.runs.progress import Progress, Reading
from jobpipe.runs.queued import fail_queued
from jobpipe.runs.recording_failures import record_failure
from jobpipe.runs.workspace import Workspace, open_workspace
from jobpipe.tracing import start_tracing

log = logging.getLogger("jobpipe.cluster")

# Exit codes, for the log of the worker.
DONE, FAILED, TRY_AGAIN = 0, 1, 75

SECONDS_BETWEEN_SIGNS = 2.0


def conduct(folder: str, dispatch: int, parent: Connection) -> None:
    """Ends the process. `parent`: whose end is the sign to stop."""
    start_tracing()
    end(_conduct_dispatch(folder, dispatch, parent))


def _conduct_dispatch(folder: str, dispatch: int, parent: Connection) -> int:
    log_to_stderr()
    stop = stop_with(parent)
    try:
        member = become_member_in(folder)
        row = Dispatch.objects.select_related("run", "import_row").get(pk=dispatch)
        with open_workspace(member.project) as workspace:
            return _conduct(member, workspace, row, stop)
    except Dispatch.DoesNotExist:
        return DONE
    except JobpipeError as error:
        log.error("%s", error)
        return TRY_AGAIN
    except Exception as error:
        log.exception("the conductor of dispatch %s", dispatch)
        with contextlib.suppress(JobpipeError):
            record_failure(find_project(Path(folder), os.environ), error)
        return FAILED


def _conduct(member: Member, workspace: Workspace, row: Dispatch, stop: StopRequest) -> int:
    name, run = row.import_row.name, row.run
    starter = _Executors(member, is_first_sitting=row.sittings <= 1)
    try:
        report = run_import(
            replace(workspace, executors=starter), name, queued=run, progress=LedgerProgress(row.pk), stop=stop
        )
    except (OutOfReachError, KombuError) as error:
        log.error("%s is left as it is: %s", name, error)
        return TRY_AGAIN
    except JobpipeError as error:
        fail_queued(run, str(error))
        dispatching.give_back(row.pk, row.sittings)
        log.error("%s: %s", name, error)
        return FAILED
    log.info("%s: %s", name, report.state)
    dispatching.give_back(row.pk, row.sittings)
    return DONE


class _Executors:
    """Starts the executor of this sitting: see `jobpipe.runs.workspace.Executors`."""

    # Packed, they are about a third of it: they fit into a message.
    most_bytes = 600_000

    def __init__(self, member: Member, *, is_first_sitting: bool) -> None:
        self._member = member
        self._is_first_sitting = is_first_sitting

    def start(self, run: Run, charge: Charge, fence: int, *, alone: bool) -> Executor:
        """A lone batch does not pay for its way through a queue; unless it may have killed a conductor before."""
        if alone and self._is_first_sitting:
            return InlineExecutor(charge)
        broker = self._member.addresses.broker
        answers = AnswerReceiver(broker, queue_of(run.pk, fence))
        return ClusterExecutor(
            _Sender(run.pk, fence, keep(charge), digest_of_hooks(charge.hooks)),
            answers,
            window=self._member.addresses.window,
            waiting=lambda seconds: log.info("run %s has waited %.0f s for a worker", run.pk, seconds),
            on_close=lambda: attempts.forget(run.pk, fence),
        )


class _Sender:
    """See `jobpipe.cluster.executor.Sender`."""

    def __init__(self, run: int, fence: int, charge: str, hooks: str) -> None:
        self._run, self._fence, self._charge, self._hooks = run, fence, charge, hooks

    def send(self, unit: str, packed: bytes, *, by_reference: bool) -> None:
        if by_reference:
            attempts.leave_work(self._run, self._fence, unit, packed)
        send_batch(self._run, self._fence, unit, self._charge, self._hooks, "" if by_reference else as_text(packed))


class LedgerProgress(Progress):
    """Says in the ledger where the run is, every few seconds, for whoever follows it."""

    def __init__(self, dispatch: int) -> None:
        self._dispatch = dispatch
        self._said = 0.0

    def update(self, reading: Reading) -> None:
        now = time.monotonic()
        if now - self._said < SECONDS_BETWEEN_SIGNS:
            return
        self._said = now
        said = {"stage": reading.stage, "records": reading.records, "bytes": reading.bytes}
        if reading.total_bytes is not None:
            said["total_bytes"] = reading.total_bytes
        Dispatch.objects.filter(pk=self._dispatch).update(progress=said)
