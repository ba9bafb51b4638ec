"""Leases on PostgreSQL's clock: one holder an import, fences, processes that die, that sleep, that lose the server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from begun_run import MANY, begin, environ
from django.db import OperationalError
from postgres_server import shared_server
from project_folder import DEFINITION, ProjectFolder, adds_up, xml_feed

from jobpipe.documents.store import StaleFenceError
from jobpipe.ledger import leases
from jobpipe.ledger.models import Batch, Import, Lease, Run
from jobpipe.runs import lease
from jobpipe.runs.lease import ImportIsRunningError, LeaseLostError, hold
from jobpipe.runs.process_mark import is_known_to_be_dead, own_mark
from jobpipe.runs.workspace import Workspace

TEN = {f"k{number}": f"Offre {number}" for number in range(10)}


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    folder = ProjectFolder(tmp_path / "project")
    folder.keep_ledger_in(shared_server().ledger())
    return folder


@pytest.fixture
def workspace(project: ProjectFolder) -> Iterator[Workspace]:
    with project.open() as opened:
        yield opened


@pytest.fixture
def owner(workspace: Workspace) -> Import:
    return Import.objects.create(name="offers")


def test_two_cannot_hold_the_same_import(workspace: Workspace, owner: Import) -> None:
    with hold(workspace, owner):
        holder = f"another process \\(number {os.getpid()} on "
        with pytest.raises(ImportIsRunningError, match=holder), hold(workspace, owner):
            pass
        with hold(workspace, Import.objects.create(name="others")):
            pass
    with hold(workspace, owner):
        pass


def test_each_holder_has_a_higher_fence(workspace: Workspace, owner: Import) -> None:
    fences = []
    for _ in range(3):
        with hold(workspace, owner) as held:
            assert held.lease is not None
            fences.append(held.lease.fence)
    assert fences == sorted(set(fences))


def test_a_lease_is_renewed_as_long_as_its_holder_lives(
    workspace: Workspace, owner: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "LENGTH", 0.6)
    with hold(workspace, owner) as held:
        first = Lease.objects.get().until
        deadline = time.monotonic() + 20
        while Lease.objects.get().until == first:
            assert time.monotonic() < deadline, "it was not renewed"
            time.sleep(0.05)
        assert held.lease is not None
        held.lease.check()


def test_what_lapsed_may_be_taken_over_and_the_old_holder_writes_nothing_more(
    workspace: Workspace, owner: Import
) -> None:
    with hold(workspace, owner) as old:
        Lease.objects.update(until="2000-01-01T00:00:00Z")
        with hold(workspace, owner) as new:
            with new.writing():
                owner.client = "new"
                owner.save()
            with pytest.raises(StaleFenceError), old.writing():
                owner.client = "old"
                owner.save()
    assert Import.objects.get().client == "new"


def test_nobody_takes_over_in_the_middle_of_a_transaction(workspace: Workspace, owner: Import) -> None:
    with hold(workspace, owner) as held:
        Lease.objects.update(until="2000-01-01T00:00:00Z")
        with held.writing():
            other = subprocess.Popen(
                [sys.executable, "-c", TAKE_OVER, str(workspace.project.root)], stdout=subprocess.PIPE, env=environ()
            )
            assert other.stdout is not None
            assert other.stdout.readline() == b"asking\n"
            wait_for_a_lock()
            owner.client = "held"
            owner.save()
        out, _ = other.communicate(timeout=60)
    assert out == b"held\n"


def wait_for_a_lock() -> None:
    """Until somebody waits for what this process holds."""
    deadline = time.monotonic() + 30
    while not shared_server().execute("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
        assert time.monotonic() < deadline, "nobody waits"
        time.sleep(0.05)


# Says what the row holds as soon as it has taken the import over.
TAKE_OVER = """
import sys
from pathlib import Path
from jobpipe.definition.project import find_project
from jobpipe.runs.workspace import open_workspace
with open_workspace(find_project(Path(sys.argv[1]), {})) as workspace:
    from jobpipe.ledger.models import Import
    from jobpipe.runs.lease import hold
    owner = Import.objects.get()
    print("asking", flush=True)
    with hold(workspace, owner):
        print(Import.objects.get().client, flush=True)
"""


def unreachable(*_: object) -> bool:
    raise OperationalError("the server is away")


def test_a_holder_that_could_not_renew_in_time_stops(
    workspace: Workspace, owner: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "LENGTH", 0.3)
    monkeypatch.setattr(leases, "renew", unreachable)
    with hold(workspace, owner) as held:
        assert held.lease is not None
        time.sleep(0.4)
        with pytest.raises(LeaseLostError, match="offers"):
            held.lease.check()
        with pytest.raises(LeaseLostError), held.writing():
            pass


def test_a_mark_says_whether_its_process_is_known_to_be_dead() -> None:
    child = subprocess.Popen([sys.executable, "-c", "from jobpipe.runs.process_mark import *; print(own_mark())"],
                             stdout=subprocess.PIPE, env=environ(), text=True)  # fmt: skip
    mark = child.communicate()[0].strip()
    assert not is_known_to_be_dead(own_mark())
    assert is_known_to_be_dead(mark)
    host, pid, start, world = mark.rsplit(":", 3)
    assert not is_known_to_be_dead(f"{host}:{pid}:{start}:another-{world}")
    assert not is_known_to_be_dead("")


# Whole runs --------------------------------------------------------------------------------------------


def test_a_process_that_only_slept_does_no_harm(project: ProjectFolder) -> None:
    (project.root / "feed.xml").write_bytes(xml_feed(MANY))
    sleeper = begin(project)
    sleeper.send_signal(signal.SIGSTOP)
    with project.open():
        assert 0 < sum(batch.last_ordinal - batch.first_ordinal + 1 for batch in Batch.objects.all()) < len(MANY)
    report = project.run()
    deadline = time.monotonic() + 60
    while report.state == "skipped" and time.monotonic() < deadline:
        time.sleep(0.2)
        report = project.run()
    assert (report.state, report.run, report.account["new"]) == ("succeeded", 1, len(MANY))
    before = project.contents()
    sleeper.send_signal(signal.SIGCONT)
    _, said = sleeper.communicate(timeout=60)
    assert sleeper.returncode == 1
    assert "nothing is lost" in said and "Traceback" not in said
    assert project.contents() == before
    with project.open():
        assert [(run.pk, run.state, run.account["new"]) for run in Run.objects.all()] == [(1, "succeeded", len(MANY))]
    assert project.run(xml_feed(MANY | {"k1": "Autre"})).account["updated"] == 1


def test_whoever_sleeps_while_another_still_imports_does_no_harm(project: ProjectFolder) -> None:
    (project.root / "feed.xml").write_bytes(xml_feed(MANY))
    first = begin(project)
    first.send_signal(signal.SIGSTOP)
    with project.open():
        Lease.objects.update(until="2000-01-01T00:00:00Z")
    second = begin(project)
    first.send_signal(signal.SIGCONT)
    assert first.wait(timeout=60) == 1
    assert second.wait(timeout=60) == 0
    with project.open():
        (run,) = Run.objects.all()
        assert (run.state, run.account["new"], Batch.objects.count()) == ("succeeded", len(MANY), 0)
    assert project.keys() == set(MANY)


def test_the_import_of_a_process_that_was_killed_here_need_not_wait_for_its_lease(project: ProjectFolder) -> None:
    (project.root / "feed.xml").write_bytes(xml_feed(MANY))
    child = begin(project)
    child.kill()
    child.wait()
    with project.open():
        Lease.objects.update(until="2100-01-01T00:00:00Z")
    report = project.run()
    assert (report.state, report.run, report.account["new"]) == ("succeeded", 1, len(MANY))


def test_many_that_finish_at_once_get_one_place_each_in_the_feed_of_changes(project: ProjectFolder) -> None:
    names = [f"import-{number}" for number in range(6)]
    for name in names:
        (project.root / "imports" / f"{name}.yaml").write_text(DEFINITION.replace("import: offers", f"import: {name}"))
    (project.root / "feed.xml").write_bytes(xml_feed(TEN))
    command = [sys.executable, "-m", "jobpipe.cli.main", "-C", str(project.root), "run", "--workers", "0", "--json"]
    children = [
        subprocess.Popen([*command, *names[half::2]], stdout=subprocess.PIPE, text=True, env=environ())
        for half in range(2)
    ]
    for child in children:
        reports = json.loads(child.communicate(timeout=120)[0])
        assert [report["state"] for report in reports] == ["succeeded"] * 3
    with project.open():
        assert sorted(Run.objects.values_list("sequence", flat=True)) == [1, 2, 3, 4, 5, 6]


def test_accounts_add_up_on_postgresql(project: ProjectFolder) -> None:
    report = project.run(xml_feed([*TEN.items(), ("k1", "Encore"), ("bad", "")]))
    assert adds_up(report)
    assert report.account["duplicate"] == report.account["rejected"] == 1
