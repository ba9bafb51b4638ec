"""The Celery application: what every worker and every sender of a cluster has in common.

The ledger is the truth and Celery carries: no result backend, no ETA, no countdown, no retry by the broker.  Delays
and second tries are rows of the ledger.  Quorum queues have no global prefetch, so there is no autoscale either.
"""

from __future__ import annotations

import inspect
from typing import Any

from celery import Celery, Task

from jobpipe.cluster.broker import CONNECT_TIMEOUT, HEARTBEAT, SILENCE, TRANSPORT
from jobpipe.cluster.queues import EXCHANGE, PROCESS, WORK

# Seconds that a worker which is told to end at once still has for the batch in its hands.
SOFT_SHUTDOWN = 60

# How a sender is patient with a broker that is away for a moment: about half a minute in all.
PUBLISHING = {"max_retries": 12, "interval_start": 0.2, "interval_step": 0.5, "interval_max": 4.0}


class ClusterTask(Task):  # type: ignore[misc]  # celery has no types
    """The base of all tasks: plain functions only."""

    ignore_result = True

    @classmethod
    def on_bound(cls, app: Celery) -> None:
        """Raises TypeError for a coroutine function, which Celery would take for done without running it."""
        if inspect.iscoroutinefunction(inspect.unwrap(cls.run)):
            raise TypeError(f"the task {cls.name} is an `async def`: Celery would never run it")


app = Celery("jobpipe", task_cls=ClusterTask)
app.conf.update(
    include=["jobpipe.cluster.tasks"],
    task_queues=WORK,
    task_default_queue=PROCESS,
    task_default_exchange=EXCHANGE.name,
    task_default_exchange_type=EXCHANGE.type,
    task_default_routing_key=PROCESS,
    task_create_missing_queues=False,
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    result_backend=None,
    task_publish_retry=True,
    task_publish_retry_policy=PUBLISHING,
    # A task that fails for want of the ledger says so itself; what falls through is kept among the dead letters.
    task_acks_on_failure_or_timeout=False,
    worker_prefetch_multiplier=1,
    worker_detect_quorum_queues=True,
    worker_max_tasks_per_child=500,
    worker_max_memory_per_child=1_000_000,
    worker_soft_shutdown_timeout=SOFT_SHUTDOWN,
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    # After a break of the connection: a quorum queue's prefetch count could not be raised again.
    worker_enable_prefetch_count_reduction=False,
    broker_heartbeat=HEARTBEAT,
    broker_connection_timeout=CONNECT_TIMEOUT,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options=dict(TRANSPORT),
    timezone="UTC",
)


def connect(broker: str) -> Celery:
    """The application, talking to this broker (amqp://…, secrets in place)."""
    app.conf.broker_url = broker
    return app


def send(task: Any, to: str, /, *, patiently: bool = True, **arguments: Any) -> None:
    """A confirmed message. Raises `kombu.exceptions.OperationalError` where the broker stays away (or is)."""
    task.apply_async(
        kwargs=arguments, queue=to, routing_key=to, delivery_mode=2, confirm_timeout=SILENCE, retry=patiently
    )
