"""Imports the same feed with job-pipe and its peers, in turns, and writes one page of what it took.

    python -m bench.compare --size 100000 --rounds 3

Each round runs every runner once on each day (A B C …, A B C …), so that what else the machine does falls on all
alike.  Nothing is asserted.  Raw samples are kept beside the feeds; `--page-only` makes the page of them again.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.feeds import DATA, feed_file
from bench.measuring import CommandFailedError, pin_to
from bench.page import write_page
from bench.results import Results, Sample
from bench.runners import FIRST, ROOT, RUNNERS, SAME_BYTES, SCENARIOS, SECOND, Runner
from bench.setting import describe_setting

START_UP_SIZE = 10
# From this size on the page is the project's own; a shorter comparison is written beside the feeds.
PUBLISHED_FROM = 100_000


def main() -> None:
    given = _arguments()
    raw = DATA / f"results-{given.size}.json"
    if given.page_only:
        results = Results.read(raw)
    else:
        scenarios = (FIRST,) if given.first_only else SCENARIOS
        results = compare(given.size, given.rounds, _chosen(given.only), given.cores, scenarios)
        results.write(raw)
    page = given.output or (ROOT / "docs" if given.size >= PUBLISHED_FROM else DATA) / "benchmarks.md"
    print(write_page(results, page))
    print(f"written to {os.path.relpath(page)}, with its plot beside it")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=100_000, help="offers of the first day")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cores", type=int, default=2, help="everything is pinned to so many")
    parser.add_argument("--only", default="", help="runners, with commas: " + ", ".join(one.name for one in RUNNERS))
    parser.add_argument(
        "--first-only", action="store_true", help="only first imports (dlt's second day takes very long)"
    )
    parser.add_argument("--output", type=Path, help="the page (otherwise docs/benchmarks.md, or bench/data for less)")
    parser.add_argument("--page-only", action="store_true", help="write the page of the last results again")
    return parser.parse_args()


def _chosen(names: str) -> list[Runner]:
    if not names:
        return list(RUNNERS)
    by_name = {one.name: one for one in RUNNERS}
    wanted = names.split(",")
    if unknown := [name for name in wanted if name not in by_name]:
        sys.exit(f"no runner {', '.join(unknown)}; there is {', '.join(by_name)}")
    return [by_name[name] for name in wanted]


def compare(
    size: int, rounds: int, runners: Sequence[Runner], cores: int, scenarios: Sequence[str] = SCENARIOS
) -> Results:
    """Run all of it. A runner that fails is left out from there on, and named in the results."""
    feeds = {day: feed_file(size, day=day) for day in (1, 2)}
    results = Results(size, setting=describe_setting(pin_to(cores), rounds, feeds[1]))
    work = DATA / "work"
    try:
        for number in range(1, rounds + 1):
            _start_up(results, runners, work, number)
            _one_round(results, runners, work, number, feeds, scenarios)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return results


def _start_up(results: Results, runners: Sequence[Runner], work: Path, number: int) -> None:
    feed = feed_file(START_UP_SIZE)
    for runner in runners:
        folder = runner.start_anew(work / "start-up")
        sample = _take(results, runner, FIRST, number, feed, folder)
        if sample is not None:
            results.startups.append(sample)
        shutil.rmtree(folder, ignore_errors=True)


def _one_round(
    results: Results,
    runners: Sequence[Runner],
    work: Path,
    number: int,
    feeds: dict[int, Path],
    scenarios: Sequence[str],
) -> None:
    folders = {runner.name: runner.start_anew(work) for runner in runners}
    for scenario in scenarios:
        feed = feeds[2 if scenario == SECOND else 1]
        if scenario == SAME_BYTES:
            # Served anew: the same bytes, with another date.
            os.utime(feed)
        for runner in runners:
            if scenario not in runner.scenarios:
                continue
            sample = _take(results, runner, scenario, number, feed, folders[runner.name])
            if sample is not None:
                results.samples.append(sample)
    for folder in folders.values():
        shutil.rmtree(folder, ignore_errors=True)


def _take(results: Results, runner: Runner, scenario: str, number: int, feed: Path, folder: Path) -> Sample | None:
    if runner.name in results.failures:
        return None
    try:
        measured, counts = runner.run(feed, folder)
    except (CommandFailedError, ValueError) as error:
        results.failures[runner.name] = str(error)
        print(f"{runner.title} failed ({scenario}) and is left out: {error}", file=sys.stderr)
        return None
    print(
        f"round {number}  {scenario:16} {runner.title:36} {measured.wall:8.2f} s  CPU {measured.cpu:8.2f} s"
        f"  peak {measured.peak:7.1f} MB",
        file=sys.stderr,
    )
    return Sample(
        runner=runner.name,
        scenario=scenario,
        round=number,
        wall=round(measured.wall, 4),
        cpu=round(measured.cpu, 4),
        peaks=[round(peak, 2) for peak in measured.peaks],
        counts=counts,
    )


if __name__ == "__main__":
    main()
