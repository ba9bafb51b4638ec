"""The way back: workers put their answers into a queue of the sitting that asked, and its conductor takes them out.

A durable queue of its own for each sitting, which the broker removes when nobody has looked at it for a while.  A
worker acknowledges its batch only when the broker has confirmed the answer, so that one of the two is always there.
It is no quorum queue, because it lives for minutes: RabbitMQ 3.10 was seen to lose the leader of one that is killed
within seconds of being declared.  Should the queue be lost, the next sitting has another one.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections import defaultdict
from typing import Any

from amqp.exceptions import NotFound
from kombu import Consumer, Message, Producer, Queue
from kombu.exceptions import OperationalError

from jobpipe.cluster.broker import SILENCE, BrokerUnavailableError, connection_to
from jobpipe.cluster.messages import Answer, answer_from, pieces_of

# Milliseconds without anyone who takes answers, until the broker removes the queue.
EXPIRES = 30 * 60 * 1000
# Seconds for which a conductor tries to reach its broker again.
PATIENCE = 60.0
_TICK = 1.0


def queue_of(run: int, fence: int) -> str:
    return f"answers.{run}.{fence}"


def _queue(name: str) -> Queue:
    return Queue(name, routing_key=name, queue_arguments={"x-expires": EXPIRES}, durable=True)


class AnswerSender:
    """A worker's side: one connection a process, opened when the first answer is sent."""

    def __init__(self, broker: str) -> None:
        self._connection = connection_to(broker)
        self._producer: Producer | None = None

    def send(self, to: str, answer: Answer) -> None:
        """Confirmed by the broker when this returns; to a sitting that is over it goes nowhere.

        Raises BrokerUnavailableError.
        """
        pieces = list(pieces_of(answer))
        for number, piece in enumerate(pieces):
            self._publish(to, piece, {"unit": answer.unit, "piece": number, "pieces": len(pieces)})

    def _publish(self, to: str, piece: bytes, headers: dict[str, Any]) -> None:
        try:
            self._open().publish(
                piece,
                routing_key=to,
                headers=headers,
                content_type="application/octet-stream",
                content_encoding="binary",
                delivery_mode=2,
                confirm_timeout=SILENCE,
                retry=True,
                retry_policy={"max_retries": 3, "interval_start": 0.2},
            )
        except Exception as error:
            self.close()
            raise BrokerUnavailableError(f"an answer could not be sent: {type(error).__name__}: {error}") from error

    def _open(self) -> Producer:
        if self._producer is None:
            self._producer = Producer(self._connection, auto_declare=False)
        return self._producer

    def close(self) -> None:
        self._producer = None
        with contextlib.suppress(Exception):
            self._connection.release()


class AnswerReceiver:
    """A conductor's side: a thread that takes answers as they come and puts them together."""

    def __init__(self, broker: str, name: str) -> None:
        """Raises BrokerUnavailableError where the broker cannot be reached."""
        self._connection = connection_to(broker)
        self._queue = _queue(name)
        self._ready: queue.SimpleQueue[Answer | BrokerUnavailableError] = queue.SimpleQueue()
        self._pieces: dict[str, dict[int, bytes]] = defaultdict(dict)
        self._over = threading.Event()
        self._open()
        self._thread = threading.Thread(target=self._receive, name="answers", daemon=True)
        self._thread.start()

    def get(self, *, timeout: float | None) -> Answer | None:
        """The next one; None when none came within `timeout` seconds (0 = at once).

        Raises BrokerUnavailableError where the broker went away for good.
        """
        try:
            answer = self._ready.get(timeout=timeout) if timeout else self._ready.get_nowait()
        except queue.Empty:
            return None
        if isinstance(answer, BrokerUnavailableError):
            raise answer
        return answer

    def close(self) -> None:
        """Also removes the queue: nobody will ask for what is left in it."""
        self._over.set()
        self._thread.join(timeout=5 * _TICK)
        with contextlib.suppress(Exception):
            self._connection.ensure_connection(max_retries=1)
            with self._connection.channel() as channel:
                self._queue(channel).delete()
        with contextlib.suppress(Exception):
            self._connection.release()

    # The thread -------------------------------------------------------------------------------------

    def _receive(self) -> None:
        errors = self._connection.connection_errors + self._connection.channel_errors
        try:
            while not self._over.is_set():
                try:
                    self._take_until_broken()
                except errors:
                    self._reopen()
        except BrokerUnavailableError as error:
            self._ready.put(error)
        except Exception as error:
            self._ready.put(BrokerUnavailableError(f"answers cannot be taken: {type(error).__name__}: {error}"))

    def _take_until_broken(self) -> None:
        # Answers may come again after a break: pieces of the same unit are the same bytes.
        with Consumer(self._connection, [self._queue], on_message=self._take, prefetch_count=64):
            while not self._over.is_set():
                with contextlib.suppress(TimeoutError):
                    self._connection.drain_events(timeout=_TICK)
                self._connection.heartbeat_check()

    def _take(self, message: Message) -> None:
        unit, number, pieces = (message.headers[name] for name in ("unit", "piece", "pieces"))
        body = message.body
        self._pieces[unit][number] = bytes(body) if not isinstance(body, str) else body.encode("latin-1")
        if len(self._pieces[unit]) == pieces:
            whole = self._pieces.pop(unit)
            self._ready.put(answer_from([whole[place] for place in range(pieces)]))
        message.ack()

    def _reopen(self) -> None:
        with contextlib.suppress(Exception):
            self._connection.release()
        self._open(is_there=True)

    def _open(self, *, is_there: bool = False) -> None:
        """`is_there`: it was declared before. A broker that has lost it has lost answers too, and perhaps batches."""
        try:
            self._connection.ensure_connection(
                max_retries=int(PATIENCE / 2), interval_start=0.2, interval_step=0.5, interval_max=2.0
            )
            with self._connection.channel() as channel:
                if is_there:
                    self._queue(channel).queue_declare(passive=True)
                else:
                    self._queue(channel).declare()
        except NotFound as error:
            raise BrokerUnavailableError(f"the broker has lost the queue {self._queue.name}") from error
        except (OperationalError, *self._connection.connection_errors) as error:
            raise BrokerUnavailableError(
                f"the broker cannot be reached: {error}",
                hint="is RabbitMQ running, and is `cluster: broker` in jobpipe.yaml its address?",
            ) from error
