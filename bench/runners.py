"""Who runs in the comparison, and how each is started."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import ours
from bench.measuring import Measured, measure, warm

ROOT = Path(__file__).parent.parent

FIRST, SECOND, SAME_FILE, SAME_BYTES = "first import", "second day", "unchanged file", "unchanged bytes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    name: str
    # How it stands in the tables.
    title: str
    # Makes what it needs in its folder, before the first day.
    prepare: Callable[[Path], None]
    # The command that reads a feed into its folder; it may put the feed in place first.
    command: Callable[[Path, Path], list[str]]
    # Days on which it has something to show.
    scenarios: tuple[str, ...] = (FIRST, SECOND)

    def run(self, feed: Path, folder: Path) -> tuple[Measured, dict[str, int]]:
        """Import the feed, measured; with what the runner says that it did."""
        warm(feed)
        measured = measure(self.command(feed, folder), folder=ROOT)
        return measured, counts_of(measured.output)

    def start_anew(self, folder: Path) -> Path:
        """An empty folder of this runner's own."""
        own = folder / self.name
        shutil.rmtree(own, ignore_errors=True)
        self.prepare(own)
        return own


def counts_of(output: str) -> dict[str, int]:
    """The counts out of a runner's answer, whether a peer's line or the document of `jobpipe run --json`."""
    answer: Any = json.loads(output)
    if isinstance(answer, list):
        answer = {**answer[0]["account"], "expired": answer[0]["expired"]}
    return {name: count for name, count in answer.items() if isinstance(count, int)}


def _peer(name: str, title: str, scenarios: tuple[str, ...] = (FIRST, SECOND)) -> Runner:
    return Runner(
        name=name,
        title=title,
        prepare=lambda folder: folder.mkdir(parents=True),
        command=lambda feed, folder: [sys.executable, "-m", f"bench.peers.{name}", str(feed), str(folder)],
        scenarios=scenarios,
    )


def _ours(workers: int) -> Runner:
    def command(feed: Path, folder: Path) -> list[str]:
        ours.put_feed(folder, feed)
        return ours.command(sys.executable, folder, workers=workers)

    def prepare(folder: Path) -> None:
        ours.make_project(folder)

    return Runner(
        name=f"jobpipe_{workers}",
        title=f"job-pipe, {workers} worker{'s' if workers > 1 else ''}",
        prepare=prepare,
        command=command,
        scenarios=(FIRST, SAME_FILE, SAME_BYTES, SECOND),
    )


OURS = _ours(2)
OURS_ALONE = _ours(1)
SCRIPT = _peer("script", "engineer's script")
SCRIPT_BY_HASH = _peer("script_by_hash", "the same, skipping by hash")
SCRIPT_OWN_STEPS = _peer("script_own_steps", "the script with steps for this feed alone")
SCRAPY = _peer("scrapy_feed", "Scrapy XMLFeedSpider")
DLT = _peer("dlt_merge", "dlt, merge into SQLite")
FLOOR = _peer("floor", "floor: cut, hash, look up, archive")
READING = _peer("read_only", "reading the file", (SAME_FILE, SAME_BYTES))

RUNNERS = (OURS, OURS_ALONE, SCRIPT, SCRIPT_BY_HASH, SCRIPT_OWN_STEPS, SCRAPY, DLT, FLOOR, READING)
SCENARIOS = (FIRST, SAME_FILE, SAME_BYTES, SECOND)
