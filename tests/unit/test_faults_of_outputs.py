"""Outputs that take nothing: an export to a place that is full or closed, a reader that goes away."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import begun_run
import pytest
from command_line import jobpipe
from project_folder import ProjectFolder, xml_feed
from small_disk import put_away, read_only, small_disk

MANY = xml_feed({f"k{number}": f"Offre {number} {'mot ' * 100}" for number in range(1_500)})


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> ProjectFolder:
    made = ProjectFolder(tmp_path_factory.mktemp("outputs") / "project")
    made.run(MANY, workers=0)
    return made


def exported(project: ProjectFolder, target: Path) -> subprocess.CompletedProcess[str]:
    return jobpipe("-C", project.root, "export", "offers", "--to", target)


def test_an_export_to_a_full_disk_leaves_the_old_file_and_says_so(project: ProjectFolder, tmp_path: Path) -> None:
    place = tmp_path / "place"
    with small_disk(place, 400):
        (place / "offers.jsonl").write_text("old\n")
        failed = exported(project, place / "offers.jsonl")
        assert [path.name for path in place.iterdir()] == ["offers.jsonl"]
        assert (place / "offers.jsonl").read_text() == "old\n"
    assert failed.returncode == 1
    assert "No space left" in failed.stderr or "too large" in failed.stderr
    assert "job-pipe itself" not in failed.stderr
    assert exported(project, place / "offers.jsonl").returncode == 0
    assert (place / "offers.jsonl").read_bytes().count(b"\n") == 1_500
    put_away(place)


def test_an_export_to_a_place_that_may_not_be_written_says_so(project: ProjectFolder, tmp_path: Path) -> None:
    with read_only(tmp_path):
        failed = exported(project, tmp_path / "offers.jsonl")
    assert failed.returncode == 1
    assert "offers.jsonl" in failed.stderr and "cannot write here" in failed.stderr


@pytest.mark.parametrize("arguments", [("postings", "offers", "--json"), ("export", "offers", "--to", "-"), ("runs",)])
def test_a_full_disk_behind_stdout_is_named(project: ProjectFolder, arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            command(project, *arguments), stdout=full, stderr=subprocess.PIPE, env=begun_run.environ(), check=False
        )
    assert ended.returncode == 1
    assert b"No space left on device" in ended.stderr
    assert b"Traceback" not in ended.stderr and b"job-pipe itself" not in ended.stderr


@pytest.mark.parametrize("arguments", [("postings", "offers", "--json"), ("export", "offers", "--to", "-")])
def test_a_reader_that_goes_away_is_no_error(project: ProjectFolder, arguments: tuple[str, ...]) -> None:
    with subprocess.Popen(
        command(project, *arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=begun_run.environ()
    ) as child:
        assert child.stdout is not None and child.stderr is not None
        assert child.stdout.readline()
        child.stdout.close()
        complaints = child.stderr.read()
    assert (child.returncode, complaints) == (0, b"")


def command(project: ProjectFolder, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "jobpipe.cli.main", "-C", str(project.root), *arguments]
