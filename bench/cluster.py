"""What it costs to carry batches by RabbitMQ: CPU a posting, beside one machine and beside a task a posting.

    python -m bench.cluster --size 20000 --rounds 3

CPU is that of job-pipe's own processes (command, conductor, workers), not that of the servers.  The documents lie in
SQLite in all of them, so that only the way of the batches differs.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench import ours
from bench.feeds import feed_file
from bench.measuring import measure, pin_to
from bench.page import table, thousands
from bench.runners import ROOT, counts_of
from bench.setting import describe_setting

sys.path.insert(0, str(ROOT / "tests"))

from cluster_servers import environ, wait_until, worker_of
from postgres_server import shared_server as shared_postgres
from processes import family_of
from rabbitmq_server import shared_server as shared_rabbitmq

_ASKED, _AIM = 1.25, 1.15
_PUBLISHED_FROM = 20_000
# Postings that are sent one a task: more would say the same and take minutes.
_OLD_WAY = 4_000
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Sample:
    title: str
    postings: int
    wall: float  # seconds
    cpu: float  # seconds

    @property
    def each(self) -> float:
        """Microseconds of CPU a posting."""
        return self.cpu / self.postings * 1e6


def cpu_of_family(pid: int) -> float:
    """Seconds that a process, all that came of it and all that it has outlived have spent."""
    spent = 0
    for one in family_of(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        # user and system, own and of children that were waited for
        spent += sum(map(int, fields[11:15]))
    return spent / _TICKS


def main() -> None:
    given = _arguments()
    cores = pin_to(given.cores)
    setting = describe_setting(cores, given.rounds, feed_file(given.size))
    samples: list[Sample] = []
    for number in range(given.rounds):
        with tempfile.TemporaryDirectory() as folder:
            for sample in _round(given, Path(folder)):
                print(
                    f"round {number + 1}: {sample.title:32} {sample.wall:7.2f} s wall  {sample.cpu:7.2f} s CPU  "
                    f"{sample.each:7.0f} µs a posting",
                    file=sys.stderr,
                )
                samples.append(sample)
    text = "\n".join(_page(samples, given, setting)) + "\n"
    folder = ROOT / "docs" if given.size >= _PUBLISHED_FROM else ROOT / "bench" / "data"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "benchmarks-cluster.md").write_text(text, encoding="utf-8")
    print(text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=20_000, help="postings")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--without-old-way", action="store_true")
    return parser.parse_args()


def _round(given: argparse.Namespace, folder: Path) -> Iterable[Sample]:
    feed = feed_file(given.size)
    yield _local(given, feed, folder / "local")
    yield _cluster(given, feed, folder / "cluster")
    if not given.without_old_way:
        yield _task_a_posting(given, min(given.size, _OLD_WAY), folder / "tasks")


def _local(given: argparse.Namespace, feed: Path, folder: Path) -> Sample:
    ours.put_feed(ours.make_project(folder), feed)
    measured = measure(ours.command(sys.executable, folder, workers=given.workers), folder=ROOT)
    _expect(counts_of(measured.output), given.size)
    return Sample("one machine, worker processes", given.size, measured.wall, measured.cpu)


def _cluster(given: argparse.Namespace, feed: Path, folder: Path) -> Sample:
    ours.put_feed(make_cluster_project(folder), feed)
    command = [sys.executable, "-m", "jobpipe.cli.main", "-C", str(folder), "run", "--cluster", "offers", "--json"]
    with worker_of(folder, processes=given.workers, conductors=2) as worker:
        wait_until(lambda: worker.output.count(" ready.") == 2, what="the workers' start")
        before = cpu_of_family(worker.pid)
        measured = measure(command, folder=ROOT, environment=environ())
        spent = cpu_of_family(worker.pid) - before
        _expect(counts_of(measured.output), given.size)
    return Sample("cluster, batches by RabbitMQ", given.size, measured.wall, measured.cpu + spent)


def _task_a_posting(given: argparse.Namespace, size: int, folder: Path) -> Sample:
    ours.put_feed(make_cluster_project(folder), feed_file(size))
    run = [sys.executable, "-m", "bench.peers.task_a_posting"]
    worker = subprocess.Popen(
        [*run, "work", str(folder), str(given.workers)], cwd=ROOT, env=environ(), start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        subprocess.run([*run, "wait", str(folder)], cwd=ROOT, env=environ(), check=True, timeout=60)
        before = cpu_of_family(worker.pid)
        measured = measure([*run, "send", str(folder)], folder=ROOT, environment=environ())
        spent = cpu_of_family(worker.pid) - before
        done = int(json.loads(measured.output)["done"])
        if done != size:
            raise SystemExit(f"{done} of {size} postings were made one a task")
    finally:
        worker.terminate()
        worker.wait(timeout=60)
    return Sample("cluster, a task a posting", size, measured.wall, measured.cpu + spent)


def make_cluster_project(folder: Path, **settings: object) -> Path:
    """The bench's project, its ledger on a PostgreSQL and its batches on a RabbitMQ that were started for it."""
    ours.make_project(folder)
    block = {"ledger": shared_postgres().ledger(), "broker": shared_rabbitmq().url(), **settings}
    lines = [f"  {name}: {value}" for name, value in block.items()]
    (folder / "jobpipe.yaml").write_text("\n".join(["cluster:", *lines]) + "\n")
    return folder


def _expect(counts: dict[str, int], size: int) -> None:
    if counts["read"] != size:
        raise SystemExit(f"{counts['read']} postings of {size}")


def _page(samples: list[Sample], given: argparse.Namespace, setting: dict[str, str]) -> Iterable[str]:
    yield "# Benchmarks: what a cluster costs\n"
    yield (
        f"A first import of {thousands(given.size)} postings with {given.workers} processes that transform, the "
        f"documents "
        "in SQLite: once by `jobpipe run`, once by `jobpipe run --cluster` with workers that are running already, the "
        f"ledger on PostgreSQL and the batches on RabbitMQ. Medians of {given.rounds} rounds.\n"
    )
    yield (
        "CPU is that of job-pipe's own processes: the command, the conductor, the workers and their parents, "
        "start-up of "
        "command and conductor included. The servers' is not.\n"
    )
    titles = list(dict.fromkeys(sample.title for sample in samples))
    median = {title: statistics.median(one.each for one in samples if one.title == title) for title in titles}
    base = median[titles[0]]
    rows = []
    for title in titles:
        of_title = [one for one in samples if one.title == title]
        spread = f"{min(one.each for one in of_title):.0f}-{max(one.each for one in of_title):.0f}"
        wall = statistics.median(one.wall for one in of_title)
        rows.append(
            (title, thousands(of_title[0].postings), f"{wall:.1f}", f"{median[title]:.0f}", spread,
             f"{median[title] / base:.2f}")
        )  # fmt: skip
    yield from table(("", "postings", "wall s", "CPU µs a posting", "from-to", "× one machine"), rows)
    yield (
        f"\nThe project asks at most {_ASKED} × of itself, and aims at {_AIM}. A task a posting is how such "
        f"systems were "
        "often built: the record in a Celery message, transformed by the same definition, written as one row in "
        "its own "
        "transaction, no account, no archive, no comparison with what is known.\n"
    )
    yield from table(("setting", ""), list(setting.items()))


if __name__ == "__main__":
    main()
