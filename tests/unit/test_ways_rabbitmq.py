from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import amqp
import pytest
from cutting_proxy import CuttingProxy
from processes import free_port
from rabbitmq_server import shared_server
from sent_changes import HOSTILE, changes_to, fates, removal, upsert

from jobpipe.destinations.ways import rabbitmq
from jobpipe.destinations.ways.way import Fate, NotReachedError, RejectedLoginError, UnknownFateError
from jobpipe.errors import DefinitionError


class Broker:
    """A virtual host with a durable topic exchange `jobs` and a queue `all` that gets what begins with `apec.`."""

    def __init__(self) -> None:
        self.url = shared_server().url()
        parts = urlsplit(self.url)
        self.port = parts.port or 0
        self.connection = amqp.Connection(f"127.0.0.1:{self.port}", virtual_host=parts.path[1:])
        self.connection.connect()
        self.channel = self.connection.channel()
        self.channel.exchange_declare("jobs", "topic", durable=True, auto_delete=False)
        self.channel.queue_declare("all", durable=True, auto_delete=False)
        self.channel.queue_bind("all", "jobs", "apec.#")
        full = {"x-max-length": 1, "x-overflow": "reject-publish"}
        self.channel.queue_declare("full", durable=True, auto_delete=False, arguments=full)
        self.channel.queue_bind("full", "jobs", "full.#")

    def taken(self) -> list[Any]:
        found = []
        while (message := self.channel.basic_get("all", no_ack=True)) is not None:
            found.append(message)
        return found

    def to(self, more: str = "", port: int = 0) -> Any:
        url = self.url.replace(str(self.port), str(port or self.port))
        return changes_to(f'{{rabbitmq: "{url}", exchange: jobs, routing_key: "{{import}}.{{action}}"{more}}}')


@pytest.fixture(scope="module")
def made() -> Iterator[Broker]:
    broker = Broker()
    yield broker
    broker.connection.close()


@pytest.fixture
def broker(made: Broker) -> Broker:
    for queue in ("all", "full"):
        made.channel.queue_purge(queue)
    return made


def test_each_posting_is_one_lasting_message_in_its_order(broker: Broker) -> None:
    way = broker.to()
    batch = [upsert("1"), upsert(HOSTILE), removal("gone", 2)]
    assert not fates(way.send(batch, "b1"))
    assert not fates(way.send(batch, "b1"))
    messages = broker.taken()
    assert [json.loads(one.body)["id"] for one in messages] == [change.id for change in batch] * 2
    first = messages[0]
    assert first.properties["delivery_mode"] == 2
    assert first.properties["message_id"] == "partner:apec/1:1"
    assert first.properties["type"] == "posting.upsert"
    assert first.delivery_info["routing_key"] == "apec.upsert"
    headers = first.properties["application_headers"]
    assert (headers["destination"], headers["import"], headers["number"]) == ("partner", "apec", 1)
    said = json.loads(first.body)
    assert said["posting"]["title"] == "1 1" and said["idempotency_key"] == "partner:apec/1:1"
    assert "posting" not in json.loads(messages[2].body)
    # The second time it has the same name.
    assert [one.properties["message_id"] for one in messages[:3]] == [
        one.properties["message_id"] for one in messages[3:]
    ]
    way.close()


def test_one_that_no_queue_is_bound_for_is_refused_and_the_others_go(broker: Broker) -> None:
    way = broker.to()
    lost, bad = upsert("2", import_name="other"), upsert("\ud800")
    given = way.send([upsert("1"), lost, bad, upsert("3")], "b1")
    assert fates(given) == {lost.idempotency_key: Fate.REFUSED, bad.idempotency_key: Fate.REFUSED}
    assert "'other.upsert'" in given.items[lost.idempotency_key].said
    assert [json.loads(one.body)["id"] for one in broker.taken()] == ["apec/1", "apec/3"]
    way.close()


def test_one_that_a_full_queue_does_not_take_comes_again(broker: Broker) -> None:
    way = broker.to()
    batch = [upsert(str(number), import_name="full") for number in range(3)]
    assert fates(way.send(batch, "b1")) == {change.idempotency_key: Fate.AGAIN for change in batch[1:]}
    way.close()


def test_more_than_a_window_go_in_their_order(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rabbitmq, "WINDOW", 20)
    way = broker.to()
    batch = [upsert(str(number)) for number in range(110)]
    assert not fates(way.send(batch, "b1"))
    assert [json.loads(one.body)["id"] for one in broker.taken()] == [change.id for change in batch]
    way.close()


def test_a_connection_that_breaks_before_the_word_is_an_unknown_fate(broker: Broker) -> None:
    with CuttingProxy(broker.port) as proxy:
        way = broker.to(port=proxy.port)
        way.send([upsert("1")], "b1")
        broker.taken()
        # Its words for the channel, the exchange and the confirms have 40 bytes, that for the message 21.
        proxy.cut_after_next(45)
        with pytest.raises(UnknownFateError, match="before it confirmed"):
            way.send([upsert("2")], "b2")
        assert not fates(way.send([upsert("2")], "b2"))
        way.close()
    assert {one.properties["message_id"] for one in broker.taken()} == {"partner:apec/2:1"}


def test_a_break_in_the_middle_is_an_unknown_fate_and_the_repeat_brings_all_of_them(broker: Broker) -> None:
    batch = [upsert(str(number), text="x" * 1_000) for number in range(400)]
    with CuttingProxy(broker.port, sent_cuts=[200_000]) as proxy:
        way = broker.to(port=proxy.port)
        with pytest.raises(UnknownFateError):
            way.send(batch, "b1")
        assert not fates(way.send(batch, "b1"))
        way.close()
    assert {one.properties["message_id"] for one in broker.taken()} == {change.idempotency_key for change in batch}


def test_a_silent_broker_is_left(broker: Broker) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=listener.accept, daemon=True).start()
    way = broker.to(", timeout: 0.3", port=listener.getsockname()[1])
    with pytest.raises(NotReachedError) as caught:
        way.send([upsert("1")], "b1")
    assert type(caught.value) is NotReachedError
    listener.close()


def test_what_keeps_it_from_taking_a_batch_is_told(broker: Broker) -> None:
    good = f'"{broker.url}"'
    for url, more, kind, said in (
        (good.replace("guest:guest", "anna:wr0ng-one"), "", RejectedLoginError, "does not let us in"),
        (f'"amqp://guest:guest@127.0.0.1:{broker.port}/nowhere"', "", RejectedLoginError, "does not let us in"),
        (good, ", exchange: amq.rabbitmq.trace", RejectedLoginError, "cannot publish to internal exchange"),
        (good, ", exchange: nowhere", RejectedLoginError, "has no exchange 'nowhere'"),
        (f'"amqp://anna:wr0ng-one@127.0.0.1:{free_port()}"', "", NotReachedError, "cannot be reached"),
        ('"amqp://nowhere.invalid"', "", NotReachedError, "is not known"),
        (f'"amqps://127.0.0.1:{broker.port}"', ", timeout: 2", NotReachedError, "cannot be reached"),
    ):
        with pytest.raises(kind, match=said) as caught:
            changes_to(f"{{rabbitmq: {url}{more}}}").send([upsert("1")], "b1")
        assert type(caught.value) is kind
        assert str(caught.value).startswith("amqp") and "wr0ng-one" not in str(caught.value)
    with pytest.raises(DefinitionError, match="names no host"):
        changes_to('{rabbitmq: "amqp:///x"}')
