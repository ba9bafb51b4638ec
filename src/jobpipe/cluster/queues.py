"""The queues of a cluster: all quorum queues on one topic exchange, with a place for messages that nobody could take.

What is delivered more often than DELIVERY_LIMIT goes to the queue `dead`: well above the three deaths after which
the ledger calls a batch poisonous, so that only a fault of job-pipe's own brings a message there.
"""

from __future__ import annotations

from kombu import Connection, Exchange, Queue

from jobpipe.runs.requesting import CRAWL, FETCH

PROCESS, DELIVER, DEAD = "process", "deliver", "dead"
DELIVERY_LIMIT = 50

EXCHANGE = Exchange("jobpipe", type="topic", durable=True)
DEAD_LETTERS = Exchange("jobpipe.dead", type="topic", durable=True)


def _work_queue(name: str) -> Queue:
    arguments = {
        "x-queue-type": "quorum",
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": DEAD_LETTERS.name,
    }
    return Queue(name, EXCHANGE, routing_key=name, queue_arguments=arguments, durable=True)


WORK = tuple(_work_queue(name) for name in (FETCH, CRAWL, PROCESS, DELIVER))
_DEAD = Queue(DEAD, DEAD_LETTERS, routing_key="#", queue_arguments={"x-queue-type": "quorum"}, durable=True)


def declare(connection: Connection) -> None:
    """Make all queues, with what they are bound to; those that are there stay as they are."""
    with connection.channel() as channel:
        for queue in (_DEAD, *WORK):
            queue(channel).declare()
