"""Messages of a RabbitMQ exchange, one a posting, in their order; with py-amqp (the extra `rabbitmq`).

Each is persistent, confirmed by the broker, and named by its idempotency key (`message_id`). One that no queue is
bound for comes back, and counts as refused: it would be lost.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from jobpipe.definition.targets import RabbitTarget
from jobpipe.destinations.ways.envelope import item_of, short_key
from jobpipe.destinations.ways.reaching import addresses_of, library, said_by
from jobpipe.destinations.ways.way import (
    Answer,
    Change,
    Fate,
    ItemAnswer,
    NotReachedError,
    RejectedLoginError,
    UnknownFateError,
    WayError,
)
from jobpipe.errors import DefinitionError, Place
from jobpipe.safety.secrets import redact

CONNECT_TIMEOUT = 15.0
# Messages on their way that are not confirmed yet.
WINDOW = 500
# Seconds after which a connection that was not used is made anew: nobody has sent its heartbeats.
_IDLE = 20.0
# Bytes, of AMQP.
_LONGEST_KEY = 255
_PLACEHOLDER = re.compile(r"\{(destination|import|client|action)\}")


class RabbitWay:
    def __init__(self, target: RabbitTarget, name: str) -> None:
        """Raises DefinitionError."""
        self._place = Place(source=redact(target.rabbitmq))
        try:
            parts = urlsplit(target.rabbitmq)
            self._is_tls = parts.scheme.lower() == "amqps"
            self._host, self._port = parts.hostname or "", parts.port or (5671 if self._is_tls else 5672)
        except ValueError as error:
            raise DefinitionError(f"is no address: {error}", place=self._place) from error
        if not self._host:
            raise DefinitionError("names no host", place=self._place, hint="amqp://user:password@host/vhost")
        self._user = unquote(parts.username or "guest")
        self._password = unquote(parts.password or "guest")
        self._vhost = unquote(parts.path[1:]) or "/"
        self._name = name
        self._exchange = target.exchange
        self._routing_key = target.routing_key
        self._timeout = target.timeout
        self._amqp = library("amqp", what="amqp://", extra="rabbitmq", place=self._place)
        self._connection: Any = None
        self._used = 0.0

    def send(self, batch: Sequence[Change], idempotency_key: str) -> Answer:
        sending = _Sending(batch)
        try:
            with self._errors(sending):
                channel = self._opened(sending)
                for change in batch:
                    self._publish(channel, change, idempotency_key, sending)
                    while len(sending.waiting) >= WINDOW:
                        self._connection.drain_events(timeout=self._timeout)
                while sending.waiting:
                    self._connection.drain_events(timeout=self._timeout)
                channel.close()
        except WayError as error:
            self._drop()
            if sending.waiting or not sending.is_any_settled:
                raise
            return sending.answer(str(error))
        self._used = time.monotonic()
        return sending.answer("confirmed")

    def close(self) -> None:
        if self._connection is not None:
            with suppress(Exception):  # it may be broken in any way
                self._connection.close()
        self._drop()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                connection.collect()

    # Sending ----------------------------------------------------------------------------------------

    def _publish(self, channel: Any, change: Change, batch_key: str, sending: _Sending) -> None:
        try:
            message, routing_key = self._message(change, batch_key), self._routing_key_of(change)
        except ValueError as error:
            sending.refuse(change, said_by(error))
            return
        sending.begin(change, message.properties["message_id"])
        channel.basic_publish(message, self._exchange, routing_key, mandatory=True, timeout=self._timeout)

    def _message(self, change: Change, batch_key: str) -> Any:
        """Raises ValueError where a name is no text that can be sent."""
        about: dict[str, Any] = {
            "destination": self._name,
            "batch": short_key(batch_key),
            "id": change.id,
            "import": change.import_name,
            "client": change.client,
            "action": change.action,
            "number": change.number,
            "revision": change.revision,
        }
        for value in about.values():
            str(value).encode()
        return self._amqp.Message(
            msgspec.json.encode({"destination": self._name, **item_of(change)}),
            content_type="application/json",
            delivery_mode=2,
            message_id=short_key(change.idempotency_key),
            type=f"posting.{change.action}",
            app_id="job-pipe",
            application_headers=about,
        )

    def _routing_key_of(self, change: Change) -> str:
        values = {
            "destination": self._name,
            "import": change.import_name,
            "client": change.client,
            "action": change.action,
        }
        key = _PLACEHOLDER.sub(lambda found: values[found[1]], self._routing_key)
        if len(key.encode()) > _LONGEST_KEY:
            raise ValueError(f"its routing key has more than {_LONGEST_KEY} bytes")
        return key

    # Connecting -------------------------------------------------------------------------------------

    def _opened(self, sending: _Sending) -> Any:
        """A channel for one batch alone: its messages are counted from 1, and no late word is of another batch."""
        if self._connection is None or time.monotonic() - self._used > _IDLE:
            self.close()
            self._connect()
        channel = self._connection.channel()
        if self._exchange:
            channel.exchange_declare(self._exchange, "", passive=True)
        channel.confirm_select()
        events = channel.events
        events["basic_ack"] = {lambda tag, several: sending.settle(tag, is_several=several, is_taken=True)}
        events["basic_nack"] = {lambda tag, several: sending.settle(tag, is_several=several, is_taken=False)}
        events["basic_return"] = {lambda error, exchange, key, message: sending.come_back(key, message)}
        return channel

    def _connect(self) -> None:
        trouble: OSError | None = None
        for address in addresses_of(self._host, self._port, self._place):
            try:
                self._connection = self._connected(address)
                break
            except OSError as error:
                trouble = error
        if self._connection is None:
            raise trouble or OSError("the host has no address")

    def _connected(self, address: str) -> Any:
        import ssl

        host = f"[{address}]" if ":" in address else address
        connection = self._amqp.Connection(
            f"{host}:{self._port}",
            userid=self._user,
            password=self._password,
            virtual_host=self._vhost,
            ssl={"server_hostname": self._host, "cert_reqs": ssl.CERT_REQUIRED} if self._is_tls else False,
            connect_timeout=min(CONNECT_TIMEOUT, self._timeout),
            read_timeout=self._timeout,
            write_timeout=self._timeout,
        )
        connection.connect()
        return connection

    # Errors -----------------------------------------------------------------------------------------

    @contextmanager
    def _errors(self, sending: _Sending) -> Iterator[None]:
        errors = self._amqp.exceptions
        try:
            yield
        except (errors.AccessRefused, errors.NotAllowed) as error:
            self._expect_nothing_there(error, sending)
            hint = "check the user, the password, the virtual host, and the right to write the exchange"
            raise RejectedLoginError(f"does not let us in: {said_by(error)}", place=self._place, hint=hint) from error
        except errors.NotFound as error:
            self._expect_nothing_there(error, sending)
            what = f"has no exchange {self._exchange!r}"
            raise RejectedLoginError(what, place=self._place, hint="make it, or correct to.exchange") from error
        except (errors.AMQPError, OSError) as error:
            said = said_by(error)
            if sending.waiting:
                raise self._unknown(said) from error
            hint = "is RabbitMQ up, and may this machine reach it?"
            raise NotReachedError(f"cannot be reached: {said}", place=self._place, hint=hint) from error

    def _expect_nothing_there(self, error: Exception, sending: _Sending) -> None:
        """It refuses the first message already; later ones, when some were taken, may have been taken as well."""
        if sending.is_any_settled and sending.waiting:
            raise self._unknown(said_by(error)) from error

    def _unknown(self, said: str) -> UnknownFateError:
        what = f"broke off before it confirmed: {said}"
        return UnknownFateError(what, place=self._place, hint="it is sent again with the same keys")


class _Sending:
    """What became of the messages of one batch so far."""

    def __init__(self, batch: Sequence[Change]) -> None:
        self._batch = batch
        self._tag = 0
        # By the tag of a message that is not confirmed yet.
        self.waiting: dict[int, Change] = {}
        self._by_message: dict[str, Change] = {}
        self._taken: set[str] = set()
        self._answers: dict[str, ItemAnswer] = {}

    @property
    def is_any_settled(self) -> bool:
        return bool(self._taken or self._answers)

    def begin(self, change: Change, message_id: str) -> None:
        self._tag += 1
        self.waiting[self._tag] = change
        self._by_message[message_id] = change

    def refuse(self, change: Change, said: str) -> None:
        self._answers[change.idempotency_key] = ItemAnswer(fate=Fate.REFUSED, said=said)

    def settle(self, tag: int, *, is_several: bool, is_taken: bool) -> None:
        for one in [one for one in self.waiting if one <= tag] if is_several else [tag]:
            change = self.waiting.pop(one)
            if is_taken:
                self._taken.add(change.idempotency_key)
            else:
                self._answers[change.idempotency_key] = ItemAnswer(fate=Fate.AGAIN, said="not confirmed")

    def come_back(self, routing_key: str, message: Any) -> None:
        """No queue is bound for it; its confirmation follows all the same."""
        change = self._by_message.get(message.properties.get("message_id", ""))
        if change is not None:
            self.refuse(change, f"no queue is bound for the routing key {routing_key!r}")

    def answer(self, said: str) -> Answer:
        again = ItemAnswer(fate=Fate.AGAIN, said=said)
        silent = [one for one in self._batch if one.idempotency_key not in self._taken]
        left = {change.idempotency_key: again for change in silent}
        return Answer(items={**left, **self._answers}, said=said)
