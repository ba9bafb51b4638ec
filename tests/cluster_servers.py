"""The servers of a cluster and a project that uses them, for tests, the demo and the benchmarks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from postgres_server import shared_server as shared_postgres
from processes import kill_family
from project_folder import DEFINITION, ProjectFolder
from rabbitmq_server import shared_server as shared_rabbitmq

from jobpipe.ledger.clock import ledger_time
from jobpipe.ledger.models import Batch, Run, ScheduledImport


class ClusterProject(ProjectFolder):
    """A project folder whose runs are made by workers."""

    def __init__(self, root: Path, definition: str = DEFINITION, **settings: object) -> None:
        """`settings`: of the block `cluster`; servers that it does not name are started."""
        super().__init__(root, definition)
        if "ledger" not in settings:
            settings["ledger"] = shared_postgres().ledger()
        if "broker" not in settings:
            settings["broker"] = shared_rabbitmq().url()
        lines = [f"  {name}: {value}" for name, value in settings.items()]
        (root / "jobpipe.yaml").write_text("\n".join(["cluster:", *lines]) + "\n")

    def ask(self, *arguments: str, feed: bytes | None = None, timeout: float = 240) -> subprocess.Popen[str]:
        """`jobpipe run --cluster`, begun."""
        if feed is not None:
            (self.root / "feed.xml").write_bytes(feed)
        command = [sys.executable, "-m", "jobpipe.cli.main", "-C", str(self.root), "run", "--cluster", "--json"]
        return subprocess.Popen(
            [*command, *(arguments or ("offers",))],
            env=environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def newest_run_state(self) -> str:
        with self.open():
            return Run.objects.order_by("-id").values_list("state", flat=True).first() or ""

    def batches_applied(self) -> int:
        with self.open():
            return Batch.objects.count()

    def run_on_workers(self, feed: bytes | None = None, *names: str, timeout: float = 240) -> list[dict[str, Any]]:
        """The reports of `jobpipe run --cluster --json`."""
        asked = self.ask(*names, feed=feed)
        try:
            output, errors = asked.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            asked.kill()
            raise
        assert asked.returncode in (0, 1, 3), errors
        reports: list[dict[str, Any]] = json.loads(output)
        return reports


class WorkerProcess:
    """`jobpipe worker` of a project, in a process group of its own."""

    def __init__(self, root: Path, *, processes: int = 1, conductors: int = 4, log: Path | None = None) -> None:
        self._log = log or root / "worker.log"
        with self._log.open("ab") as output:
            command = [sys.executable, "-m", "jobpipe.cli.main", "-C", str(root), "worker"]
            options = ["--processes", str(processes), "--conductors", str(conductors)]
            self._process = subprocess.Popen(
                [*command, *options], stdout=output, stderr=output, env=environ(), start_new_session=True
            )
        self.pid = self._process.pid

    @property
    def output(self) -> str:
        return self._log.read_text(errors="replace")

    def is_running(self) -> bool:
        return self._process.poll() is None

    def stop(self, *, timeout: float = 90) -> int:
        """As an operator does; the exit code."""
        if self.is_running():
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """As a machine that loses its power: all its processes at once."""
        kill_family(self.pid)
        self._process.wait()


def environ() -> dict[str, str]:
    source = Path(__file__).parent.parent / "src"
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(source), os.environ.get("PYTHONPATH", "")])}


@contextmanager
def worker_of(root: Path, *, processes: int = 1, conductors: int = 4) -> Iterator[WorkerProcess]:
    worker = WorkerProcess(root, processes=processes, conductors=conductors)
    try:
        yield worker
    finally:
        if worker.is_running():
            worker.kill()


def fall_due() -> None:
    """What is scheduled is due, as after an hour in which nobody looked."""
    wait_until(lambda: ScheduledImport.objects.exists(), what="a place in the timetable")
    ScheduledImport.objects.update(next_due=ledger_time() - timedelta(hours=1))


def wait_until(true: Callable[[], bool], *, seconds: float = 60, what: str = "it") -> None:
    """Raises AssertionError where that takes longer than it ever should."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds:.0f} s"
        time.sleep(0.1)
