"""What is SQLite's own: its file, other processes, kills, a full disk, and the indexes that keep it fast."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from jobpipe.documents.sqlite import SqliteDocuments
from jobpipe.documents.sqlite_file import SCHEMA
from jobpipe.documents.store import Role, Selection, StaleFenceError, StateRow, Status, Written
from jobpipe.errors import InternalError, JobpipeError

SOURCES = Path(__file__).parent.parent.parent / "src"
BATCH = 200

# Writes batches of postings for ever, and says the number of each when it is durable.
WRITER = """
import sys
from pathlib import Path
from jobpipe.documents.sqlite import SqliteDocuments
from jobpipe.documents.store import StateRow, Written
documents = SqliteDocuments(Path(sys.argv[1]))
for batch in range(int(sys.argv[2])):
    numbers = range(batch * 200, batch * 200 + 200)
    documents.write(1, [Written(StateRow(key=f"{n}", digest=b"d" * 16, revision=1), b"%d" % n * 300) for n in numbers])
    print(batch, flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "documents.sqlite3"


@pytest.fixture
def documents(path: Path) -> Iterator[SqliteDocuments]:
    documents = SqliteDocuments(path)
    yield documents
    documents.close()


def child(program: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def postings(count: int, first: int = 0) -> list[Written]:
    keys = [f"key {number}" for number in range(first, first + count)]
    return [Written(StateRow(key=key, digest=b"d" * 16, revision=1), key.encode() * 100) for key in keys]


# Kills and other processes --------------------------------------------------------------------------


def test_a_killed_writer_leaves_every_batch_it_finished_and_no_half_of_one(path: Path) -> None:
    done = 0
    for kill_after in (1, 4, 9):
        writer = child(WRITER, path, 10_000)
        assert writer.stdout is not None
        for _ in range(kill_after):
            done = max(done, int(writer.stdout.readline()) + 1)
        os.kill(writer.pid, signal.SIGKILL)
        done = max([done, *(int(line) + 1 for line in writer.communicate()[0].split())])
        documents = SqliteDocuments(path)
        found = [(row.key, body) for row, body in documents.bodies(1, Selection())]
        documents.close()
        assert len(found) >= done * BATCH
        assert len(found) % BATCH == 0
        assert found == [(f"{number}", b"%d" % number * 300) for number in range(len(found))]


def test_a_reader_sees_whole_batches_while_another_process_writes(path: Path, documents: SqliteDocuments) -> None:
    writer = child(WRITER, path, 30)
    seen = []
    while writer.poll() is None:
        seen.append(sum(documents.counts(1).values()))
        bodies = sum(1 for _ in documents.bodies(1, Selection()))
        assert bodies >= seen[-1]
    assert writer.communicate()[1] == ""
    assert all(count % BATCH == 0 for count in seen)
    assert seen == sorted(seen)
    assert sum(documents.counts(1).values()) == 30 * BATCH


def test_processes_may_open_a_new_file_at_once(path: Path) -> None:
    writers = [child(WRITER.replace("write(1,", f"write({number},"), path, 3) for number in range(1, 5)]
    assert [writer.communicate()[1] for writer in writers] == [""] * 4
    documents = SqliteDocuments(path)
    assert [sum(documents.counts(number).values()) for number in range(1, 5)] == [3 * BATCH] * 4
    documents.close()


def test_another_thread_may_use_what_one_has_opened(documents: SqliteDocuments) -> None:
    thread = threading.Thread(target=documents.write, args=(1, postings(3)))
    thread.start()
    thread.join()
    assert sum(documents.counts(1).values()) == 3


# A file that cannot be used -------------------------------------------------------------------------


def test_a_file_that_is_no_database_is_named_and_left_as_it_is(path: Path) -> None:
    path.write_bytes(b"not a database, but a text " * 1_000)
    with pytest.raises(JobpipeError) as caught:
        SqliteDocuments(path)
    assert str(path) in str(caught.value)
    assert "import again" in caught.value.hint
    assert path.read_bytes().startswith(b"not a database")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(JobpipeError, match="folder"):
        SqliteDocuments(tmp_path / "nowhere" / "documents.sqlite3")


def test_a_damaged_file_is_an_error_with_a_hint(path: Path) -> None:
    documents = SqliteDocuments(path)
    documents.write(1, postings(500))
    documents.close()
    with path.open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * (path.stat().st_size - 8192))
    with pytest.raises(JobpipeError) as caught:
        documents = SqliteDocuments(path)
        list(documents.bodies(1, Selection()))
    assert str(path) in str(caught.value)
    assert "damaged" in caught.value.hint


def test_a_file_of_a_later_version_is_not_touched(path: Path) -> None:
    SqliteDocuments(path).close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    connection.close()
    with pytest.raises(JobpipeError, match="later version"):
        SqliteDocuments(path)


def test_a_file_of_the_first_version_is_brought_up_to_date_with_what_it_holds(path: Path) -> None:
    with closing(SqliteDocuments(path)) as documents:
        documents.write(1, postings(3))
    connection = sqlite3.connect(path)
    connection.executescript(
        "DROP TABLE holding; DROP INDEX row_by_labels; ALTER TABLE state DROP COLUMN labels;"
        "ALTER TABLE state DROP COLUMN facts; PRAGMA user_version = 1"
    )
    connection.close()
    with closing(SqliteDocuments(path)) as documents:
        documents.hold(1, 5)
        assert [row.labels for row in documents.select(1, Selection())] == [""] * 3
        documents.write(1, postings(4))
        assert documents.counts(1) == {(Role.POSTING, Status.LIVE, ""): 4}
        assert documents.labels(1) == []
        assert b"".join(documents.facts(1)) == b""
    with closing(SqliteDocuments(path)) as documents, pytest.raises(StaleFenceError):
        documents.hold(1, 4)


def test_a_full_disk_is_an_error_and_what_was_written_before_stays(path: Path) -> None:
    # A limit on the size of files stands for the disk.
    program = """
import resource, sys
from pathlib import Path
from jobpipe.documents.sqlite import SqliteDocuments
from jobpipe.documents.store import Selection, StateRow, Written
from jobpipe.errors import JobpipeError
resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))
documents = SqliteDocuments(Path(sys.argv[1]))
written = 0
try:
    while True:
        documents.write(1, [Written(StateRow(key=f"{written + n}", revision=1), b"b" * 3_000) for n in range(100)])
        written += 100
except JobpipeError as error:
    assert sys.argv[1] in str(error) and error.hint, error
assert sum(1 for _ in documents.bodies(1, Selection())) == written
print(written)
"""
    filler = child(program, path)
    output, errors = filler.communicate()
    assert errors == ""
    assert int(output) > 0
    documents = SqliteDocuments(path)
    assert sum(1 for _ in documents.bodies(1, Selection())) == int(output)
    documents.write(1, postings(1))
    documents.close()


def test_a_number_that_does_not_fit_is_refused_and_nothing_is_written(documents: SqliteDocuments) -> None:
    for state in (StateRow(row=2**29, key="a"), StateRow(key="a", revision=2**17), StateRow(key="a", revision=-1)):
        with pytest.raises(InternalError):
            documents.write(1, [Written(StateRow(key="b"), b""), Written(state, b"")])
    with pytest.raises(InternalError):
        documents.write(2**17, postings(1))
    assert documents.counts(1) == {}


# Speed and durability, by what they rest on ---------------------------------------------------------


def test_commits_are_durable(documents: SqliteDocuments) -> None:
    assert documents._file.fetch("PRAGMA journal_mode") == [("wal",)]
    assert documents._file.fetch("PRAGMA synchronous") == [(2,)]


def test_no_state_is_read_through_the_bodies(path: Path, documents: SqliteDocuments) -> None:
    documents.write(1, postings(100))
    side = StateRow(key="key 3", role=Role.REJECTED, status=Status.NONE, digest=b"d" * 16)
    documents.write(1, [Written(side, b"body")])
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE body")
    connection.close()
    assert sum(map(len, documents.known(1, before_run=1))) == 101
    assert sum(1 for _ in documents.select(1, Selection(text="key", status=Status.LIVE))) == 0
    assert sum(documents.counts(1).values()) == 101
    documents.expire(1, 2, [1, 2], "absent")
    documents.mark_missing(1, 2, [3])
    assert list(documents.missing(1)) == [(3, 2)]
    assert documents.ended(1, "2026-11-24") == []


def test_keys_and_what_is_not_live_are_found_by_index(path: Path, documents: SqliteDocuments) -> None:
    """No query but those that want live postings goes through all the rows."""
    documents.write(1, postings(10))
    documents.write(1, [Written(StateRow(key="key 1", role=Role.REJECTED, status=Status.NONE), b"body")])
    documents.expire(1, 3, [1], "absent")
    documents.mark_missing(1, 3, [2])
    queries: list[str] = []
    documents._file._connection.set_trace_callback(queries.append)
    assert len(documents.postings_by_key(1, ["key 1", "key 2"])) == 2
    assert len(documents.rows(1, [1, 2])) == 2
    assert len(list(documents.missing(1))) == 1
    for selection in (
        Selection(keys=("key 1",)),
        Selection(role=Role.REJECTED),
        Selection(role=Role.REJECTED, keys=("key 1",)),
        Selection(role=Role.REJECTED, changed_since_run=0, status=Status.NONE),
        Selection(status=Status.EXPIRED),
        Selection(status=Status.EXPIRED, reason="absent", changed_in_run=3),
    ):
        assert len(list(documents.select(1, selection))) == 1
        assert len(list(documents.bodies(1, selection))) == 1
    documents._file._connection.set_trace_callback(None)
    connection = sqlite3.connect(path)
    plans = [row[3] for query in queries for row in connection.execute("EXPLAIN QUERY PLAN " + query)]
    connection.close()
    assert len(plans) > len(queries) > 10
    assert [plan for plan in plans if "SCAN" in plan or "PRIMARY KEY (rowid>" in plan] == []
