"""A worker of a cluster: one Celery worker that computes (a process a core), one that conducts (a thread a run).

    python -m jobpipe.cluster.worker FOLDER process|conduct NUMBER [LIFELINE]

`jobpipe worker` starts both and looks after them; LIFELINE is a pipe that ends when it does, however that is.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
import sys
import threading
from typing import Any

from celery.signals import worker_process_init, worker_shutting_down
from django.db import connections
from kombu.exceptions import OperationalError

from jobpipe.cluster import tasks
from jobpipe.cluster.app import app
from jobpipe.cluster.broker import BrokerUnavailableError, connection_to
from jobpipe.cluster.keeping import Keeper
from jobpipe.cluster.member import become_member_in, this_member
from jobpipe.cluster.queues import DELIVER, PROCESS, declare
from jobpipe.errors import JobpipeError
from jobpipe.logs import log_to_stderr
from jobpipe.runs.requesting import CRAWL, FETCH

log = logging.getLogger("jobpipe.cluster")

PROCESS_WORK, CONDUCT_WORK = "process", "conduct"


def main() -> None:
    folder, kind, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
    log_to_stderr()
    for lifeline in sys.argv[4:]:
        threading.Thread(target=_stop_with, args=(int(lifeline),), daemon=True).start()
    try:
        become_member_in(folder)
        _declare_queues(this_member().addresses.broker)
    except JobpipeError as error:
        sys.exit(f"error: {error}")
    # Children of a fork get connections of their own.
    connections.close_all()
    if kind == PROCESS_WORK:
        compute(number)
    else:
        conduct(number)


def _stop_with(lifeline: int) -> None:
    os.read(lifeline, 1)
    os.kill(os.getpid(), signal.SIGTERM)


def _declare_queues(broker: str) -> None:
    """Waits for a broker that is away. Raises BrokerUnavailableError where it is lost again, or refuses."""
    told: list[str] = []

    def tell(error: Exception, seconds: float) -> None:
        if not told:
            told.append(str(error))
            log.warning("the broker cannot be reached, it is tried again until it can: %s", error)

    with connection_to(broker) as connection:
        try:
            connection.ensure_connection(tell, interval_start=1, interval_step=1, interval_max=5)
            declare(connection)
        except (OperationalError, *connection.connection_errors, *connection.channel_errors) as error:
            raise BrokerUnavailableError(f"the broker cannot be used: {type(error).__name__}: {error}") from error


def compute(processes: int) -> None:
    """Batches, each in a process that may die of it."""
    _run_celery("prefork", processes, PROCESS_WORK, PROCESS)


def conduct(places: int) -> None:
    """Conductors and deliveries, each a child process that a thread waits for."""
    tasks.children.places = places
    tasks.children.prepare()
    keeper = Keeper()
    keeper.start()
    _run_celery("threads", places, CONDUCT_WORK, FETCH, CRAWL, DELIVER)


def _run_celery(pool: str, concurrency: int, kind: str, *queues: str) -> None:
    # A new name at each start: some brokers keep what a worker of the same name has left for a while.
    name = f"{kind}-{os.getpid()}@{socket.gethostname()}"
    app.worker_main(
        [
            *("--quiet", "worker", "--pool", pool, "--concurrency", str(concurrency), "--queues", ",".join(queues)),
            *("--hostname", name, "--loglevel", "INFO", "--without-gossip", "--without-mingle", "--without-heartbeat"),
        ]
    )


@worker_shutting_down.connect  # type: ignore[untyped-decorator]
def _hand_back(**_: Any) -> None:
    tasks.stop_children()


@worker_process_init.connect  # type: ignore[untyped-decorator]
def _begin_anew(**_: Any) -> None:
    connections.close_all()
    gc.freeze()


if __name__ == "__main__":
    main()
