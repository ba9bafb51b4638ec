"""The peers of the benchmarks do the work that they say they do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench import ours
from bench.feeds import feed_file
from bench.measuring import CommandFailedError, measure
from bench.peers.posting import fields_of, posting_of
from bench.peers.reading import records
from bench.results import expected_counts
from bench.runners import DLT, FIRST, FLOOR, ROOT, SCRAPY, SCRIPT, SCRIPT_BY_HASH, SECOND, Runner, counts_of

SIZE = 400


@pytest.fixture(scope="module")
def feeds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("feeds")
    return {FIRST: feed_file(SIZE, folder=folder), SECOND: feed_file(SIZE, day=2, folder=folder)}


def run(runner: Runner, feed: Path, folder: Path) -> dict[str, int]:
    done = subprocess.run(runner.command(feed, folder), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return counts_of(done.stdout)


@pytest.mark.parametrize("runner", [SCRIPT, SCRIPT_BY_HASH], ids=lambda one: one.name)
def test_the_scripts_know_what_is_new_changed_unchanged_and_gone(
    runner: Runner, feeds: dict[str, Path], tmp_path: Path
) -> None:
    folder = runner.start_anew(tmp_path)
    for day in (FIRST, SECOND):
        assert run(runner, feeds[day], folder) == expected_counts(SIZE, day)


def test_the_floor_meets_every_record_and_knows_yesterdays(feeds: dict[str, Path], tmp_path: Path) -> None:
    folder = FLOOR.start_anew(tmp_path)
    for day in (FIRST, SECOND):
        counts, expected = run(FLOOR, feeds[day], folder), expected_counts(SIZE, day)
        assert (counts["read"], counts["unchanged"]) == (expected["read"], expected["unchanged"])


@pytest.mark.slow
@pytest.mark.parametrize(("runner", "package"), [(SCRAPY, "scrapy"), (DLT, "dlt")], ids=["scrapy", "dlt"])
def test_the_frameworks_read_every_record(runner: Runner, package: str, feeds: dict[str, Path], tmp_path: Path) -> None:
    pytest.importorskip(package)
    folder = runner.start_anew(tmp_path)
    for day in (FIRST, SECOND):
        counts, expected = run(runner, feeds[day], folder), expected_counts(SIZE, day)
        assert (counts["read"], counts["rejected"]) == (expected["read"], 0)


@pytest.mark.slow
def test_scrapy_makes_the_postings_that_the_script_makes(feeds: dict[str, Path], tmp_path: Path) -> None:
    pytest.importorskip("scrapy")
    folder = SCRAPY.start_anew(tmp_path)
    run(SCRAPY, feeds[FIRST], folder)
    exported = [json.loads(line) for line in (folder / "offers.jsonl").read_text(encoding="utf-8").splitlines()]
    assert exported == script_postings(feeds[FIRST])


@pytest.mark.slow
def test_job_pipe_makes_the_postings_that_the_script_makes(feeds: dict[str, Path], tmp_path: Path) -> None:
    """All but the white space of the long texts, which is a matter of taste."""
    project = ours.make_project(tmp_path / "project")
    ours.put_feed(project, feeds[FIRST])
    measured = measure(ours.command(sys.executable, project, workers=1), folder=ROOT)
    assert counts_of(measured.output).items() >= expected_counts(SIZE, FIRST).items()
    listed = subprocess.run(
        [sys.executable, "-m", "jobpipe.cli.main", "-C", str(project), "postings", ours.IMPORT, "--json"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    made = {posting["reference"]: posting for posting in map(json.loads, listed.stdout.splitlines())}
    for expected in script_postings(feeds[FIRST]):
        posting = made[expected["reference"]]
        assert comparable(posting) == comparable(expected)


@pytest.mark.slow
@pytest.mark.parametrize("feed_format", ["json", "csv"])
def test_job_pipe_knows_both_days_in_the_other_formats(feed_format: str, tmp_path: Path) -> None:
    project = ours.make_project(tmp_path / "project", feed_format=feed_format)
    for day, scenario in ((1, FIRST), (2, SECOND)):
        ours.put_feed(project, feed_file(SIZE, feed_format=feed_format, day=day, folder=tmp_path))
        measured = measure(ours.command(sys.executable, project, workers=1), folder=ROOT)
        assert counts_of(measured.output).items() >= expected_counts(SIZE, scenario).items()


def test_a_command_that_fails_is_told_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(CommandFailedError, match="no such thing"):
        measure([sys.executable, "-c", "raise SystemExit('no such thing')"], folder=tmp_path)


def test_the_cpu_and_memory_of_all_processes_are_measured(tmp_path: Path) -> None:
    """Also of those that their parent does not wait for."""
    busy = "import time\nheld = b'x' * 80_000_000\nwhile time.process_time() < 0.4: pass"
    parent = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {busy!r}])"
    measured = measure([sys.executable, "-c", parent], folder=tmp_path)
    assert measured.cpu >= 0.4
    assert measured.peak > 76 > measured.own_peak > 0


def script_postings(feed: Path) -> list[dict[str, Any]]:
    return [posting_of(fields_of(element)) for element in records(feed)]


def comparable(posting: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in posting.items() if value not in (None, [], {})}
    return kept | {name: "".join(kept[name].split()) for name in ("description", "description_text")}
