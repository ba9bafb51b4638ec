from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from certificates import certificate
from http_source import HttpSource
from processes import free_port
from receiver import Answered, Receiver
from sent_changes import HOSTILE, changes_to, fates, removal, upsert

from jobpipe.definition.targets import target_of
from jobpipe.destinations.ways import http
from jobpipe.destinations.ways.opening import snapshot_way
from jobpipe.destinations.ways.way import (
    Fate,
    NotReachedError,
    RefusedError,
    RejectedLoginError,
    TooSoonError,
    UnknownFateError,
)
from jobpipe.errors import DefinitionError


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


def to(receiver: Receiver, more: str = "") -> str:
    return f'{{http: "{receiver.url}"{more}}}'


def listing(*items: dict[str, Any], word: str = "items", status: int = 200) -> Answered:
    return Answered(status, json.dumps({word: list(items)}).encode())


def test_a_batch_arrives_whole_and_in_order_and_a_repeat_changes_nothing(receiver: Receiver) -> None:
    way = changes_to(to(receiver))
    batch = [upsert("1", salary=12.5), upsert(HOSTILE), removal("old", 3)]
    assert way.send(batch, "b1") == way.send(batch, "b1")
    first, second = receiver.taken
    assert first.body == second.body
    assert first.headers["idempotency-key"] == "b1"
    said = first.json
    assert (said["destination"], said["batch"]) == ("partner", "b1")
    assert said["items"][0] == {
        "id": "apec/1",
        "import": "apec",
        "client": "acme",
        "key": "1",
        "action": "upsert",
        "number": 1,
        "revision": 1,
        "idempotency_key": "partner:apec/1:1",
        "posting": {"title": "1 1", "url": "https://example.org/1", "salary": 12.5},
    }
    assert said["items"][1]["key"] == HOSTILE
    assert "posting" not in said["items"][2]
    assert receiver.applied == [change.idempotency_key for change in batch]
    way.close()


def test_a_lost_answer_is_an_unknown_fate_and_the_repeat_is_taken_once(receiver: Receiver) -> None:
    way = changes_to(to(receiver))
    receiver.script = ["drop"]
    with pytest.raises(UnknownFateError, match="may have arrived") as caught:
        way.send([upsert("1")], "b1")
    assert caught.value.place.source == receiver.url
    assert not fates(way.send([upsert("1")], "b1"))
    assert receiver.applied == ["partner:apec/1:1"]
    receiver.script = ["deaf"]
    with pytest.raises(UnknownFateError):
        way.send([upsert("2")], "b2")
    way.close()


def test_a_silent_server_is_an_unknown_fate(receiver: Receiver) -> None:
    receiver.script = ["mute"]
    way = changes_to(to(receiver, ", timeout: 0.3"))
    with pytest.raises(UnknownFateError, match=r"within 0\.3 seconds"):
        way.send([upsert("1")], "b1")
    way.close()


def test_nobody_there_is_surely_not_reached(tmp_path: Path) -> None:
    for address in (f"http://127.0.0.1:{free_port()}/x", "http://nowhere.invalid/x"):
        way = changes_to(f'{{http: "{address}"}}')
        with pytest.raises(NotReachedError, match="cannot be reached") as caught:
            way.send([upsert("1")], "b1")
        assert type(caught.value) is NotReachedError
        way.close()
    with HttpSource() as server:
        address = server.serve_tls(certificate(tmp_path), "/x", b"")
        way = changes_to(f'{{http: "{address}"}}')
        with pytest.raises(NotReachedError, match="certificate is not trusted"):
            way.send([upsert("1")], "b1")
        way.close()


@pytest.mark.parametrize(
    ("status", "headers", "kind"),
    [
        (401, {}, RejectedLoginError),
        (403, {}, RejectedLoginError),
        (404, {}, RejectedLoginError),
        (405, {}, RejectedLoginError),
        (302, {"Location": "https://elsewhere.example/x?token=abcdef"}, RejectedLoginError),
        (307, {"Location": "/other"}, RejectedLoginError),
        (429, {"Retry-After": "7"}, TooSoonError),
        (503, {"Retry-After": "7"}, TooSoonError),
        (408, {}, NotReachedError),
        (425, {}, NotReachedError),
        (400, {}, RefusedError),
        (413, {}, RefusedError),
        (422, {}, RefusedError),
        (409, {}, UnknownFateError),
        (500, {}, UnknownFateError),
        (503, {}, UnknownFateError),
    ],
)
def test_each_status_means_one_thing(
    receiver: Receiver, status: int, headers: dict[str, str], kind: type[Exception]
) -> None:
    receiver.script = [Answered(status, b'{"why": "because"}', headers)]
    way = changes_to(to(receiver))
    with pytest.raises(kind) as caught:
        way.send([upsert("1")], "b1")
    assert type(caught.value) is kind
    said = str(caught.value)
    assert said.startswith(receiver.url) and f"HTTP {status}" in said and "abcdef" not in said
    if isinstance(caught.value, TooSoonError):
        assert caught.value.seconds == 7
    if "Location" in headers:
        assert headers["Location"].partition("?")[0] in said
    assert len(receiver.taken) == 1
    way.close()


@pytest.mark.parametrize(
    ("answer", "more"),
    [
        (listing({"id": "apec/2", "status": 422, "error": "no place"}, {"id": "apec/3", "status": 503}), ""),
        (listing({"key": "2", "status": "rejected", "reason": "no place"}, {"key": "3", "state": "busy"}), ""),
        (
            listing({"result": "created"}, {"ok": False, "message": "no place"}, {"status": 429}, status=207),
            "",
        ),
        (
            Answered(
                207,
                b'{"a": {"b": [{"idempotency_key": "partner:apec/2:1", "error": {"text": "no place"}},'
                b' {"id": "apec/3", "status": "retry"}]}}',
            ),
            ", items: a.b",
        ),
    ],
)
def test_what_became_of_each_posting_is_understood(receiver: Receiver, answer: Answered, more: str) -> None:
    way = changes_to(to(receiver, more))
    receiver.script = [answer]
    given = way.send([upsert("1"), upsert("2"), upsert("3")], "b1")
    assert fates(given) == {"partner:apec/2:1": Fate.REFUSED, "partner:apec/3:1": Fate.AGAIN}
    assert "no place" in given.items["partner:apec/2:1"].said
    way.close()


def test_an_answer_that_does_not_say_of_whom_is_an_unknown_fate(receiver: Receiver) -> None:
    way = changes_to(to(receiver, ", items: answers"))
    deep = b"[" * 5000 + b"]" * 5000
    for answer in (Answered(207), Answered(200, b'{"answers": 5}'), Answered(200, b"<p>"), Answered(207, deep)):
        receiver.script = [answer]
        with pytest.raises(UnknownFateError, match="does not say of each posting"):
            way.send([upsert("1")], "b1")
    # Only failures are listed, and there is none.
    assert not fates(way.send([upsert("1")], "b1"))
    receiver.script = [Answered(200, b" " * (http.MEGABYTE * 17))]
    with pytest.raises(UnknownFateError, match="without an end"):
        way.send([upsert("1")], "b1")
    way.close()


def test_too_much_for_one_request_goes_in_pieces_and_what_came_before_a_failure_stays_answered(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "MOST_BYTES", 2_000)
    way = changes_to(to(receiver))
    batch = [upsert(str(number), text="x" * 600) for number in range(4)]
    assert not fates(way.send(batch, "b1"))
    keys = [taken.headers["idempotency-key"] for taken in receiver.taken]
    assert keys == ["b1-1", "b1-2", "b1-3", "b1-4"]
    assert receiver.applied == [change.idempotency_key for change in batch]
    ok = Answered()
    receiver.script = [ok, ok, Answered(429)]
    given = way.send(batch, "b1")
    assert fates(given) == {change.idempotency_key: Fate.AGAIN for change in batch[2:]}
    for script, kind in (([Answered(429)], NotReachedError), ([ok, "drop"], UnknownFateError)):
        receiver.script = list(script)
        with pytest.raises(kind):
            way.send(batch, "b1")
    way.close()


@pytest.mark.parametrize("secret", ["hush hush", "whsec_" + base64.b64encode(b"hush hush").decode()])
@pytest.mark.parametrize("word", ["http", "webhook"])
def test_the_signature_is_that_of_standard_webhooks(receiver: Receiver, secret: str, word: str) -> None:
    way = changes_to(f'{{{word}: "{receiver.url}", secret: "${{HUSH}}"}}', HUSH=secret)
    way.send([upsert("1")], "b1")
    taken = receiver.taken[0]
    signed = f"{taken.headers['webhook-id']}.{taken.headers['webhook-timestamp']}.".encode() + taken.body
    wanted = base64.b64encode(hmac.new(b"hush hush", signed, hashlib.sha256).digest()).decode()
    assert taken.headers["webhook-id"] == "b1"
    assert taken.headers["webhook-signature"] == f"v1,{wanted}"
    way.close()


def test_a_webhook_tells_whole_postings_or_keys_only(receiver: Receiver) -> None:
    whole, keys = changes_to(f'{{webhook: "{receiver.url}"}}'), changes_to(f'{{webhook: "{receiver.url}", body: keys}}')
    for way in (whole, keys):
        assert not fates(way.send([upsert("1"), removal("2", 2)], "b1"))
        way.close()
    first, second = (taken.json for taken in receiver.taken)
    assert first["type"] == second["type"] == "postings.changed"
    assert first["data"]["items"][0]["posting"]["title"] == "1 1"
    assert [item.get("posting") for item in second["data"]["items"]] == [None, None]
    assert [item["action"] for item in second["data"]["items"]] == ["upsert", "remove"]


def test_each_login_is_sent(receiver: Receiver) -> None:
    for auth, header, value in (
        ('{basic: "anna:${WORD}"}', "authorization", "Basic " + base64.b64encode(b"anna:wachtw00rd").decode()),
        ('{bearer: "${WORD}"}', "authorization", "Bearer wachtw00rd"),
        ('{key: {name: X-Key, value: "${WORD}"}}', "x-key", "wachtw00rd"),
    ):
        way = changes_to(to(receiver, f", auth: {auth}"), WORD="wachtw00rd")
        way.send([upsert("1")], "b1")
        assert receiver.taken[-1].headers[header] == value
        way.close()
    way = changes_to(to(receiver, ', auth: {key: {name: k, value: "${WORD}", in: query}}'), WORD="wachtw00rd")
    receiver.script = [Answered(404)]
    with pytest.raises(RejectedLoginError) as caught:
        way.send([upsert("1")], "b1")
    assert receiver.taken[-1].path == "/jobs?k=wachtw00rd"
    assert "wachtw00rd" not in str(caught.value)
    way.close()


def test_a_token_is_had_and_had_again_when_it_is_refused(receiver: Receiver) -> None:
    way = changes_to(
        to(receiver, f', auth: {{oauth2: {{url: "{receiver.url}", client_id: a, client_secret: geheim}}}}')
    )
    token = Answered(200, b'{"access_token": "t0ken", "expires_in": 3600}')
    receiver.script = [token, Answered(401), token, Answered()]
    assert not fates(way.send([upsert("1")], "b1"))
    assert receiver.taken[1].headers["authorization"] == "Bearer t0ken"
    way.close()
    for answer, kind in (
        (Answered(400), RejectedLoginError),
        (Answered(500), NotReachedError),
        ("drop", NotReachedError),
    ):
        way = changes_to(
            to(receiver, f', auth: {{oauth2: {{url: "{receiver.url}", client_id: a, client_secret: geheim}}}}')
        )
        receiver.script = [answer]
        with pytest.raises(kind, match="gives no token") as caught:
            way.send([upsert("1")], "b1")
        assert type(caught.value) is kind and "geheim" not in str(caught.value)
        way.close()


def test_what_cannot_be_opened_is_said_before_anything_is_sent(tmp_path: Path) -> None:
    for text, said in (
        ('{http: "${PLACE}"}', "PLACE is not set"),
        ('{http: "https://"}', "is no web address"),
        ('{http: "https://x.example", secret: "whsec_###"}', "not base64"),
        ('{http: "https://x.example", headers: {"X-A": "a\\nb"}}', "HTTP cannot carry"),
        ('{file: "out/jobs.xml"}', "takes files"),
    ):
        with pytest.raises(DefinitionError, match=said):
            changes_to(text)
    with pytest.raises(DefinitionError, match="is not spoken here"):
        changes_to('{http: "${PLACE}"}', PLACE="gopher://x.example")
    with pytest.raises(DefinitionError, match="takes changes"):
        snapshot_way(target_of({"http": "https://x.example"}), "partner", environ={}, root=tmp_path)
