"""The queues of a cluster, on a real RabbitMQ, and what its Celery application refuses."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from amqp.exceptions import PreconditionFailed
from celery import Celery
from kombu import Connection
from rabbitmq_server import shared_server

from jobpipe.cluster.app import ClusterTask, app
from jobpipe.cluster.queues import (
    CRAWL,
    DEAD,
    DEAD_LETTERS,
    DELIVER,
    DELIVERY_LIMIT,
    EXCHANGE,
    FETCH,
    PROCESS,
    WORK,
    declare,
)
from jobpipe.runs.executors.halving import DEATHS_BEFORE_HALVING


@pytest.fixture
def broker() -> Iterator[Connection]:
    with Connection(shared_server().url()) as connection:
        declare(connection)
        yield connection


def test_the_queues_are_quorum_queues_and_may_be_declared_again(broker: Connection) -> None:
    declare(broker)
    for name in (FETCH, CRAWL, PROCESS, DELIVER, DEAD):
        arguments = next((one.queue_arguments for one in WORK if one.name == name), {})
        with pytest.raises(PreconditionFailed, match="x-queue-type"), broker.channel() as channel:
            classic = {**arguments, "x-queue-type": "classic"}
            channel.queue_declare(name, durable=True, auto_delete=False, arguments=classic)


def test_a_message_that_nobody_can_take_ends_among_the_dead_letters(broker: Connection) -> None:
    assert DELIVERY_LIMIT > 3 * DEATHS_BEFORE_HALVING
    with broker.channel() as channel:
        producer = broker.Producer(channel)
        producer.publish("poison", exchange=EXCHANGE, routing_key=PROCESS)
        deliveries = 0
        while (message := _get(channel, PROCESS)) is not None:
            deliveries += 1
            channel.basic_reject(message.delivery_tag, requeue=True)
        assert deliveries == DELIVERY_LIMIT + 1
        dead = _get(channel, DEAD)
        assert dead is not None
        assert dead.headers["x-first-death-queue"] == PROCESS


def test_whatever_is_sent_to_the_dead_letters_has_a_queue(broker: Connection) -> None:
    with broker.channel() as channel:
        broker.Producer(channel).publish("lost", exchange=DEAD_LETTERS, routing_key="anything.at.all")
        assert _get(channel, DEAD) is not None


def _get(channel: object, queue: str) -> object | None:
    """A message may take a moment from being given back to being there again."""
    for _ in range(40):
        message = channel.basic_get(queue)  # type: ignore[attr-defined]
        if message is not None:
            return message  # type: ignore[no-any-return]
        time.sleep(0.05)
    return None


def test_a_coroutine_function_is_refused_as_a_task() -> None:
    other = Celery("other", task_cls=ClusterTask)

    async def work() -> None:
        pass

    with pytest.raises(TypeError, match="async def"):
        other.task(work, lazy=False, shared=False)


def test_celery_neither_delays_nor_keeps_results_nor_takes_more_than_one() -> None:
    configured = app.conf
    assert configured.result_backend is None and configured.task_ignore_result
    assert configured.worker_prefetch_multiplier == 1
    assert list(configured.accept_content) == ["json"] and configured.task_serializer == "json"
    assert configured.broker_transport_options["confirm_publish"] is True
    app.finalize()
    app.loader.import_default_modules()
    process, conduct = app.tasks["process"], app.tasks["conduct"]
    assert process.acks_late and process.reject_on_worker_lost
    assert not conduct.acks_late
    assert {"process", "conduct"} <= set(app.tasks)
