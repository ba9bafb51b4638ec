"""The peak memory of job-pipe's processes, for feeds of growing size, on a first import and on the next day.

    python -m bench.memory --sizes 10000,100000,1000000 --formats xml,json,csv

A feed of a million offers has about 5 GB, and a comparison of the three formats needs some 20 GB of disk:
`--tidy` deletes each feed when it has been read.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import ours
from bench.feeds import DATA, FORMATS, feed_file
from bench.measuring import CommandFailedError, Measured, measure, pin_to
from bench.page import table, thousands
from bench.runners import ROOT, counts_of

# What the key table may take, bytes a known record: it is counted apart from the rest.
KEY_TABLE_BYTES = 32
_PUBLISHED_FROM = 1_000_000

_DAYS = {1: "first import", 2: "second day"}


@dataclass(frozen=True, slots=True)
class Row:
    feed_format: str
    day: int
    size: int
    measured: Measured
    counts: dict[str, int]

    @property
    def conductor(self) -> float:
        """MB"""
        return self.measured.own_peak

    @property
    def worker(self) -> float:
        """MB, of the largest of the other processes."""
        others = list(self.measured.peaks)
        if self.measured.own_peak in others:
            others.remove(self.measured.own_peak)
        return max(others, default=0.0)

    @property
    def key_table(self) -> float:
        """MB that the key table may take: of what was known when the run began, and of what it met."""
        return max(self.size, self.counts.get("read", 0)) * KEY_TABLE_BYTES / 2**20


def main() -> None:
    given = _arguments()
    sizes = sorted(int(size.replace("_", "")) for size in given.sizes.split(","))
    pin_to(given.cores)
    rows = list(_measure_all(sizes, given.formats.split(","), given.workers, tidy=given.tidy))
    text = "\n".join(_page(rows, given.workers))
    page = (ROOT / "docs" if sizes[-1] >= _PUBLISHED_FROM else DATA) / "benchmarks-memory.md"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(text, encoding="utf-8")
    print(text)
    print(f"written to {os.path.relpath(page)}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--formats", default=",".join(FORMATS))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--tidy", action="store_true", help="delete each feed when it has been read")
    return parser.parse_args()


def _measure_all(sizes: Sequence[int], formats: Sequence[str], workers: int, *, tidy: bool) -> Iterable[Row]:
    work = DATA / "work-memory"
    try:
        for feed_format in formats:
            for size in sizes:
                folder = ours.make_project(work / f"{feed_format}-{size}", feed_format=feed_format)
                try:
                    for day in _DAYS:
                        yield _measure_one(folder, feed_format, size, day, workers, tidy=tidy)
                except CommandFailedError as error:
                    print(f"{feed_format}, {size}: left out: {error}", file=sys.stderr)
                shutil.rmtree(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _measure_one(folder: Path, feed_format: str, size: int, day: int, workers: int, *, tidy: bool) -> Row:
    feed = feed_file(size, feed_format=feed_format, day=day)
    ours.put_feed(folder, feed)
    measured = measure(ours.command(sys.executable, folder, workers=workers), folder=ROOT)
    if tidy:
        feed.unlink()
    row = Row(feed_format, day, size, measured, counts_of(measured.output))
    print(
        f"{feed_format:5} {_DAYS[day]:13} {size:>9}  {measured.wall:8.1f} s"
        f"  conductor {row.conductor:6.1f} MB  worker {row.worker:6.1f} MB",
        file=sys.stderr,
    )
    return row


def _page(rows: Sequence[Row], workers: int) -> Iterable[str]:
    yield "# Benchmarks: memory\n"
    yield (
        f"Peak memory (VmHWM, shared pages included) of the conductor and of its largest other process, with {workers} "
        "workers.\nThe key table is allowed "
        f"{KEY_TABLE_BYTES} bytes a record; growth is against the smallest feed, the key table set apart.\n"
    )
    smallest = {(row.feed_format, row.day): row for row in reversed(rows)}
    head = (
        "feed",
        "run",
        "postings",
        "wall s",
        "conductor MB",
        "key table MB",
        "growth",
        "worker MB",
        "worker's growth",
    )
    yield from table(head, [_cells(row, smallest[row.feed_format, row.day]) for row in rows])


def _cells(row: Row, smallest: Row) -> tuple[str, ...]:
    return (
        row.feed_format,
        _DAYS[row.day],
        thousands(row.size),
        f"{row.measured.wall:.1f}",
        f"{row.conductor:.1f}",
        f"{row.key_table:.1f}",
        _growth(row.conductor - row.key_table, smallest.conductor - smallest.key_table),
        f"{row.worker:.1f}",
        _growth(row.worker, smallest.worker),
    )


def _growth(value: float, base: float) -> str:
    return f"{(value / base - 1) * 100:+.0f} %" if base > 0 else "–"


if __name__ == "__main__":
    main()
