"""Keeping watch: imports whose conductor died, or whose sign was lost, are called for again.

Every worker that starts conductors does this; several at once do no harm, because the ledger decides who gets what.
"""

from __future__ import annotations

import logging
import threading

from django.db import Error, close_old_connections

from jobpipe.cluster import dispatching
from jobpipe.cluster.broker import connection_to
from jobpipe.cluster.member import this_member
from jobpipe.cluster.queues import declare
from jobpipe.cluster.tasks import send_sign
from jobpipe.runs.requesting import CRAWL, FETCH

log = logging.getLogger("jobpipe.cluster")

SECONDS = 10.0
# Signs sent at a time.
MOST_SIGNS = 20


class Keeper:
    """A thread that looks every few seconds."""

    def __init__(self, queues: tuple[str, ...] = (FETCH, CRAWL)) -> None:
        self._queues = queues
        self._over = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._watch, name="keeper", daemon=True).start()

    def stop(self) -> None:
        self._over.set()

    def _watch(self) -> None:
        while not self._over.wait(SECONDS):
            close_old_connections()
            try:
                for queue in self._queues:
                    call_for(queue)
            except Error as error:
                log.warning("the ledger cannot be asked who waits: %s", error)
            except Exception as error:
                log.warning("nobody could be called: %s", error)


def call_for(queue: str) -> int:
    """Send signs for those that wait and have none in the queue; how many."""
    waiting = dispatching.waiting_in(queue)
    if not waiting:
        return 0
    missing = min(waiting - _signs_in(queue), MOST_SIGNS)
    for _ in range(missing):
        send_sign(queue)
    return max(missing, 0)


def _signs_in(queue: str) -> int:
    with connection_to(this_member().addresses.broker) as connection:
        declare(connection)
        with connection.channel() as channel:
            found = channel.queue_declare(queue, passive=True)
            return int(found.message_count)
