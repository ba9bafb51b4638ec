"""Against a stand-in: no Elasticsearch or OpenSearch can be had here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from processes import free_port
from receiver import Answered
from search_server import SearchServer
from sent_changes import HOSTILE, changes_to, fates, removal, upsert

from jobpipe.destinations.ways import search
from jobpipe.destinations.ways.way import (
    Fate,
    NotReachedError,
    RefusedError,
    RejectedLoginError,
    TooSoonError,
    UnknownFateError,
)


@pytest.fixture
def server() -> Iterator[SearchServer]:
    with SearchServer() as running:
        yield running


def to(server: SearchServer, more: str = "") -> str:
    return f'{{search: "{server.address}"{more}}}'


def test_postings_come_change_and_go_and_a_repeat_changes_nothing(server: SearchServer) -> None:
    way = changes_to(to(server))
    batch = [upsert("1"), upsert(HOSTILE), upsert("gone")]
    assert not fates(way.send(batch, "b1"))
    assert not fates(way.send(batch, "b1"))
    assert not fates(way.send([upsert("1", 2), removal("gone", 2), removal("never", 1)], "b2"))
    found = server.found()
    assert set(found) == {"apec/1", f"apec/{HOSTILE}"}
    assert found["apec/1"]["posting"]["title"] == "1 2"
    assert (found["apec/1"]["client"], found["apec/1"]["number"]) == ("acme", 2)
    way.close()


def test_an_older_number_that_comes_late_changes_nothing(server: SearchServer) -> None:
    way = changes_to(to(server))
    way.send([upsert("1", 3), removal("2", 3)], "b3")
    assert not fates(way.send([upsert("1", 2), upsert("2", 2)], "b2"))
    assert not fates(way.send([removal("1", 1)], "b1"))
    assert {key: one["number"] for key, one in server.found().items()} == {"apec/1": 3}
    way.close()


def test_one_that_fits_no_mapping_is_refused_and_one_without_room_comes_again(server: SearchServer) -> None:
    way = changes_to(to(server))
    long = upsert("x" * 600)
    given = way.send([upsert("1"), upsert("2", bad=True), upsert("3", full=True), long], "b1")
    assert fates(given) == {
        "partner:apec/2:1": Fate.REFUSED,
        "partner:apec/3:1": Fate.AGAIN,
        long.idempotency_key: Fate.REFUSED,
    }
    assert "failed to parse field [bad]" in given.items["partner:apec/2:1"].said
    assert set(server.found()) == {"apec/1"}
    way.close()


def test_a_lost_answer_is_an_unknown_fate_and_the_repeat_changes_nothing(server: SearchServer) -> None:
    way = changes_to(to(server))
    server.script = ["drop"]
    with pytest.raises(UnknownFateError):
        way.send([upsert("1")], "b1")
    assert server.found()
    before = dict(server.documents)
    assert not fates(way.send([upsert("1")], "b1"))
    assert server.documents == before
    way.close()


def test_what_keeps_it_from_taking_a_batch_is_told() -> None:
    batch = [upsert("1"), removal("2", 1)]
    with SearchServer(indexes={"other"}, basic="anna:wachtw00rd", path="/search") as server:
        login = ', auth: {basic: "anna:${WORD}"}'
        way = changes_to(to(server, login), WORD="wr0ng-one")
        with pytest.raises(RejectedLoginError, match="refuses the login") as caught:
            way.send(batch, "b1")
        assert "wr0ng-one" not in str(caught.value)
        way = changes_to(to(server, login), WORD="wachtw00rd")
        with pytest.raises(RejectedLoginError, match="has no index 'postings'"):
            way.send(batch, "b1")
        assert not fates(changes_to(to(server, login + ", index: other"), WORD="wachtw00rd").send(batch, "b1"))
        for answer, kind in (
            (Answered(200, b'{"items": []}'), UnknownFateError),
            (Answered(200, b"<html>"), UnknownFateError),
            (Answered(413, b""), RefusedError),
            (Answered(429, b"", {"Retry-After": "3"}), TooSoonError),
            (Answered(503, b""), UnknownFateError),
        ):
            server.script = [answer]
            with pytest.raises(kind):
                way.send(batch, "b1")
    with pytest.raises(NotReachedError):
        changes_to(f'{{search: "http://127.0.0.1:{free_port()}"}}').send(batch, "b1")


def test_a_large_batch_goes_in_several_bodies(server: SearchServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_BYTES", 5_000)
    way = changes_to(to(server))
    batch = [upsert(str(number), text="x" * 1_000) for number in range(20)]
    assert not fates(way.send(batch, "b1"))
    assert len(server.taken) == 7 and max(len(taken.body) for taken in server.taken) < 6_000
    assert len(server.found()) == 20
    way.close()
