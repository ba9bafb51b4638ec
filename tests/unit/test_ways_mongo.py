from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cutting_proxy import CuttingProxy
from mongo_server import MongoServer, documents_uri, is_there, shared_server
from processes import free_port
from pymongo import MongoClient
from sent_changes import HOSTILE, changes_to, fates, removal, upsert

from jobpipe.destinations.ways import mongo
from jobpipe.destinations.ways.way import ChangesWay, Fate, NotReachedError, RejectedLoginError, UnknownFateError
from jobpipe.errors import DefinitionError

BATCH = [upsert("1"), upsert(HOSTILE), upsert("gone")]


@pytest.fixture
def uri(tmp_path: Path) -> str:
    return documents_uri(tmp_path)


@pytest.fixture
def there(uri: str) -> Iterator[Any]:
    with MongoClient(uri) as client:
        yield client.get_default_database()["postings"]


def to(uri: str, more: str = "") -> Any:
    return changes_to(f'{{mongo: "{uri}"{more}}}')


def found(there: Any) -> dict[str, Any]:
    return {one["_id"]: one for one in there.find()}


def test_postings_come_change_and_go_and_a_repeat_changes_nothing(uri: str, there: Any) -> None:
    way = to(uri)
    assert not fates(way.send(BATCH, "b1"))
    before = found(there)
    assert not fates(way.send(BATCH, "b1"))
    assert found(there) == before
    assert not fates(way.send([upsert("1", 2), removal("gone", 2), removal("never", 1)], "b2"))
    after = found(there)
    assert set(after) == {"apec/1", f"apec/{HOSTILE}", "apec/gone", "apec/never"}
    one = after["apec/1"]
    assert (one["number"], one["client"], one["posting"]["title"], one["removed"]) == (2, "acme", "1 2", False)
    assert after["apec/gone"]["removed"] is True and "posting" not in after["apec/gone"]
    way.close()


def test_an_older_number_that_comes_late_changes_nothing(uri: str, there: Any) -> None:
    way = to(uri)
    way.send([upsert("1", 3), removal("2", 3)], "b3")
    before = found(there)
    assert not fates(way.send([upsert("1", 2), upsert("2", 2), removal("1", 1)], "b2"))
    assert found(there) == before
    # One that somebody else has put there has no number: ours takes its place.
    there.insert_one({"_id": "apec/3", "of": "somebody"})
    way.send([upsert("3", 1)], "b4")
    assert found(there)["apec/3"]["number"] == 1
    way.close()


def test_one_that_mongodb_cannot_hold_is_refused_and_the_others_go(uri: str, there: Any) -> None:
    way = to(uri)
    bad = [upsert("big", 2**63), upsert("deep", wage=2**64), upsert("\ud800"), upsert("large", text="x" * 17_000_000)]
    given = way.send([upsert("1"), *bad, upsert("2", **{"$where": "1", "a.b": {"$set": 1}})], "b1")
    assert fates(given) == {change.idempotency_key: Fate.REFUSED for change in bad}
    assert "16.0 MB" in given.items["partner:apec/large:1"].said
    assert set(found(there)) == {"apec/1", "apec/2"}
    assert found(there)["apec/2"]["posting"]["a.b"] == {"$set": 1}
    way.close()


def test_more_than_one_writing_takes_go_in_several(uri: str, there: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mongo, "MOST_ITEMS", 10)
    way = to(uri)
    assert not fates(way.send([upsert(str(number)) for number in range(25)], "b1"))
    assert there.count_documents({}) == 25
    way.close()


def test_a_connection_that_breaks_is_an_unknown_fate_and_the_repeat_changes_nothing(uri: str, there: Any) -> None:
    server = shared_server()
    if not isinstance(server, MongoServer):
        pytest.skip("needs the server's port")
    with CuttingProxy(server.port) as proxy:
        way = to(uri.replace(str(server.port), str(proxy.port)) + "&directConnection=true&retryWrites=false")
        way.send([upsert("1")], "b1")
        number = cut_in_the_middle(proxy, way)
        assert not fates(way.send([upsert("1", number)], f"b{number}"))
        way.close()
    assert found(there)["apec/1"]["number"] == number


def cut_in_the_middle(proxy: CuttingProxy, way: ChangesWay) -> int:
    """The number of the change whose answer was lost: the driver's own heartbeat may be what is cut first."""
    for number in range(2, 30):
        proxy.cut_after_next(1)
        try:
            way.send([upsert("1", number)], f"b{number}")
        except UnknownFateError as error:
            assert "sent again" in str(error)
            return number
    pytest.fail("no answer was lost")


def test_what_keeps_it_from_taking_a_batch_is_told(tmp_path: Path) -> None:
    nobody = f"mongodb://anna:wr0ng-one@127.0.0.1:{free_port()}/jobs"
    with pytest.raises(NotReachedError, match="cannot be reached") as caught:
        to(nobody, ", timeout: 0.5").send(BATCH, "b1")
    assert type(caught.value) is NotReachedError
    assert str(caught.value).startswith("mongodb://***@127.0.0.1") and "wr0ng-one" not in str(caught.value)
    with pytest.raises(NotReachedError, match="is not known"):
        to("mongodb://nowhere.invalid/jobs").send(BATCH, "b1")
    for uri, said in (("mongodb://h", "names no database"), ("mongodb://h:x/d", "is no address")):
        with pytest.raises(DefinitionError, match=said):
            to(uri)


def test_a_refused_login_is_told(tmp_path: Path) -> None:
    if not is_there():
        pytest.skip("no MongoDB server is here")
    server = MongoServer(tmp_path, "--auth")
    server.start()
    try:
        with pytest.raises(RejectedLoginError, match="does not let us write") as caught:
            to(server.uri("jobs").replace("://", "://anna:wr0ng-one@")).send(BATCH, "b1")
        assert "wr0ng-one" not in str(caught.value)
    finally:
        server.kill()
