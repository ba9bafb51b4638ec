"""Killing a run at any moment: the next one goes on, and what is stored equals that of an undisturbed import."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from engines import ON_A_CLUSTER
from processes import children_of, is_running
from project_folder import DEFINITION, ProjectFolder, adds_up, xml_feed

# The stand-in for MongoDB goes through all it has for each look-up.
RECORDS = 1_000 if ON_A_CLUSTER else 2_500
DEATHS = 6 if ON_A_CLUSTER else 10


def feed_of(day: int) -> bytes:
    """The second day changes, adds and drops some, and has records that are rejected or share a key."""
    dice = random.Random(day)
    lines = ["<offers>"]
    for number in range(day * 50, RECORDS):
        title = f"Offre {number}" + (" (modifiée)" if day and number % 30 == 0 else "")
        text = "<![CDATA[" + " ".join(f"mot{dice.randrange(5_000)}" for _ in range(60)) + "]]>"
        if number % 500 == 7:
            title = ""
        lines.append(f'<offer id="k{number}"><title>{title}</title><text>{text}</text></offer>')
        if number % 400 == 11:
            lines.append(f'<offer id="k{number}"><title>Une autre</title><text>{text}</text></offer>')
    return "\n".join([*lines, "</offers>"]).encode()


# Dies by its own hand where it is told to: before or in the middle of the last stage.
SUICIDE = """
import os, signal, sys
from jobpipe.runs import absence, finishing
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
where = sys.argv.pop(1)
if where == "before finishing":
    finishing.Finish.finish = die
elif where == "after expiring":
    finishing.Finish._close = die
elif where == "before expiring":
    absence.Absence._expire = die
from jobpipe.cli.main import main
main(sys.argv[1:])
"""


def command(project: ProjectFolder, *before: str) -> list[str]:
    program = list(before) or ["-m", "jobpipe.cli.main"]
    return [sys.executable, *program, "-C", str(project.root), "run", "offers", "--quiet", "--json", "--workers", "1"]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[object, dict[str, int]]]:
    """What is stored, and the account, after each of two undisturbed days."""
    project = ProjectFolder(tmp_path_factory.mktemp("undisturbed") / "project", DEFINITION)
    made = []
    for day in range(2):
        report = project.run(feed_of(day), workers=1)
        assert adds_up(report)
        made.append((project.contents(), report.account | {"expired": report.expired, "live": report.live}))
    return made


@pytest.mark.parametrize("seed", range(2))
def test_after_ten_kills_the_documents_and_the_account_are_those_of_an_undisturbed_import(
    tmp_path: Path, undisturbed: list[tuple[object, dict[str, int]]], seed: int
) -> None:
    dice = random.Random(seed)
    project = ProjectFolder(tmp_path / "project", DEFINITION)
    for day in range(2):
        (project.root / "feed.xml").write_bytes(feed_of(day))
        for _ in range(DEATHS // 2):
            child = subprocess.Popen(command(project), stdout=subprocess.DEVNULL, start_new_session=True)
            time.sleep(dice.uniform(0.3, 1.5))
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        report = project.run(workers=1)
        contents, account = undisturbed[day]
        assert project.contents() == contents
        if not report.unchanged:
            assert report.account | {"expired": report.expired, "live": report.live} == account


@pytest.mark.parametrize("where", ["before finishing", "before expiring", "after expiring"])
def test_a_kill_in_the_last_stage_costs_nothing(
    tmp_path: Path, undisturbed: list[tuple[object, dict[str, int]]], where: str
) -> None:
    project = ProjectFolder(tmp_path / "project", DEFINITION)
    for day in range(2):
        (project.root / "feed.xml").write_bytes(feed_of(day))
        killed = subprocess.run(command(project, "-c", SUICIDE, where), capture_output=True, check=False)
        assert killed.returncode == -signal.SIGKILL or (where == "before expiring" and day == 0)
        report = project.run(workers=1)
        contents, account = undisturbed[day]
        assert project.contents() == contents
        if not report.unchanged:
            assert report.account | {"expired": report.expired, "live": report.live} == account


def test_a_run_is_not_taken_up_with_another_source(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "project", DEFINITION)
    (project.root / "feed.xml").write_bytes(xml_feed({"k1": "Une"}))
    subprocess.run(command(project, "-c", SUICIDE, "before finishing"), capture_output=True, check=False)
    (project.root / "other.xml").write_bytes(xml_feed({"k2": "Deux"}))
    project.define(DEFINITION.replace("feed.xml", "other.xml"))
    report = project.run()
    assert (report.run, report.state, report.account["new"], project.keys()) == (2, "succeeded", 1, {"k2"})


def test_the_workers_of_a_killed_conductor_end_with_it(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "project", DEFINITION)
    (project.root / "feed.xml").write_bytes(feed_of(0))
    child = subprocess.Popen(command(project), stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while not (workers := children_of(child.pid)) and time.monotonic() < deadline and child.poll() is None:
        time.sleep(0.01)
    child.kill()
    child.wait()
    while any(map(is_running, workers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert workers
    assert not any(map(is_running, workers))
