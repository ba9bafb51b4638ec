"""Whether a large import lets small ones through: one pool of workers, one import of a million, fifty of a hundred.

    python -m bench.fairness --big 1000000 --small 50

A small import's time runs from its request to its end, conductor's start included.  First each runs on an idle
cluster, then while the large one does; the large one's speed is measured alone and beside the small ones.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import ours
from bench.cluster import environ, make_cluster_project, wait_until, worker_of
from bench.feeds import feed_file
from bench.measuring import pin_to
from bench.page import table, thousands
from bench.runners import ROOT
from bench.setting import describe_setting

_RECORDS = 100
_ASKED_TIMES, _ASKED_SPEED = 3.0, 0.80
_PUBLISHED_FROM = 1_000_000
# Seconds.
_TICK = 0.02


@dataclass(frozen=True, slots=True)
class Speed:
    """Of the large import, over a stretch of it."""

    records: int
    seconds: float

    @property
    def a_second(self) -> float:
        return self.records / self.seconds


def main() -> None:
    given = _arguments()
    cores = pin_to(given.cores)
    with tempfile.TemporaryDirectory() as made:
        folder = make_cluster_project(Path(made) / "project")
        _add_small_imports(folder, given.small + given.idle)
        # The bytes are not copied.
        ours.put_feed(folder, feed_file(given.big))
        with worker_of(folder, processes=given.workers, conductors=8) as worker:
            wait_until(lambda: worker.output.count(" ready.") == 2, what="the workers' start")
            watch = _Watch(folder)
            idle = [watch.time_of(f"small-{number}") for number in range(given.idle)]
            print(f"idle: {_said(idle)}", file=sys.stderr)
            watch.ask("offers")
            watch.wait_for_records("offers", given.warm)
            alone = watch.speed_of("offers", given.alone)
            print(f"the large one alone: {alone.a_second:.0f} records a second", file=sys.stderr)
            beside, busy = _beside(watch, given)
            print(f"beside: {_said(busy)}; the large one {beside.a_second:.0f} records a second", file=sys.stderr)
            again = watch.speed_of("offers", given.alone)
            worker.kill()
    setting = describe_setting(cores, 1, feed_file(given.big))
    text = "\n".join(_page(given, idle, busy, (alone, beside, again), setting)) + "\n"
    page = (ROOT / "docs" if given.big >= _PUBLISHED_FROM else ROOT / "bench" / "data") / "benchmarks-fairness.md"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(text, encoding="utf-8")
    print(text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--big", type=int, default=1_000_000, help="postings of the large import")
    parser.add_argument("--small", type=int, default=50, help="small imports while it runs")
    parser.add_argument("--idle", type=int, default=15, help="small imports on the idle cluster")
    parser.add_argument("--every", type=float, default=10.0, help="seconds from one small import to the next")
    parser.add_argument("--alone", type=float, default=60.0, help="seconds for which the large one is measured alone")
    parser.add_argument("--warm", type=int, default=3_000, help="its records before anything is measured")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--cores", type=int, default=2)
    return parser.parse_args()


def _add_small_imports(folder: Path, number: int) -> None:
    feed = feed_file(_RECORDS)
    os.link(feed, folder / "small.xml")
    text = ours.definition("xml")
    for one in range(number):
        name = f"small-{one}"
        (folder / "imports" / f"{name}.yaml").write_text(
            text.replace("import: offers", f"import: {name}").replace("feed: feed.xml", "feed: small.xml")
        )


class _Watch:
    """Asks for runs and looks at the ledger until they are over."""

    def __init__(self, folder: Path) -> None:
        from jobpipe.cluster.member import become_member_in

        self._member = become_member_in(str(folder))

    def ask(self, name: str) -> int:
        from jobpipe.cluster.following import request_all

        (request,) = request_all(self._member, [name])
        return request.run

    def time_of(self, name: str) -> float:
        from jobpipe.ledger.models import Run

        began = time.monotonic()
        run = self.ask(name)
        while (state := Run.objects.values_list("state", flat=True).get(pk=run)) in ("queued", "running"):
            time.sleep(_TICK)
        if state != "succeeded":
            raise SystemExit(f"{name} ended {state}")
        return time.monotonic() - began

    def records_of(self, name: str) -> int:
        """Applied, and marked so."""
        from jobpipe.ledger.models import Batch

        last = Batch.objects.filter(run__import_row__name=name).order_by("-last_ordinal")
        return last.values_list("last_ordinal", flat=True).first() or 0

    def wait_for_records(self, name: str, number: int) -> None:
        wait_until(lambda: self.records_of(name) >= number, seconds=300, what=f"{number} records of {name}")

    def speed_of(self, name: str, seconds: float) -> Speed:
        began, before = time.monotonic(), self.records_of(name)
        time.sleep(seconds)
        return self.speed_since(name, began, before)

    def speed_since(self, name: str, began: float, before: int) -> Speed:
        return Speed(self.records_of(name) - before, time.monotonic() - began)


def _beside(watch: _Watch, given: argparse.Namespace) -> tuple[Speed, list[float]]:
    began, before = time.monotonic(), watch.records_of("offers")
    times = []
    for number in range(given.small):
        due = began + number * given.every
        time.sleep(max(due - time.monotonic(), 0))
        times.append(watch.time_of(f"small-{given.idle + number}"))
    return watch.speed_since("offers", began, before), times


def percentile(times: Sequence[float], share: float) -> float:
    return sorted(times)[min(int(len(times) * share), len(times) - 1)]


def _said(times: Sequence[float]) -> str:
    return f"median {statistics.median(times):.2f} s, 95th percentile {percentile(times, 0.95):.2f} s"


def _page(
    given: argparse.Namespace,
    idle: list[float],
    busy: list[float],
    speeds: tuple[Speed, Speed, Speed],
    setting: dict[str, str],
) -> Iterable[str]:
    alone, beside, again = speeds
    undisturbed = (alone.records + again.records) / (alone.seconds + again.seconds)
    base = statistics.median(idle)
    yield "# Benchmarks: small imports beside a large one\n"
    yield (
        f"One pool: {given.workers} processes that transform, 8 places for conductors, ledger on PostgreSQL, "
        f"documents in "
        f"SQLite. The large import has {thousands(given.big)} postings and is new; a small one has {_RECORDS}, "
        f"and is asked "
        f"for every {given.every:.0f} seconds. Its time runs from the request to the run's end, and includes "
        f"the start of "
        "its conductor, a process of its own.\n"
    )
    rows = [
        ("on an idle cluster", str(len(idle)), *_times(idle, base)),
        ("while the large one runs", str(len(busy)), *_times(busy, base)),
    ]
    yield from table(("small imports", "runs", "median s", "95th s", "longest s", "95th × idle median"), rows)
    yield ""
    yield from table(
        ("the large import", "records a second", "share"),
        [
            ("alone, before and after", f"{undisturbed:.0f}", "1.00"),
            ("beside the small ones", f"{beside.a_second:.0f}", f"{beside.a_second / undisturbed:.2f}"),
        ],
    )
    yield (
        f"\nAsked: the 95th percentile within {_ASKED_TIMES:.0f} × the time on an idle cluster, and the large "
        f"one keeps "
        f"{_ASKED_SPEED:.0%} of its speed. The large one is ended when this has been seen.\n"
    )
    yield from table(("setting", ""), list(setting.items()))


def _times(times: list[float], base: float) -> tuple[str, ...]:
    high = percentile(times, 0.95)
    return (f"{statistics.median(times):.2f}", f"{high:.2f}", f"{max(times):.2f}", f"{high / base:.2f}")


if __name__ == "__main__":
    os.environ.update({name: value for name, value in environ().items() if name == "PYTHONPATH"})
    subprocess.run(["sync"], check=False)
    main()
