"""What is MongoDB's own: its write errors, kills of its server, forks, writers that race, and a server that is away."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mongo_server
import pytest
from pymongo import InsertOne, UpdateOne

from jobpipe.documents.mongo import MongoDocuments
from jobpipe.documents.mongo_batch import MOST_BYTES
from jobpipe.documents.mongo_rows import fields_of
from jobpipe.documents.mongo_server import SCHEMA
from jobpipe.documents.row_ids import row_id
from jobpipe.documents.store import (
    DocumentsUnavailableError,
    Role,
    Selection,
    StaleFenceError,
    StateRow,
    Status,
    Written,
)
from jobpipe.errors import DefinitionError, JobpipeError

IMPORT = 7
SOURCES = Path(__file__).parent.parent.parent / "src"


@pytest.fixture
def uri(tmp_path: Path) -> str:
    return mongo_server.documents_uri(tmp_path)


@pytest.fixture
def documents(uri: str) -> Iterator[MongoDocuments]:
    documents = MongoDocuments(uri)
    yield documents
    documents.close()


def posting(key: str, body: str = "", **more: Any) -> Written:
    values: dict[str, Any] = {"digest": b"d" * 16, "posting_digest": b"p" * 16, "revision": 1, "title": key}
    return Written(StateRow(key=key, **values | more), (body or f"body of {key}").encode())


def bodies(documents: MongoDocuments) -> dict[str, bytes]:
    found = list(documents.bodies(IMPORT, Selection()))
    assert len({row.key for row, _ in found}) == len(found)
    return {row.key: body for row, body in found}


# Write errors ---------------------------------------------------------------------------------------


def test_every_duplicate_of_a_bulk_is_told_by_its_position(documents: MongoDocuments) -> None:
    server = documents._server
    server.bulk("state", [InsertOne({"_id": number}) for number in (2, 5)])
    assert server.bulk("state", [InsertOne({"_id": number}) for number in range(7)]).duplicates == [2, 5]
    assert server.collection("state").count_documents({}) == 7


def test_an_error_that_is_no_duplicate_is_raised_whatever_else_went_well(documents: MongoDocuments) -> None:
    server = documents._server
    server.bulk("state", [InsertOne({"_id": 2, "title": "text"})])
    wrong = UpdateOne({"_id": 2}, {"$inc": {"title": 1}})
    with pytest.raises(JobpipeError, match="1 of 3 operations were refused") as caught:
        server.bulk("state", [InsertOne({"_id": 1}), wrong, InsertOne({"_id": 2})])
    assert "127.0.0.1" in str(caught.value) or mongo_server.REAL


def test_writes_wait_for_the_journals_of_a_majority_whatever_the_address_says(tmp_path: Path) -> None:
    documents = MongoDocuments(mongo_server.documents_uri(tmp_path, w=1, journal="false"))
    concern = documents._server.collection("state").write_concern.document
    assert (concern["w"], concern["j"]) == ("majority", True)
    documents.close()


def test_a_body_larger_than_mongodb_holds_is_refused_before_anything_is_written(documents: MongoDocuments) -> None:
    large = Written(StateRow(key="large", revision=1), bytes(MOST_BYTES + 1))
    with pytest.raises(JobpipeError, match="'large'") as caught:
        documents.write(IMPORT, [posting("a"), large])
    assert "limits.record" in caught.value.hint
    assert bodies(documents) == {}


def test_documents_of_a_later_version_are_not_touched(documents: MongoDocuments, uri: str) -> None:
    about = documents._server.collection("about")
    about.update_one({"_id": "documents"}, {"$set": {"schema": SCHEMA + 1}})
    other = MongoDocuments(uri)
    with pytest.raises(JobpipeError, match="later version"):
        other.counts(IMPORT)
    other.close()


# Racing and overtaken writers -----------------------------------------------------------------------


def test_two_writers_that_race_for_the_same_keys_make_one_row_a_key(documents: MongoDocuments, uri: str) -> None:
    keys = [f"{number}" for number in range(30)]
    start = threading.Barrier(3)
    numbers: dict[str, list[int]] = {}

    def write(name: str) -> None:
        own = MongoDocuments(uri)
        start.wait()
        numbers[name] = [own.write(IMPORT, [posting(key, f"{name} {key}", title=name)])[0] for key in keys]
        own.close()

    documents.counts(IMPORT)
    threads = [threading.Thread(target=write, args=(name,)) for name in ("one", "two", "three")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = list(documents.bodies(IMPORT, Selection()))
    assert sorted(row.key for row, _ in found) == sorted(keys)
    assert numbers["one"] == numbers["two"] == numbers["three"]
    assert documents._server.collection("bodies").count_documents({}) == len(keys)


def test_a_key_that_another_took_between_looking_and_writing_is_that_ones_row(
    documents: MongoDocuments, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = MongoDocuments(uri)
    written: list[int] = []
    bulk = documents._server.bulk

    def late(name: str, operations: Any) -> Any:
        if not written:
            written.extend(other.write(IMPORT, [posting("b", "of the other")]))
        return bulk(name, operations)

    monkeypatch.setattr(documents._server, "bulk", late)
    numbers = documents.write(IMPORT, [posting("a"), posting("b", "mine"), posting("c")])
    assert numbers[1] == written[0]
    assert bodies(documents) == {"a": b"body of a", "b": b"mine", "c": b"body of c"}
    assert documents._server.collection("bodies").count_documents({}) == 3
    other.close()


@pytest.mark.parametrize("name", ["bodies", "state"])
def test_who_sleeps_in_the_middle_of_writing_overwrites_nothing_and_leaves_nothing(
    documents: MongoDocuments, uri: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    documents.write(IMPORT, [posting("a", "before")])
    documents.hold(IMPORT, 4)
    successor = MongoDocuments(uri)
    bulk = documents._server.bulk
    is_overtaken = False

    def sleeping(collection: str, operations: Any) -> Any:
        nonlocal is_overtaken
        if collection == name and not is_overtaken:
            is_overtaken = True
            successor.hold(IMPORT, 5)
            successor.write(IMPORT, [posting("a", "of the successor")])
        return bulk(collection, operations)

    monkeypatch.setattr(documents._server, "bulk", sleeping)
    rejected = Written(StateRow(key="r", role=Role.REJECTED, status=Status.NONE), b"rejected")
    with pytest.raises(StaleFenceError):
        documents.write(IMPORT, [posting("a", "too late"), posting("b", "too late"), rejected])
    assert bodies(successor) == {"a": b"of the successor"}
    assert list(successor.select(IMPORT, Selection(role=Role.REJECTED))) == []
    successor.close()


def test_numbers_go_on_behind_the_rows_where_a_copy_put_back_is_of_an_earlier_moment(
    documents: MongoDocuments, uri: str
) -> None:
    documents.write(IMPORT, [posting("a"), posting("b")])
    documents._server.collection("numbering").update_one({"_id": IMPORT}, {"$set": {"last_row": 1}})
    later = MongoDocuments(uri)
    assert later.write(IMPORT, [posting("c")]) == [3]
    later.close()


# Kills ----------------------------------------------------------------------------------------------


def test_a_writing_that_was_killed_after_its_bodies_is_made_whole_by_its_repetition(documents: MongoDocuments) -> None:
    (number,) = documents.write(IMPORT, [posting("a", "one")])
    # What such a kill leaves: the body of a revision that no state has come to.
    left = documents._server.collection("bodies")
    left.insert_one({"_id": (row_id(IMPORT, number) << 17) + 2, "frame": b"two, cut off", "fence": 0})
    assert documents.revisions(IMPORT, number) == [1]
    assert bodies(documents) == {"a": b"one"}
    documents.write(IMPORT, [posting("a", "two", revision=2)])
    assert (documents.revisions(IMPORT, number), documents.body(IMPORT, number)) == ([1, 2], b"two")
    left.insert_one({"_id": (row_id(IMPORT, number) << 17) + 3, "frame": b"three, cut off", "fence": 0})
    documents.write(IMPORT, [posting("a", "two again", revision=2)])
    assert left.count_documents({}) == 2


WRITER = """
import sys
from jobpipe.documents.mongo import MongoDocuments
from jobpipe.documents.store import StateRow, Written
documents = MongoDocuments(sys.argv[1])
for batch in range(1000):
    numbers = range(batch * 10, batch * 10 + 10)
    documents.write(7, [Written(StateRow(key=f"{n}", digest=b"d" * 16, revision=1), b"%d" % n) for n in numbers])
    print(batch, flush=True)
"""


def test_a_server_killed_in_the_middle_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    if not mongo_server.PROGRAM.exists():
        pytest.skip(mongo_server.NOT_THERE)
    server = mongo_server.MongoServer(tmp_path)
    server.start()
    try:
        uri = server.uri("killed", serverSelectionTimeoutMS=500)
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, uri],
            env={**os.environ, "PYTHONPATH": str(SOURCES)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout is not None
        for _ in range(5):
            writer.stdout.readline()
        server.kill()
        output, errors = writer.communicate()
        assert "DocumentsUnavailableError" in errors
        batches = 5 + len(output.split())
        server.start()
        documents = MongoDocuments(uri)
        found = bodies(documents)
        for number in range(batches * 10):
            assert found[str(number)] == str(number).encode()
        documents.write(IMPORT, [posting(f"{number}", str(number)) for number in range(batches * 10 + 10)])
        assert len(bodies(documents)) == batches * 10 + 10
        documents.close()
    finally:
        server.kill()


# Processes and servers that are away ----------------------------------------------------------------


def test_a_forked_process_opens_a_client_of_its_own(documents: MongoDocuments) -> None:
    documents.write(IMPORT, [posting("a")])
    before = documents._server._opened
    child = os.fork()
    if child == 0:
        try:
            documents.write(IMPORT, [posting("b")])
            assert documents._server._opened[1] is not before[1]
            documents.close()
            os._exit(0)
        except BaseException:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    assert documents._server._opened is before
    assert sorted(bodies(documents)) == ["a", "b"]


def test_a_server_that_is_away_is_named_without_its_password() -> None:
    from processes import free_port

    port = free_port()
    documents = MongoDocuments(f"mongodb://anna:wachtw00rd@127.0.0.1:{port}/offers?serverSelectionTimeoutMS=100")
    for call in (lambda: documents.counts(1), lambda: documents.write(1, [posting("a")])):
        with pytest.raises(DocumentsUnavailableError) as caught:
            call()
        text = str(caught.value)
        assert f"127.0.0.1:{port}" in text and "wachtw00rd" not in text and "Topology" not in text
        assert "is MongoDB running" in caught.value.hint
    documents.close()


@pytest.mark.parametrize("uri", ["mongodb://host:not-a-port/offers", "postgresql://host/offers", "mongodb:///offers"])
def test_an_address_that_is_none_says_how_one_looks(uri: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        MongoDocuments(uri).counts(1)
    assert "mongodb://user" in caught.value.hint


# Layout ---------------------------------------------------------------------------------------------


def test_indexes_have_fixed_names_and_are_made_at_the_start(documents: MongoDocuments, uri: str) -> None:
    documents.counts(IMPORT)
    names = {"_id_", "posting_by_key", "row_not_live", "change_not_live", "missing_row", "live_until", "row_by_label"}
    assert {one["name"] for one in documents._server.collection("state").list_indexes()} == names
    again = MongoDocuments(uri)
    again.counts(IMPORT)
    assert {one["name"] for one in again._server.collection("state").list_indexes()} == names
    again.close()


def test_no_state_is_read_through_the_bodies(documents: MongoDocuments) -> None:
    documents.write(IMPORT, [posting(f"{number}") for number in range(20)])
    documents._server.collection("bodies").drop()
    assert sum(map(len, documents.known(IMPORT, before_run=1))) == 20
    assert sum(1 for _ in documents.select(IMPORT, Selection())) == 20
    assert documents.counts(IMPORT) == {(Role.POSTING, Status.LIVE, ""): 20}


def test_every_field_of_a_state_row_is_kept() -> None:
    added = {"import_id", "not_live", "labelled"}
    assert set(fields_of(1, StateRow())) - added == set(StateRow.__struct_fields__) - {"row"}


def test_rows_of_the_first_version_have_no_labels(documents: MongoDocuments) -> None:
    documents.write(IMPORT, [posting("a")])
    documents._server.collection("state").update_many({}, {"$unset": {"labels": "", "labelled": ""}})
    assert [row.labels for row in documents.select(IMPORT, Selection())] == [""]
    assert documents.labels(IMPORT) == []
    assert list(documents.select(IMPORT, Selection(labels=("t\ta\t",)))) == []
