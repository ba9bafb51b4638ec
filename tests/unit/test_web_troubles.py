"""What people read when a store does not answer: that it is busy, that it is away, or that job-pipe is to blame."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.db import DataError, IntegrityError, InterfaceError, OperationalError, connection
from django.test import Client
from project_folder import CLIENT_DEFINITION, ProjectFolder, xml_feed
from web_client import account, logged_in, shown

from jobpipe.ledger.models import AuditLine, Incident
from jobpipe.ledger.unavailable import Trouble, trouble_of


@pytest.fixture
def project(tmp_path: Path) -> Iterator[ProjectFolder]:
    folder = ProjectFolder(tmp_path / "project", CLIENT_DEFINITION)
    folder.keep_all_in_files()
    folder.run(xml_feed({"1": "Mason"}), workers=0)
    with shown(folder):
        yield folder


def quiet(client: Client) -> Client:
    client.raise_request_exception = False
    return client


def ledger(project: ProjectFolder) -> Path:
    return project.root / ".jobpipe" / "ledger.sqlite3"


def test_a_ledger_that_somebody_else_writes_to_is_busy_and_nothing_is_done(project: ProjectFolder) -> None:
    client = quiet(logged_in(account()))
    with closing(sqlite3.connect(ledger(project), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        connection.cursor().execute("PRAGMA busy_timeout = 20")
        answer = client.post("/account/details", {"language": "fr"})
    assert answer.status_code == 503 and "Busy for a moment" in answer.content.decode()
    assert answer.headers["Retry-After"] == "10"
    assert client.post("/account/details", {"language": "fr"}).status_code == 302
    assert not Incident.objects.filter(kind="internal-error").exists()


def test_a_ledger_that_cannot_be_read_is_away(project: ProjectFolder) -> None:
    client = quiet(logged_in(account()))
    connection.close()
    kept = ledger(project).read_bytes()
    for more in ("-wal", "-shm"):
        Path(f"{ledger(project)}{more}").unlink(missing_ok=True)
    ledger(project).write_bytes(b"no database" * 1_000)
    answer = client.get("/runs/")
    connection.close()
    ledger(project).write_bytes(kept)
    assert answer.status_code == 503 and "Away for a moment" in answer.content.decode()


def test_a_statement_that_cannot_be_is_a_fault_of_ours_and_told_to_developers(project: ProjectFolder) -> None:
    client = quiet(logged_in(account()))
    connection.cursor().execute(f"ALTER TABLE {AuditLine._meta.db_table} RENAME TO elsewhere")
    answer = client.get("/audit/")
    assert answer.status_code == 500 and "job-pipe itself failed" in answer.content.decode()
    (told,) = Incident.objects.filter(message__contains="no such table")
    assert client.get("/audit/").status_code == 500
    assert [one.pk for one in Incident.objects.filter(message__contains="no such table")] == [told.pk]


def of_postgresql(kind: type[Exception], sqlstate: str | None) -> Exception:
    said, error = Exception("as psycopg says it"), kind("as Django says it")
    said.sqlstate = sqlstate  # type: ignore[attr-defined]
    error.__cause__ = said
    return error


@pytest.mark.parametrize(
    ("kind", "sqlstate", "trouble"),
    [
        (OperationalError, "55P03", Trouble.BUSY),
        (OperationalError, "40P01", Trouble.BUSY),
        (OperationalError, "57P01", Trouble.AWAY),
        (OperationalError, "08006", Trouble.AWAY),
        (OperationalError, None, Trouble.AWAY),
        (InterfaceError, None, Trouble.AWAY),
        (DataError, "22003", Trouble.FAULT),
        (IntegrityError, "23505", Trouble.FAULT),
    ],
)
def test_what_postgresql_says_is_told_apart_by_its_code(
    monkeypatch: pytest.MonkeyPatch, kind: type[Exception], sqlstate: str | None, trouble: Trouble
) -> None:
    monkeypatch.setattr(type(connection._connections[connection._alias]), "vendor", "postgresql")  # type: ignore[attr-defined]
    assert trouble_of(of_postgresql(kind, sqlstate)) is trouble
