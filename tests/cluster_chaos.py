"""`make chaos-cluster`: all that belongs to a cluster is killed at random while it imports, and started again.

After each of several days of a feed that changes, documents and account are those of an import on one machine that
nothing disturbed.  What is killed: a worker with all its processes, one process of a worker, RabbitMQ, PostgreSQL, the
document server; always with SIGKILL.

    python tests/cluster_chaos.py --kills 50 --seed 7
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, Protocol

import mongo_server
import rabbitmq_server
from cluster_servers import ClusterProject, WorkerProcess
from kombu import Connection
from postgres_server import PostgresServer
from processes import family_of, marked
from project_folder import ProjectFolder
from same_stored import account_of, difference

from jobpipe.ledger.models import BatchAttempt, Dispatch

# The document server that stands in for MongoDB takes a second for a thousand of these, and more when they are more.
RECORDS = 1_500
KILLS_A_DAY = 8
# What is killed how often, in proportion.
WEIGHTS = {"a worker": 3, "a process": 5, "RabbitMQ": 2, "PostgreSQL": 2, "the document server": 2}
# Seconds between two kills, and until what was killed is started again.
BETWEEN_KILLS = (0.5, 5.0)
UNTIL_RESTART = (0.2, 6.0)
# RabbitMQ 3.10 may lose a quorum queue for good that is killed within seconds of being declared.
QUEUES_SETTLE = 8.0
# Seconds after the last kill within which an import must end: leases of 30 s have to lapse.
PATIENCE = 300.0
TAIL = 40
# In the environment of all that comes of this process.
MARK = "JOBPIPE_CHAOS"


class ChaosError(AssertionError):
    """The cluster did not give what one machine gives."""


class Server(Protocol):
    def start(self) -> None: ...

    def kill(self) -> None: ...


def feed_of(day: int, records: int) -> bytes:
    """Each day changes half of it, adds and drops some, and has records that are rejected or share a key."""
    dice = random.Random(day)
    lines = ["<offers>"]
    for number in range(day * 60, records + day * 40):
        changed = f" (jour {day})" if day and number % 2 == day % 2 else ""
        title = "" if number % 500 == 7 else f"Offre {number}{changed}"
        text = " ".join(f"mot{dice.randrange(5_000)}" for _ in range(300)) if changed else f"Texte {number}. " * 200
        lines.append(f'<offer id="k{number}"><title>{title}</title><text>{text}</text></offer>')
        if number % 400 == 11:
            lines.append(f'<offer id="k{number}"><title>Une autre</title><text>{text}</text></offer>')
    return "\n".join([*lines, "</offers>"]).encode()


class Chaos:
    """A cluster of two workers with servers of its own."""

    def __init__(self, folder: Path, seed: int, *, records: int, tell: Callable[[str], None] = print) -> None:
        self._folder = folder
        self._dice = random.Random(seed)
        self._records = records
        self._tell = tell
        self._began = time.monotonic()
        self.killed: Counter[str] = Counter()
        self._alone = ProjectFolder(folder / "alone")
        for name in ("rabbitmq", "documents"):
            (folder / name).mkdir()
        self._broker = rabbitmq_server.RabbitServer(folder / "rabbitmq")
        self._documents = mongo_server.MongoServer(folder / "documents")
        self._ledger: PostgresServer | None = None
        self._workers: dict[str, WorkerProcess] = {}
        self._restarts: dict[str, Future[None]] = {}
        # What a thread started ends with it: these live as long as the cluster.
        self._starters = ThreadPoolExecutor(max_workers=8)
        self._faults: list[str] = []

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Raises ChaosError where something still runs at the end."""
        os.environ[MARK] = self._folder.name
        try:
            self._ledger = PostgresServer(durable=True)
            self._broker.start()
            self._documents.start()
            self._broker_url = self._broker.url()
            self._project = ClusterProject(
                self._folder / "cluster",
                ledger=self._ledger.ledger(),
                broker=self._broker_url,
                documents=self._documents.uri("chaos", serverSelectionTimeoutMS=5_000),
            )
            for name in ("first", "second"):
                self._start_worker(name)
            time.sleep(QUEUES_SETTLE)
            yield
        except BaseException:
            self._print_tails()
            raise
        finally:
            self._join_restarts()
            for worker in self._workers.values():
                worker.kill()
            self._broker.stop()
            self._documents.kill()
            if self._ledger is not None:
                self._ledger.stop()
            self._starters.shutdown()
        deadline = time.monotonic() + PATIENCE
        while left := marked(f"{MARK}={self._folder.name}"):
            if time.monotonic() > deadline:
                raise ChaosError("still running: " + "; ".join(left))
            time.sleep(0.5)

    def run(self, kills: int) -> None:
        """Imports day after day until so much was killed. Raises ChaosError."""
        day = 0
        while (left := kills - self.killed.total()) > 0 or not day:
            self._import(day, min(left, KILLS_A_DAY))
            day += 1
        self._check_leavings()

    # One day ----------------------------------------------------------------------------------------

    def _import(self, day: int, kills: int) -> None:
        feed = feed_of(day, self._records)
        undisturbed = self._alone.run(feed, workers=0)
        self._say(f"day {day}: {undisturbed.account['read']:,} records")
        report = self._disturbed(feed, kills)
        expected = account_of(undisturbed.as_dict())
        if (found := account_of(report)) != expected:
            raise ChaosError(f"day {day}: the account is\n{found}\nand on one machine\n{expected}")
        mine, theirs = self._alone.contents(), self._project.contents()
        if mine != theirs:
            raise ChaosError(f"day {day}: the documents differ: {difference(mine, theirs)}")
        self._say(f"day {day}: documents and account are those of one machine")

    def _disturbed(self, feed: bytes, kills: int) -> dict[str, Any]:
        until = self.killed.total() + kills
        while True:
            report = self._asked(feed, until)
            if report is not None:
                return report
            self._say("  it could not be asked for, and is asked for again as a person would")

    def _asked(self, feed: bytes, until: int) -> dict[str, Any] | None:
        """The report of the run; None where the ledger was away when it was to be asked for."""
        asked = self._project.ask(feed=feed)
        try:
            self._wait_for_the_beginning(asked)
            while asked.poll() is None and self.killed.total() < until:
                self._wait(asked, self._dice.uniform(*BETWEEN_KILLS))
                if asked.poll() is None:
                    self._kill_something()
            self._join_restarts()
            deadline = time.monotonic() + PATIENCE
            while asked.poll() is None:
                self._wait(asked, 1.0)
                if time.monotonic() > deadline:
                    raise ChaosError(f"the import did not end within {PATIENCE:.0f} s of the last kill")
        finally:
            if asked.poll() is None:
                asked.kill()
            output, errors = asked.communicate()
            for line in errors.splitlines():
                if not line.startswith("offers: "):
                    self._say(f"  said: {line}")
        if asked.returncode == 1 and not output and "the ledger cannot be reached" in errors:
            return None
        if asked.returncode not in (0, 1, 3) or not output:
            raise ChaosError(f"`jobpipe run --cluster` ended with {asked.returncode}")
        report: dict[str, Any] = json.loads(output)[0]
        return report

    def _wait_for_the_beginning(self, asked: subprocess.Popen[str]) -> None:
        assert self._ledger is not None
        running = "SELECT count(*) FROM ledger_run WHERE state = 'running'"
        while asked.poll() is None and not self._ledger.execute(running, "ledger1")[0][0]:
            self._wait(asked, 0.1)

    def _wait(self, asked: subprocess.Popen[str], seconds: float) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            asked.wait(timeout=seconds)
        if self._faults:
            raise ChaosError("; ".join(self._faults))
        for name, worker in self._workers.items():
            if name not in self._restarts and not worker.is_running():
                self._say(f"  the {name} worker ended by itself, and is started again as systemd would")
                self._start_worker(name)

    # Killing ----------------------------------------------------------------------------------------

    def _kill_something(self) -> None:
        what = self._dice.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        name = self._dice.choice(list(self._workers)) if what in ("a worker", "a process") else what
        if name in self._restarts:
            return
        if what == "a process":
            if not self._kill_a_process(name):
                return
        elif what == "a worker":
            self._say(f"  killed: the {name} worker with all its processes")
            self._workers[name].kill()
            self._restart(name, lambda: self._start_worker(name))
        else:
            assert self._ledger is not None
            servers = {
                "RabbitMQ": self._broker,
                "PostgreSQL": self._ledger,
                "the document server": self._documents,
            }
            server: Server = servers[what]
            self._say(f"  killed: {what}")
            server.kill()
            self._restart(name, server.start)
        self.killed[what] += 1

    def _kill_a_process(self, worker: str) -> bool:
        """Any: the one that looks after the others too, which are then to end by themselves."""
        victim = self._dice.choice(family_of(self._workers[worker].pid))
        try:
            command = Path(f"/proc/{victim}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            os.kill(victim, signal.SIGKILL)
        except (ProcessLookupError, FileNotFoundError):
            return False
        if not command:  # it had ended already
            return False
        kinds = (" worker ", " process ", " conduct ", "forkserver", "tracker")
        kind = next((kind for kind in kinds if kind in command), command)
        self._say(f"  killed: of the {worker} worker, one of `{kind.strip()}` (process {victim})")
        return True

    def _restart(self, name: str, start: Callable[[], None]) -> None:
        pause = self._dice.uniform(*UNTIL_RESTART)

        def restart() -> None:
            try:
                time.sleep(pause)
                start()
                self._say(f"    back: {name}")
            except Exception as error:
                self._faults.append(f"{name} did not start again: {error}")
            finally:
                del self._restarts[name]

        self._restarts[name] = self._starters.submit(restart)

    def _join_restarts(self) -> None:
        while self._restarts:
            wait(list(self._restarts.values()))

    def _start_worker(self, name: str) -> None:
        log = self._folder / f"{name}-worker.log"
        self._workers[name] = WorkerProcess(self._project.root, processes=1, conductors=2, log=log)

    # What is left -----------------------------------------------------------------------------------

    def _check_leavings(self) -> None:
        """No row that belongs to a run, and no message that nobody could take."""
        deadline = time.monotonic() + 60
        with self._project.open():
            while left := Dispatch.objects.count() + BatchAttempt.objects.count():
                if time.monotonic() > deadline:
                    raise ChaosError(f"{left} rows of runs that are over were left in the ledger")
                time.sleep(1)
        with Connection(self._broker_url) as connection, connection.channel() as channel:
            dead = channel.queue_declare("dead", passive=True).message_count
        if dead:
            raise ChaosError(f"{dead} messages lie among the dead letters")

    def _say(self, text: str) -> None:
        self._tell(f"{time.monotonic() - self._began:6.1f} s  {text}")

    def _print_tails(self) -> None:
        logs = [*self._folder.glob("*.log"), self._folder / "rabbitmq/output", self._folder / "documents/log"]
        if self._ledger is not None:
            logs.append(self._ledger.log)
        for log in logs:
            if log.exists():
                lines = log.read_text(errors="replace").splitlines()[-TAIL:]
                self._tell(f"--- the end of {log.name}\n" + "\n".join(lines))


def what_is_missing() -> str:
    """The servers that are not here; "" = all are."""
    if not rabbitmq_server.is_there():
        return rabbitmq_server.NOT_THERE
    return "" if mongo_server.PROGRAM.exists() else mongo_server.NOT_THERE


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--records", type=int, default=RECORDS)
    given = parser.parse_args()
    if missing := what_is_missing():
        sys.exit(f"{missing}; `make servers` brings it")
    print(f"seed {given.seed}: the same choices again with --seed {given.seed}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="jobpipe-chaos-"))
    chaos = Chaos(folder, given.seed, records=given.records, tell=lambda text: print(text, flush=True))
    try:
        with chaos.running():
            chaos.run(given.kills)
    except ChaosError as error:
        sys.exit(f"seed {given.seed}: {error}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    counted = ", ".join(f"{what} {number} times" for what, number in chaos.killed.most_common())
    print(f"{chaos.killed.total()} kills ({counted}): nothing was lost, nothing was doubled")


if __name__ == "__main__":
    main()
