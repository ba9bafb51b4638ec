"""Disks that are full or read-only, stores that are locked or gone: said in plain words, and the next run is whole."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import begun_run
import pytest
from command_line import jobpipe
from engines import ON_A_CLUSTER
from project_folder import ProjectFolder, xml_feed
from small_disk import put_away, read_only, small_disk

pytestmark = pytest.mark.skipif(ON_A_CLUSTER, reason="these stores are files")

_DICE = random.Random(3)
_WORDS = [f"mot{number}" for number in range(9_000)]
MANY = xml_feed({f"k{number}": f"Offre {number} {' '.join(_DICE.choices(_WORDS, k=50))}" for number in range(2_500)})
FEW = xml_feed({f"k{number}": f"Offre {number}" for number in range(30)})
# Waits no minute for whoever writes, and no half either.
IMPATIENT = """
import sys
from jobpipe.ledger import settings
settings.DATABASES["default"]["OPTIONS"]["timeout"] = 0.3
from jobpipe.documents import sqlite_file
sqlite_file.BUSY_SECONDS = 0.3
from jobpipe.cli.main import main
main(sys.argv[1:])
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[ProjectFolder]:
    made = ProjectFolder(tmp_path / "project")
    yield made
    put_away(made.root / ".jobpipe")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> object:
    alone = ProjectFolder(tmp_path_factory.mktemp("alone") / "project")
    alone.run(MANY, workers=0)
    return alone.contents()


def run(project: ProjectFolder) -> subprocess.CompletedProcess[str]:
    return jobpipe("-C", project.root, "run", "offers", "--quiet", "--workers", "0")


@pytest.mark.parametrize("kilobytes", [200, 1_600, 2_600])
def test_a_full_disk_is_named_and_when_there_is_room_the_run_goes_on(
    project: ProjectFolder, undisturbed: object, kilobytes: int
) -> None:
    # A run stops before a disk is full; where that was let be, it gets so far.
    project.configure("disk: {free: 1B}\n")
    (project.root / "feed.xml").write_bytes(MANY)
    with small_disk(project.root / ".jobpipe", kilobytes):
        failed = run(project)
    assert failed.returncode == 1
    assert "full" in failed.stderr or "No space left" in failed.stderr or "too large" in failed.stderr
    assert str(project.root / ".jobpipe") in failed.stderr
    assert "Traceback" not in failed.stderr and "job-pipe itself" not in failed.stderr
    again = run(project)
    assert again.returncode == 0, again.stderr
    assert project.contents() == undisturbed


@pytest.mark.parametrize("store", ["ledger", "documents"])
def test_a_store_that_another_process_keeps_locked_is_named_and_nothing_is_lost(
    project: ProjectFolder, store: str
) -> None:
    project.run(FEW, workers=0)
    before = project.contents()
    (project.root / "feed.xml").write_bytes(MANY)
    with closing(sqlite3.connect(project.root / f".jobpipe/{store}.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        command = [sys.executable, "-c", IMPATIENT, "-C", str(project.root), "run", "offers", "--quiet"]
        failed = subprocess.run(
            [*command, "--workers", "0"], env=begun_run.environ(), capture_output=True, text=True, check=False
        )
        other.execute("ROLLBACK")
    assert failed.returncode == 1
    assert f"{store}.sqlite3: the {store} cannot be used: database is locked" in failed.stderr
    assert "another process has been writing for a long time" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert project.contents() == before
    report = project.run(workers=0)
    assert (report.state, report.account["read"], report.live) == ("succeeded", 2_500, 2_500)


@pytest.mark.parametrize("store", ["ledger", "documents"])
def test_a_store_that_is_taken_away_in_the_middle_of_a_run_is_made_whole_by_the_next(
    project: ProjectFolder, undisturbed: object, store: str
) -> None:
    (project.root / "feed.xml").write_bytes(MANY)
    child = begun_run.begin(project)
    for file in (project.root / ".jobpipe").glob(f"{store}.sqlite3*"):
        file.unlink()
    _, complaints = child.communicate(timeout=60)
    assert "Traceback" not in complaints
    again = run(project)
    assert again.returncode in (0, 1), again.stderr
    assert run(project).returncode == 0
    assert set(project.contents()[1]) == set(undisturbed[1])  # type: ignore[index]


def test_a_project_that_may_only_be_read_says_so(project: ProjectFolder) -> None:
    (project.root / "feed.xml").write_bytes(FEW)
    with read_only(project.root):
        failed = run(project)
    assert failed.returncode == 1
    assert ".jobpipe" in failed.stderr
    assert "Read-only file system" in failed.stderr or "Permission denied" in failed.stderr
    assert "job-pipe itself" not in failed.stderr
    assert run(project).returncode == 0


def test_a_state_that_may_only_be_read_changes_nothing_and_is_named(project: ProjectFolder) -> None:
    project.run(FEW, workers=0)
    before = project.contents()
    (project.root / "feed.xml").write_bytes(MANY)
    with read_only(project.root / ".jobpipe"):
        failed = run(project)
    assert failed.returncode == 1
    assert str(project.root / ".jobpipe") in failed.stderr
    assert "job-pipe itself" not in failed.stderr
    assert project.contents() == before
    assert run(project).returncode == 0


def test_a_state_folder_that_is_a_file_is_named(project: ProjectFolder) -> None:
    (project.root / ".jobpipe").write_text("")
    (project.root / "feed.xml").write_bytes(FEW)
    failed = run(project)
    assert failed.returncode == 1
    assert ".jobpipe" in failed.stderr and "job-pipe itself" not in failed.stderr
