"""A crawl of slow pages whose postings cost computation: how much of the waiting and of the computing overlaps.

    python -m bench.overlap --pages 2000 --at-once 32,64

Ideal = max(requests × latency ÷ concurrency, (computation + the CPU that plain Scrapy spends itself) ÷ cores);
efficiency = ideal ÷ wall time, of the whole process, start included.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.measuring import Measured, measure, pin_to
from bench.page import table, thousands
from bench.peers import computation
from bench.runners import ROOT, counts_of
from bench.setting import describe_setting
from bench.slow_site import lists_of

_ASKED = 0.80
_PUBLISHED_FROM = 2_000

_DEFINITION = """\
import: site
source:
  site:
    start: {start}
    follow: css:a.page
    postings: css:li.job a
    robots: false
    throttle: false
    at_once: {at_once}
    per_host: {at_once}
  allow: [127.0.0.0/8]
posting:
  description: {{from: description, then: [unescape, sanitize_html, {{python: "hooks:compute"}}]}}
"""


@dataclass(frozen=True, slots=True)
class Row:
    title: str
    at_once: int
    ideal: float
    measured: Measured
    # What the server saw: Seen of bench.slow_site, `cpu`, its seconds on the processor, and `before`, `after`.
    server: dict[str, Any]

    @property
    def efficiency(self) -> float:
        return self.ideal / self.measured.wall


class _Site:
    """The server's process, for one run."""

    def __init__(self, pages: int, latency: float) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.slow_site", str(pages), str(latency)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        self.start = f"http://127.0.0.1:{int(self._process.stdout.readline())}/jobs/1"
        self._before = self._cpu()

    def end(self) -> dict[str, Any]:
        cpu = self._cpu() - self._before
        said, _ = self._process.communicate()
        return {**json.loads(said), "cpu": cpu}

    def _cpu(self) -> float:
        """Without the making of its pages."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    given = _arguments()
    cores = pin_to(given.cores)
    # As an installation does: otherwise each process would compile what it imports, where Python may not write.
    for folder in ("src", "bench"):
        compileall.compile_dir(ROOT / folder, quiet=2)
    setting = describe_setting(cores, 1, None)
    setting["niceness"] = f"{os.nice(0)}, of the session {_niceness_of_session()}"
    rows: list[Row] = []
    for at_once in map(int, given.at_once.split(",")):
        for row in _measure_all(at_once, given, len(cores)):
            rows.append(row)
            print(
                f"{row.title:32} {at_once:3} at once  {row.measured.wall:6.2f} s wall  {row.measured.cpu:6.2f} s CPU  "
                f"ideal {row.ideal:5.2f}  efficiency {row.efficiency:.2f}  {row.server}",
                file=sys.stderr,
            )
    text = "\n".join(_page(rows, given, setting)) + "\n"
    published = given.pages >= _PUBLISHED_FROM
    page = (ROOT / "docs" if published else ROOT / "bench" / "data") / "benchmarks-overlap.md"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(text, encoding="utf-8")
    print(text)
    print(f"written to {os.path.relpath(page)}")


def _niceness_of_session() -> str:
    """Where the kernel shares the cores between sessions first, a process's own niceness says little."""
    try:
        return Path("/proc/self/autogroup").read_text().split()[-1]
    except OSError:
        return "unknown"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=2_000, help="postings")
    parser.add_argument("--at-once", default="32,64")
    parser.add_argument("--latency", type=float, default=0.2, help="seconds that each answer takes")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--cores", type=int, default=2)
    return parser.parse_args()


def _measure_all(at_once: int, given: argparse.Namespace, cores: int) -> Iterator[Row]:
    """Plain Scrapy without the computation comes first: the ideal needs to know its CPU."""
    pages, workers = given.pages, given.workers
    waiting = (pages + lists_of(pages)) * given.latency / at_once
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        alone, seen = _measure(given, lambda start: _scrapy(start, at_once, folder, "none"))
        ideal = max(waiting, (pages * computation.COMPUTATION + alone.cpu) / cores)
        yield Row("Scrapy, without the computation", at_once, waiting, alone, seen)
        beside, seen = _measure(given, lambda start: _scrapy(start, at_once, folder, "all"))
        yield Row("Scrapy, all in a pipeline", at_once, ideal, beside, seen)
        ours, seen = _measure(given, lambda start: _jobpipe(start, at_once, workers, folder / "project"))
        yield Row(f"job-pipe, {workers} workers", at_once, ideal, ours, seen)


def _measure(given: argparse.Namespace, command: Callable[[str], list[str]]) -> tuple[Measured, dict[str, Any]]:
    site = _Site(given.pages, given.latency)
    try:
        measured = measure(command(site.start), folder=ROOT)
    finally:
        ended = time.monotonic()
        seen = site.end()
    imported = counts_of(measured.output)["read"]
    if imported != given.pages or seen["missing"]:
        raise SystemExit(f"{imported} postings of {given.pages}, {seen['missing']} pages missing")
    seen["before"] = seen["first"] - (ended - measured.wall)
    seen["after"] = ended - seen["last"]
    return measured, seen


def _scrapy(start: str, at_once: int, folder: Path, work: str) -> list[str]:
    return [
        *(sys.executable, "-m", "bench.peers.scrapy_site"),
        *(start, str(at_once), str(folder / f"{work}.jsonl"), work),
    ]


def _jobpipe(start: str, at_once: int, workers: int, folder: Path) -> list[str]:
    (folder / "imports").mkdir(parents=True)
    (folder / "jobpipe.yaml").write_text("{}\n")
    (folder / "imports" / "site.yaml").write_text(_DEFINITION.format(start=start, at_once=at_once))
    shutil.copy(computation.__file__, folder / "hooks.py")
    return [
        *(sys.executable, "-m", "jobpipe.cli.main", "-C", str(folder)),
        *("run", "site", "--quiet", "--json", "--workers", str(workers)),
    ]


def _page(rows: Sequence[Row], given: argparse.Namespace, setting: dict[str, str]) -> Iterable[str]:
    each = computation.COMPUTATION * 1000
    yield "# Benchmarks: how far crawling and computing overlap\n"
    yield (
        f"A site of {thousands(given.pages)} postings and {lists_of(given.pages)} lists on this machine, each answer "
        f"{given.latency * 1000:.0f} ms late; each posting costs {each:.0f} ms of the processor's time besides the "
        "extraction. One run each, robots.txt and throttle off, bytecode compiled before as an installation does.\n"
    )
    yield (
        "Ideal = the larger of requests × latency ÷ concurrency and (computation + the CPU that Scrapy spends on the "
        "same pages without it) ÷ cores; efficiency = ideal ÷ wall time of the whole process, start included. The "
        f"project asks {_ASKED:.2f} of itself. Scrapy without the computation is measured against the first term.\n"
    )
    head = (
        "at once",
        "runner",
        "wall s",
        "ideal s",
        "efficiency",
        "before s",
        "after s",
        "CPU s",
        "server's CPU s",
        "late ms",
    )
    yield from table(head, [_cells(row) for row in rows])
    yield (
        "\n`before`: from the start of the process to its first request; `after`: from the last answer to its end. "
        "`late ms`: by how much the server's answers were later than they should be, on the average: it is a process "
        "of its own, and shares the cores with what is measured where the machine has no more of them"
        f" ({os.cpu_count()} here, {given.cores} used). No term of the ideal knows of the server's CPU.\n"
    )
    yield from table(("setting", ""), list(setting.items()))


def _cells(row: Row) -> tuple[str, ...]:
    seen = row.server
    return (
        str(row.at_once),
        row.title,
        f"{row.measured.wall:.2f}",
        f"{row.ideal:.2f}",
        f"{row.efficiency:.2f}",
        f"{seen['before']:.2f}",
        f"{seen['after']:.2f}",
        f"{row.measured.cpu:.2f}",
        f"{seen['cpu']:.2f}",
        f"{seen['late'] * 1000:.1f}",
    )


if __name__ == "__main__":
    main()
