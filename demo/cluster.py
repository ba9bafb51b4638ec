"""`make cluster-demo`: the days of `make demo` on a cluster whose servers and workers all run here; one worker dies."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import board
from showing import DAYS, HERE, DemoProject, Feed, say, serve

sys.path.insert(0, str(HERE.parent / "tests"))

import mongo_server
import rabbitmq_server
from cluster_servers import WorkerProcess, wait_until
from postgres_server import PostgresServer
from processes import family_of, marked

FOLDER = Path("demo-cluster")
LARGE = "large-board"
# The server that stands in for MongoDB gets slow with more; a real one (JOBPIPE_TEST_MONGODB_URI) does not.
POSTINGS = 10_000 if mongo_server.REAL else 3_000
# Each process that comes of this one has it in its environment, so that one which is left is found.
MARK = "JOBPIPE_DEMO"


class Servers:
    """RabbitMQ, PostgreSQL, and a server that speaks MongoDB's protocol: each real, each on a free port."""

    def __init__(self, folder: Path) -> None:
        self.ledger = PostgresServer(durable=True)
        print(f"  PostgreSQL listens on port {self.ledger.port}", flush=True)
        for name in ("rabbitmq", "documents"):
            (folder / name).mkdir()
        self._broker = rabbitmq_server.RabbitServer(folder / "rabbitmq")
        self._broker.start()
        self.broker_url = self._broker.url()
        print(f"  RabbitMQ listens on port {self._broker.port}", flush=True)
        self._documents = None if mongo_server.REAL else mongo_server.MongoServer(folder / "documents")
        if self._documents is None:
            self.documents_url = mongo_server.shared_server().uri("jobpipe_demo")
            print("  MongoDB is the one that JOBPIPE_TEST_MONGODB_URI names", flush=True)
        else:
            self._documents.start()
            self.documents_url = self._documents.uri("demo")
            print(f"  SecantusDB, which speaks MongoDB's protocol, listens on port {self._documents.port}", flush=True)

    def ask_ledger(self, statement: str) -> list[tuple[Any, ...]]:
        return self.ledger.execute(statement, "demo")

    def stop(self) -> None:
        self._broker.stop()
        if self._documents is not None:
            self._documents.kill()
        self.ledger.stop()


@contextmanager
def servers_in(folder: Path) -> Iterator[Servers]:
    say("Servers, all on this machine")
    servers = Servers(folder)
    try:
        servers.ledger.execute("CREATE DATABASE demo")
        yield servers
    finally:
        servers.stop()


class Workers:
    def __init__(self, project: DemoProject, logs: Path) -> None:
        self._running: list[WorkerProcess] = []
        for number in (1, 2):
            project.show("worker", "--processes", "1", "--conductors", "2")
            log = logs / f"worker-{number}.log"
            self._running.append(WorkerProcess(project.folder, processes=1, conductors=2, log=log))
        for worker in self._running:
            wait_until(lambda worker=worker: worker.output.count(" ready.") == 2, seconds=180, what="a worker's start")
        print(f"  two workers are there; what they say is in {logs}/worker-*.log")

    def kill_the_one_that_has(self, process: int) -> None:
        """With all its processes, as a machine that loses its power."""
        for worker in self._running:
            family = family_of(worker.pid)
            if process in family:
                print(f"$ kill -9 {' '.join(map(str, family))}", flush=True)
                worker.kill()
                self._running.remove(worker)
                return
        sys.exit(f"process {process}, which has the run, belongs to no worker")

    def stop(self) -> None:
        while self._running:
            worker = self._running.pop()
            print(f"$ kill -TERM {worker.pid}", flush=True)
            if code := worker.stop():
                sys.exit(f"the worker ended with {code}:\n{worker.output[-4000:]}")

    def kill(self) -> None:
        """Where something else went wrong."""
        for worker in self._running:
            worker.kill()


def make_projects(address: str, servers: Servers) -> tuple[DemoProject, DemoProject]:
    """(on the cluster, on one machine): the same definitions."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    projects = DemoProject(FOLDER / "cluster"), DemoProject(FOLDER / "one-machine")
    for project in projects:
        project.make()
        definition = (project.folder / "imports/board.yaml").read_text()
        large = re.sub(
            r"feed: \S+", f"feed: {address}/large.xml", definition.replace("import: board", f"import: {LARGE}")
        )
        (project.folder / f"imports/{LARGE}.yaml").write_text(large)
    settings = {
        "ledger": servers.ledger.url("demo"),
        "documents": servers.documents_url,
        "broker": servers.broker_url,
    }
    lines = [f"  {name}: {url}" for name, url in settings.items()]
    (projects[0].folder / "jobpipe.yaml").write_text("\n".join(["cluster:", *lines, ""]))
    return projects


def check_that_both_have_the_same(cluster: DemoProject, alone: DemoProject, name: str) -> None:
    runs = [project.last_run() for project in (cluster, alone)]
    accounts = [{name: run[name] for name in ("state", "account", "expired", "live")} for run in runs]
    if accounts[0] != accounts[1]:
        sys.exit(f"the accounts differ: {accounts[0]} on the cluster, {accounts[1]} on one machine")
    documents = [_documents(project, name) for project in (cluster, alone)]
    if documents[0] != documents[1]:
        sys.exit(f"the documents of {name} differ from those of one machine")
    exported, rejected = (text.count("\n") for text in documents[0])
    print(f"  account, {exported:,} postings and {rejected:,} rejected records are those of one machine")


def _documents(project: DemoProject, name: str) -> tuple[str, str]:
    """The live postings, and why records were rejected, a line each."""
    exported = project.jobpipe("export", name, "--as", "jsonl", "--to", "-", capture=True).stdout
    rejected = json.loads(project.jobpipe("quarantine", name, "--json", capture=True).stdout)
    return exported, "".join(json.dumps(record, sort_keys=True) + "\n" for record in rejected)


def three_days(cluster: DemoProject, alone: DemoProject) -> None:
    for day in DAYS:
        say(day.title)
        Feed.exports["/offres.xml"] = day.export()
        cluster.run("board", "--cluster", code=day.code)
        alone.run("board", code=day.code, capture=True)
        check_that_both_have_the_same(cluster, alone, "board")


def a_worker_dies(cluster: DemoProject, alone: DemoProject, servers: Servers, workers: Workers) -> None:
    say(f"{POSTINGS:,} postings, and a worker that is killed while it imports them")
    Feed.exports["/large.xml"] = board.large(POSTINGS)
    cluster.show("run", LARGE, "--cluster")
    following = subprocess.Popen(cluster.command("run", LARGE, "--cluster"))
    try:
        wait_until(lambda: _applied(servers) > 0, seconds=300, what="the first batch")
        workers.kill_the_one_that_has(_holder(servers))
        print(f"  {_applied(servers):,} records were applied; the other worker goes on after them", flush=True)
        code = following.wait(timeout=600)
    finally:
        following.kill()
    if code:
        sys.exit(f"`jobpipe run` ended with {code}, and 0 was due")
    print(f"  it was in the hands of {_fence(servers)} conductors, one after the other")
    alone.run(LARGE, capture=True)
    check_that_both_have_the_same(cluster, alone, LARGE)


_LEASE = f"""
    SELECT lease.holder, lease.fence FROM ledger_lease AS lease JOIN ledger_import AS import
    ON import.id = lease.import_id WHERE import.name = '{LARGE}'
"""


def _applied(servers: Servers) -> int:
    """How many records the run has applied for good."""
    found = servers.ask_ledger(f"""
        SELECT coalesce(max(batch.last_ordinal), 0) FROM ledger_batch AS batch
        JOIN ledger_run AS run ON run.id = batch.run_id
        JOIN ledger_import AS import ON import.id = run.import_id WHERE import.name = '{LARGE}'
    """)
    return int(found[0][0])


def _holder(servers: Servers) -> int:
    """The number of the process that conducts the run now: see jobpipe.runs.process_mark."""
    return int(servers.ask_ledger(_LEASE)[0][0].rsplit(":", 3)[1])


def _fence(servers: Servers) -> int:
    return int(servers.ask_ledger(_LEASE)[0][1])


def main() -> None:
    argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0]).parse_args()
    if not mongo_server.is_there():
        sys.exit(mongo_server.NOT_THERE)
    if not rabbitmq_server.is_there():
        sys.exit(f"{rabbitmq_server.NOT_THERE}: `make servers` brings it")
    os.environ[MARK] = uuid.uuid4().hex
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="jobpipe-demo-") as folder, servers_in(Path(folder)) as servers:
        cluster, alone = make_projects(serve(), servers)
        say("Two workers")
        workers = Workers(cluster, FOLDER)
        try:
            three_days(cluster, alone)
            a_worker_dies(cluster, alone, servers, workers)
            say("The end: a worker that is told to stop finishes what it has in hand")
            workers.stop()
        finally:
            workers.kill()
    if left := marked(f"{MARK}={os.environ[MARK]}"):
        sys.exit("still running:\n" + "\n".join(left))
    print(f"  nothing is left running; all that took {time.monotonic() - began:.0f} s")
    say("What to look at")
    print(
        f"  cat {FOLDER}/cluster/jobpipe.yaml         # all that makes it a cluster: three addresses\n"
        f"  less {FOLDER}/worker-1.log                # what the workers said\n"
        f"  jobpipe -C {FOLDER}/one-machine runs      # the same runs on one machine, which are still there\n"
        f"  make chaos-cluster                          # kills all of it at random, fifty times"
    )


if __name__ == "__main__":
    main()
