"""A worker of a cluster: one Celery worker that computes (a process a core), one that conducts (a thread a run).

    python -m jobpipe.cluster.worker FOLDER process|conduct NUMBER

`jobpipe worker` starts both and looks after them.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
from typing import Any

from celery.signals import worker_process_init, worker_shutting_down
from django.db import connections

from jobpipe.cluster import tasks
from jobpipe.cluster.answers import connection_to
from jobpipe.cluster.app import app
from jobpipe.cluster.keeping import Keeper
from jobpipe.cluster.member import become_member_in, this_member
from jobpipe.cluster.queues import CRAWL, FETCH, PROCESS, declare
from jobpipe.errors import JobpipeError
from jobpipe.safety.secrets import RedactingFilter, process_redactor

PROCESS_WORK, CONDUCT_WORK = "process", "conduct"


def main() -> None:
    folder, kind, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
    try:
        become_member_in(folder)
        with connection_to(this_member().addresses.broker) as connection:
            declare(connection)
    except JobpipeError as error:
        sys.exit(f"error: {error}")
    # Children of a fork get connections of their own.
    connections.close_all()
    _log()
    if kind == PROCESS_WORK:
        compute(number)
    else:
        conduct(number)


def compute(processes: int) -> None:
    """Batches, each in a process that may die of it."""
    _run_celery("prefork", processes, PROCESS_WORK, PROCESS)


def conduct(places: int) -> None:
    """Conductors, each a child process that a thread waits for."""
    tasks.children.places = places
    keeper = Keeper()
    keeper.start()
    _run_celery("threads", places, CONDUCT_WORK, FETCH, CRAWL)


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


def _log() -> None:
    logging.basicConfig(format="%(asctime)s %(name)s %(message)s", level=logging.INFO, stream=sys.stderr)
    for handler in logging.getLogger().handlers:
        handler.addFilter(RedactingFilter(process_redactor))
    # One line a message is for those who look for a fault, not for every day.
    logging.getLogger("celery.worker.strategy").setLevel(logging.WARNING)
    logging.getLogger("celery.app.trace").setLevel(logging.WARNING)


if __name__ == "__main__":
    main()
