"""A cluster whose parts are away for a while, or end by themselves: it waits, says so once, and goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import rabbitmq_server
from cluster_servers import ClusterProject, WorkerProcess, wait_until, worker_of
from postgres_server import PostgresServer
from processes import family_of, is_running
from project_folder import ProjectFolder, xml_feed

from jobpipe.cluster import dispatching
from jobpipe.ledger import leases
from jobpipe.ledger.models import BatchAttempt, Dispatch, Run, RunState
from jobpipe.runs.conducting import StopRequest, run_import
from jobpipe.runs.process_mark import own_mark
from jobpipe.runs.progress import Progress
from jobpipe.runs.requesting import request_of_cluster

OFFERS = xml_feed({str(number): f"Offre {number}" for number in range(700)})


@pytest.fixture
def ledger() -> Iterator[PostgresServer]:
    server = PostgresServer(durable=True)
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def broker() -> Iterator[rabbitmq_server.RabbitServer]:
    if not rabbitmq_server.is_there():
        pytest.skip(rabbitmq_server.NOT_THERE)
    with rabbitmq_server.rabbitmq() as server:
        yield server


class _Said:
    """What a process writes to its standard error, while it runs."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.lines: list[str] = []
        assert process.stderr is not None
        self._stream = process.stderr
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        for line in self._stream:
            self.lines.append(line)

    def times(self, words: str) -> int:
        return sum(words in line for line in list(self.lines))


def test_who_follows_a_run_waits_for_a_ledger_that_is_away_and_says_so_once(
    tmp_path: Path, ledger: PostgresServer
) -> None:
    project = ClusterProject(tmp_path / "project", ledger=ledger.ledger())
    asked = project.ask(feed=OFFERS)
    said = _Said(asked)
    wait_until(lambda: said.times("waits for a worker") > 0, what="the first look")
    ledger.kill()
    wait_until(lambda: said.times("it is waited for") > 0, what="the word about the ledger")
    ledger.start()
    with worker_of(project.root):
        assert asked.wait(timeout=200) == 0
    assert asked.stdout is not None
    (report,) = json.loads(asked.stdout.read())
    assert report["account"]["new"] == 700
    assert said.times("it is waited for") == 1


def test_a_run_is_asked_for_while_the_broker_is_away_and_begins_when_it_is_back(
    tmp_path: Path, broker: rabbitmq_server.RabbitServer
) -> None:
    project = ClusterProject(tmp_path / "project", broker=broker.url())
    broker.kill()
    asked = project.ask(feed=OFFERS)
    said = _Said(asked)
    with worker_of(project.root) as worker:
        wait_until(lambda: said.times("begin when it is back") == 1, what="the word about the broker")
        wait_until(lambda: worker.output.count("the broker cannot be reached") == 2, what="the workers' words")
        broker.start()
        assert asked.wait(timeout=200) == 0, said.lines
        assert worker.output.count("the broker cannot be reached") == 2
    assert asked.stdout is not None
    assert json.loads(asked.stdout.read())[0]["account"]["new"] == 700


def test_a_run_survives_a_broker_that_loses_all_it_had(tmp_path: Path, broker: rabbitmq_server.RabbitServer) -> None:
    project = ClusterProject(tmp_path / "project", broker=broker.url())
    with worker_of(project.root, processes=0):
        asked = project.ask(feed=OFFERS)
        said = _Said(asked)
        wait_until(lambda: said.times("importing, 700 records") > 0, what="the batches' way to the broker")
        broker.kill()
        broker.lose_all()
        broker.start()
        with worker_of(project.root, conductors=0):
            assert asked.wait(timeout=200) == 0, said.lines
    assert asked.stdout is not None
    assert json.loads(asked.stdout.read())[0]["account"]["new"] == 700


def test_a_worker_starts_again_what_ends_by_itself(tmp_path: Path) -> None:
    project = ClusterProject(tmp_path / "project")
    with worker_of(project.root) as worker:
        wait_until(lambda: worker.output.count(" ready.") == 2, what="the start")
        for pid in _celery_workers(worker):
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: worker.output.count(" ready.") == 4, what="the second start")
        assert worker.output.count("ended by itself (signal 9)") == 2
        (report,) = project.run_on_workers(OFFERS)
        assert report["account"]["new"] == 700
        assert worker.stop() == 0


def test_the_workers_end_with_the_process_that_looks_after_them(tmp_path: Path) -> None:
    project = ClusterProject(tmp_path / "project")
    with worker_of(project.root) as worker:
        wait_until(lambda: worker.output.count(" ready.") == 2, what="the start")
        others = family_of(worker.pid)[1:]
        os.kill(worker.pid, signal.SIGKILL)
        wait_until(lambda: not any(is_running(pid) for pid in others), what="the end of the others")
        assert others


def _celery_workers(worker: WorkerProcess) -> list[int]:
    """The children of the process that looks after them."""
    family = family_of(worker.pid)
    grandchildren = {pid for child in family[1:] for pid in family_of(child)[1:]}
    return [pid for pid in family[1:] if pid not in grandchildren]


def test_a_run_that_another_sitting_has_ended_is_not_made_again(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "project")
    report = project.run(OFFERS)
    with project.open() as workspace:
        over = Run.objects.get(pk=report.run)
        again = run_import(workspace, "offers", queued=over, progress=Progress(), stop=StopRequest())
        assert (again.run, again.account) == (report.run, report.account)
        assert Run.objects.count() == 1


# Who has a conductor ------------------------------------------------------------------------------------


def test_a_request_whose_run_is_over_does_not_keep_the_next_one_from_running(tmp_path: Path) -> None:
    project = ClusterProject(tmp_path / "project", broker="amqp://127.0.0.1/unused")
    with project.open() as workspace:
        first = request_of_cluster(workspace.project, "offers")
        assert request_of_cluster(workspace.project, "offers").was_there
        # As a conductor that dies after its run's end leaves it.
        Run.objects.filter(pk=first.run).update(state=RunState.SUCCEEDED)
        BatchAttempt.objects.create(run_id=first.run, fence=1, unit="0", started=1)
        second = request_of_cluster(workspace.project, "offers")
        assert (second.was_there, second.run == first.run) == (False, False)
        assert BatchAttempt.objects.count() == 0


@pytest.mark.parametrize("claimed_again", [False, True])
def test_a_run_whose_conductor_died_waits_at_once_unless_another_is_about_to_take_it(
    tmp_path: Path, claimed_again: bool
) -> None:
    project = ClusterProject(tmp_path / "project", broker="amqp://127.0.0.1/unused")
    with project.open() as workspace:
        request_of_cluster(workspace.project, "offers")
        rows = Dispatch.objects.all()
        rows.update(claimed_at=dispatching.server_time())
        host, pid, _, world = own_mark().rsplit(":", 3)
        dead = f"{host}:{pid}:1:{world}"
        assert leases.take(rows.get().import_row_id, dead, 30.0)
        if claimed_again:
            rows.update(claimed_at=dispatching.server_time())
        assert dispatching.waiting_in("fetch") == (0 if claimed_again else 1)
