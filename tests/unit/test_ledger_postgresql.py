"""A ledger on PostgreSQL: opened, lost, found again, dumped and restored."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from begun_run import MANY, begin
from command_line import SOURCES, jobpipe
from django.db import connections
from postgres_server import PostgresServer, programs, shared_server
from project_folder import ProjectFolder, xml_feed

from jobpipe.errors import DefinitionError, JobpipeError
from jobpipe.ledger.models import Account, AccountRole, Import, Run
from jobpipe.ledger.opening import SCHEMA, open_ledger
from jobpipe.ledger.postgresql import django_settings
from jobpipe.runs.notices import note
from jobpipe.web.changing_accounts import change_role
from jobpipe.web.making_accounts import AccountProblem

ROOT = Path(__file__).parent.parent.parent
TEN = {f"k{number}": f"Offre {number}" for number in range(10)}


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """One that may be killed."""
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    folder = ProjectFolder(tmp_path / "project")
    (folder.root / "feed.xml").write_bytes(xml_feed(TEN))
    return folder


def test_a_url_becomes_what_django_needs() -> None:
    made = django_settings("postgresql://user:p%40ss@db.example.org:6432/jobs?sslmode=require&options=-c%20a.b%3D1")
    assert (made["USER"], made["PASSWORD"], made["HOST"], made["PORT"], made["NAME"]) == (
        *("user", "p@ss", "db.example.org", "6432", "jobs"),
    )
    assert made["OPTIONS"]["sslmode"] == "require"
    assert made["OPTIONS"]["options"].endswith("-c a.b=1")


@pytest.mark.parametrize("url", ["mysql://h/x", "postgresql://h", "postgresql://h:port/x", "postgresql://h/x?no=word"])
def test_a_url_that_is_none_is_a_fault_of_the_settings(url: str) -> None:
    with pytest.raises(DefinitionError, match=r"cluster\.ledger"):
        django_settings(url)


def test_a_server_that_is_not_there_is_named_without_the_password(
    project: ProjectFolder, own_server: PostgresServer
) -> None:
    own_server.stop()
    project.keep_ledger_in(f"postgresql://user:${{PW}}@127.0.0.1:{own_server.port}/jobs")
    for command in ("runs", "run offers"):
        done = jobpipe("-C", project.root, *command.split(), PW="geheim-4711")
        assert done.returncode == 1
        assert f"postgresql://127.0.0.1:{own_server.port}/jobs: the ledger cannot be reached" in done.stderr
        assert "is the server running" in done.stderr
        assert "geheim" not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr


def test_a_database_that_is_not_there_is_to_be_created(project: ProjectFolder) -> None:
    project.keep_ledger_in(shared_server().url("nowhere"))
    done = jobpipe("-C", project.root, "runs")
    assert done.returncode == 1
    assert "/nowhere: the ledger cannot be reached" in done.stderr and "create the database" in done.stderr


def test_two_who_open_an_empty_database_at_once_make_its_tables_once(project: ProjectFolder) -> None:
    url = shared_server().empty_database()
    project.keep_ledger_in(url)
    command = [sys.executable, "-m", "jobpipe.cli.main", "-C", str(project.root), "runs"]
    environ = {"PYTHONPATH": str(SOURCES), "PATH": ""}
    children = [subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    said = [child.communicate(timeout=60)[1] for child in children]
    assert [child.returncode for child in children] == [0, 0, 0], said
    assert shared_server().execute("SELECT number FROM ledger_schema", url.rpartition("/")[2]) == [(SCHEMA,)]


def test_the_tables_of_a_newer_version_are_left_alone(project: ProjectFolder) -> None:
    url = shared_server().ledger()
    shared_server().execute("UPDATE ledger_schema SET number = 999", url.rpartition("/")[2])
    with pytest.raises(JobpipeError, match="newer job-pipe"):
        open_ledger(Path("unused"), url)


def test_a_run_that_loses_the_ledger_stays_as_it_is_and_goes_on_later(
    project: ProjectFolder, own_server: PostgresServer
) -> None:
    project.keep_ledger_in(own_server.ledger())
    (project.root / "feed.xml").write_bytes(xml_feed(MANY))
    child = begin(project, lease=60)
    own_server.kill()
    _, said = child.communicate(timeout=60)
    assert child.returncode == 1
    assert "the ledger cannot be reached" in said and "go on with the next `jobpipe run`" in said
    assert "Traceback" not in said and "destroyed" not in said
    own_server.start()
    with project.open():
        assert Run.objects.get().state == "running"
    report = project.run()
    assert (report.state, report.run, report.account["new"]) == ("succeeded", 1, len(MANY))
    assert project.keys() == set(MANY)


def test_a_process_that_lives_on_finds_the_server_again(project: ProjectFolder, own_server: PostgresServer) -> None:
    project.keep_ledger_in(own_server.ledger())
    assert project.run().state == "succeeded"
    own_server.kill()
    own_server.start()
    assert project.run(xml_feed(TEN | {"k1": "Autre"})).account["updated"] == 1


def test_what_no_database_can_store_in_a_text_is_replaced(project: ProjectFolder) -> None:
    project.keep_ledger_in(shared_server().ledger())
    report = project.run()
    with project.open():
        run = Run.objects.get(pk=report.run)
        note(run, "test", "a\x00b \ud800")
        run.save()
        assert Run.objects.get().notices[-1]["message"] == "a\N{REPLACEMENT CHARACTER}b ?"


def after_restore() -> str:
    """The statements that the page on PostgreSQL tells."""
    page = (ROOT / "docs" / "how-to" / "postgresql.md").read_text(encoding="utf-8")
    found = re.search(r"```sql\n(.*?)```", page, re.DOTALL)
    assert found is not None
    return found[1]


def test_a_dump_is_restored_beside_documents_that_are_newer(project: ProjectFolder, tmp_path: Path) -> None:
    server = shared_server()
    url = server.ledger()
    project.keep_ledger_in(url)
    project.run()
    dump = tmp_path / "ledger.dump"
    subprocess.run([programs() / "pg_dump", "--format=custom", f"--file={dump}", url], check=True, capture_output=True)
    # What happens after the dump is in the documents alone, once it is restored.
    changed = {**TEN, "k1": "Autre", "k10": "Offre 10"}
    del changed["k2"]
    project.run(xml_feed(changed))
    project.run(xml_feed(changed | {"k3": "Autre"}))
    before = project.contents()
    restored = server.empty_database()
    subprocess.run(
        [programs() / "pg_restore", "--no-owner", f"--dbname={restored}", dump], check=True, capture_output=True
    )
    for statement in after_restore().split(";\n"):
        if statement.strip():
            server.execute(statement, restored.rpartition("/")[2])
    project.keep_ledger_in(restored)
    with project.open():
        assert [(run.pk, run.state, run.account["new"]) for run in Run.objects.all()] == [(1, "succeeded", 10)]
        assert Import.objects.get().name == "offers"
    report = project.run(xml_feed(changed | {"k3": "Autre"}) + b"<!-- again -->")
    assert report.run > 100_000
    assert (report.state, report.account["read"], report.account["unchanged"]) == ("succeeded", 10, 10)
    assert project.contents() == before


def test_of_two_admins_who_take_it_from_each_other_at_once_one_stays(project: ProjectFolder) -> None:
    project.keep_ledger_in(shared_server().ledger())
    with project.open():
        names = ("first", "second")
        for _ in range(8):
            Account.objects.all().delete()
            admins = [Account.objects.create(name=name, role=AccountRole.ADMIN) for name in names]
            together = threading.Barrier(2)

            def demote(account: Account, together: threading.Barrier = together) -> None:
                together.wait()
                with contextlib.suppress(AccountProblem):
                    change_role(account, AccountRole.OPERATOR, [])
                connections.close_all()

            threads = [threading.Thread(target=demote, args=(one,)) for one in admins]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert Account.objects.filter(role=AccountRole.ADMIN).count() == 1
