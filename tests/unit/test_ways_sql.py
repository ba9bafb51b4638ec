from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from postgres_server import PostgresServer, shared_server
from processes import free_port
from sent_changes import HOSTILE, changes_to, fates, removal, upsert

from jobpipe.destinations.ways.way import Fate, NotReachedError, RejectedLoginError, UnknownFateError
from jobpipe.errors import DefinitionError

BATCH = [upsert("1"), upsert(HOSTILE), upsert("gone")]


@dataclass
class Database:
    # The address, as `to.sql` has it.
    url: str
    ask: Callable[[str], list[tuple[Any, ...]]]
    root: Path = Path()

    def to(self, more: str = "") -> Any:
        return changes_to(f"{{sql: {json.dumps(self.url)}{more}}}", self.root)

    def rows(self, table: str = "postings") -> dict[str, tuple[Any, ...]]:
        asked = self.ask(f"SELECT id, number, removed, title, url, posting FROM {table}")
        return {row[0]: (row[1], bool(row[2]), *row[3:5], _decoded(row[5])) for row in asked}


def _decoded(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def postgresql() -> Database:
    url = shared_server().empty_database()

    def ask(statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    return Database(url, ask)


@pytest.fixture(params=["postgresql", "sqlite"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    if request.param == "postgresql":
        return postgresql()

    def ask(statement: str) -> list[tuple[Any, ...]]:
        with sqlite3.connect(tmp_path / "jobs.db") as connection:
            return connection.execute(statement).fetchall()

    return Database("sqlite:///jobs.db", ask, tmp_path)


def test_postings_come_change_and_go_and_a_repeat_changes_nothing(database: Database) -> None:
    way = database.to()
    assert not fates(way.send(BATCH, "b1"))
    before = database.ask("SELECT * FROM postings ORDER BY id")
    assert not fates(way.send(BATCH, "b1"))
    assert database.ask("SELECT * FROM postings ORDER BY id") == before
    assert not fates(way.send([upsert("1", 2), removal("gone", 2), removal("never", 1)], "b2"))
    rows = database.rows()
    assert set(rows) == {"apec/1", f"apec/{HOSTILE}", "apec/gone", "apec/never"}
    assert rows["apec/1"][:4] == (2, False, "1 2", "https://example.org/2")
    assert rows["apec/1"][4]["title"] == "1 2"
    assert rows["apec/gone"] == (2, True, None, None, None)
    way.close()


def test_an_older_number_that_comes_late_changes_nothing(database: Database) -> None:
    way = database.to()
    way.send([upsert("1", 3), removal("2", 3)], "b3")
    before = database.rows()
    assert not fates(way.send([upsert("1", 2), upsert("2", 2), removal("1", 1)], "b2"))
    assert database.rows() == before
    way.close()


@pytest.mark.parametrize("table", ['a"b; DROP TABLE x--', "Ünï 'code'"])
def test_a_table_may_have_any_name(database: Database, table: str) -> None:
    way = database.to(f", table: {json.dumps(table)}")
    assert not fates(way.send([upsert("1")], "b1"))
    quoted = '"' + table.replace('"', '""') + '"'
    assert set(database.rows(quoted)) == {"apec/1"}
    way.close()


def test_one_that_the_database_cannot_hold_is_refused_and_the_others_go(database: Database) -> None:
    way = database.to()
    bad = [upsert("big", 2**63), upsert("\ud800")]
    given = way.send([upsert("1"), *bad, upsert("2")], "b1")
    assert fates(given) == {change.idempotency_key: Fate.REFUSED for change in bad}
    assert set(database.rows()) == {"apec/1", "apec/2"}
    assert not fates(way.send([upsert("3")], "b2"))
    way.close()


def test_nul_is_what_postgresql_cannot_hold() -> None:
    database = postgresql()
    way = database.to()
    given = way.send([upsert("1"), upsert("a\0b"), upsert("2", text="a\0b"), upsert("x" * 9_000)], "b1")
    assert list(fates(given).values()) == [Fate.REFUSED] * 2
    assert "NUL" in given.items["partner:apec/a\0b:1"].said
    assert len(database.rows()) == 2
    way.close()


def test_a_table_that_is_another_one_is_told(database: Database) -> None:
    database.ask("CREATE TABLE postings (id text PRIMARY KEY, name text)")
    way = database.to()
    with pytest.raises(RejectedLoginError, match="column"):
        way.send(BATCH, "b1")
    way.close()


def test_a_table_in_a_schema_needs_no_right_but_to_write_it() -> None:
    database = postgresql()
    database.ask("CREATE SCHEMA out")
    database.to(", table: out.jobs").send([upsert("1")], "b1")
    database.ask("DROP ROLE IF EXISTS writer")
    database.ask("CREATE ROLE writer LOGIN")
    database.ask("GRANT USAGE ON SCHEMA out TO writer")
    database.url = database.url.replace("postgres@", "writer@")
    with pytest.raises(RejectedLoginError, match="permission denied"):
        database.to(", table: out.jobs").send([upsert("1", 2)], "b2")
    database.ask("GRANT SELECT, INSERT, UPDATE ON out.jobs TO writer")
    assert not fates(database.to(", table: out.jobs").send([upsert("1", 2)], "b2"))
    assert database.rows("out.jobs")["apec/1"][0] == 2
    database.ask("DROP OWNED BY writer")
    database.ask("DROP ROLE writer")


def test_a_refused_login_and_nobody_there_are_told() -> None:
    base = shared_server().url("postgres")
    port = f"127.0.0.1:{free_port()}"
    for url, kind, said in (
        (base.replace("/postgres", "/nowhere"), RejectedLoginError, "does not exist"),
        (base.replace("postgres@", "nobody:wr0ng-one@"), RejectedLoginError, "does not let us write"),
        (f"postgresql://a:wr0ng-one@{port}/b", NotReachedError, "cannot be written"),
        ("postgresql://a:wr0ng-one@nowhere.invalid/b", NotReachedError, "is not known"),
    ):
        with pytest.raises(kind, match=said) as caught:
            changes_to(f'{{sql: "{url}"}}').send(BATCH, "b1")
        assert type(caught.value) is kind
        assert str(caught.value).startswith("postgresql://***@") and "wr0ng-one" not in str(caught.value)
    for url, said in (
        ("postgresql:///db", "names no host"),
        ("postgresql://h/db?service=other", "service is not taken"),
        ("postgresql://h/db?nonsense=1", "is no address"),
        ("sqlite://jobs.db", "names no file"),
    ):
        with pytest.raises(DefinitionError, match=said):
            changes_to(f'{{sql: "{url}"}}')


def test_a_server_that_is_gone_in_the_middle_has_nothing_of_the_batch() -> None:
    server = PostgresServer(durable=True)
    try:
        way = changes_to(f'{{sql: "{server.url("postgres")}"}}')
        way.send([upsert("1")], "b1")
        server.execute("ALTER TABLE postings ADD CHECK (pg_sleep(CASE WHEN number > 1 THEN 9 ELSE 0 END) IS NOT NULL)")
        killing = threading.Timer(0.5, server.kill)
        killing.start()
        with pytest.raises(NotReachedError) as caught:
            way.send([upsert("1", 2)], "b2")
        assert type(caught.value) is NotReachedError
        killing.join()
        with pytest.raises(NotReachedError):
            way.send([upsert("1", 2)], "b2")
        server.start()
        assert server.execute("SELECT number FROM postings") == [(1,)]
        server.execute("ALTER TABLE postings DROP CONSTRAINT postings_number_check")
        assert not fates(way.send([upsert("1", 2)], "b2"))
        assert server.execute("SELECT number FROM postings") == [(2,)]
        way.close()
    finally:
        server.stop()


def test_a_lost_word_of_the_commit_is_an_unknown_fate_and_the_repeat_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    database = postgresql()
    way = database.to()
    way.send([upsert("1")], "b1")
    usual = psycopg.Connection.commit

    def lost(self: Any) -> None:
        usual(self)
        self.close()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(psycopg.Connection, "commit", lost)
    with pytest.raises(UnknownFateError, match="while the batch was committed"):
        way.send([upsert("1", 2)], "b2")
    monkeypatch.setattr(psycopg.Connection, "commit", usual)
    before = database.ask("SELECT * FROM postings")
    assert not fates(way.send([upsert("1", 2)], "b2"))
    assert database.ask("SELECT * FROM postings") == before
    way.close()


def test_a_server_that_says_nothing_more_is_left() -> None:
    database = postgresql()
    database.to().send([upsert("1")], "b1")
    with psycopg.connect(database.url) as holder:
        holder.execute("LOCK TABLE postings")
        way = database.to(", timeout: 0.5")
        with pytest.raises(NotReachedError):
            way.send([upsert("1", 2)], "b2")
    assert not fates(way.send([upsert("1", 2)], "b2"))
    way.close()


def test_a_locked_or_missing_file_of_sqlite_is_told(tmp_path: Path) -> None:
    with pytest.raises(RejectedLoginError, match="unable to open"):
        changes_to('{sql: "sqlite:///no/jobs.db"}', tmp_path).send(BATCH, "b1")
    (tmp_path / "jobs.db").write_text("this is no database, and long enough to be seen as none of SQLite's own files")
    with pytest.raises(RejectedLoginError, match="not a database"):
        changes_to('{sql: "sqlite:///jobs.db"}', tmp_path).send(BATCH, "b1")
    with pytest.raises(DefinitionError, match="no schemas"):
        changes_to('{sql: "sqlite:///jobs.db", table: a.b}', tmp_path)
    way = changes_to('{sql: "sqlite:///other.db", timeout: 0.1}', tmp_path)
    way.send([upsert("1")], "b1")
    holder = sqlite3.connect(tmp_path / "other.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(NotReachedError, match="locked"):
        way.send([upsert("1", 2)], "b2")
    holder.execute("ROLLBACK")
    assert not fates(way.send([upsert("1", 2)], "b2"))
    holder.close()
    way.close()
