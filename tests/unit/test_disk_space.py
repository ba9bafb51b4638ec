"""The disk fills up: it is told in time, and runs stop whole, to be taken up when there is room."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import jobpipe
from engines import ON_A_CLUSTER
from project_folder import ProjectFolder, xml_feed

from jobpipe.ledger.models import Incident, Run, RunState
from jobpipe.runs.disk_space import DiskSpaceError, Room, disk_watch, watch_disk

OFFERS = {f"k{number}": f"Offre {number}" for number in range(50)}
LARGE = [f"k{number}" for number in range(3_000)]
LARGE_FEED = b"<offers>%s</offers>" % b"".join(
    f'<offer id="{key}"><title>{key}</title><text>{os.urandom(2000).hex()}</text></offer>\n'.encode() for key in LARGE
)


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    disk_watch.__init__()  # type: ignore[misc]
    return ProjectFolder(tmp_path / "project")


@pytest.fixture
def small_disk(tmp_path: Path, free: str) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    # What is written between two looks has room beyond what must stay free.
    size = "12m" if free == "1" else "14m"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], check=False)
    if mounted.returncode:
        pytest.skip("only root may make a disk")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def incidents() -> list[tuple[str, str, str]]:
    return list(Incident.objects.values_list("kind", "state", "import_name"))


def test_a_room_is_told_of_before_it_is_used_up() -> None:
    fine = Room(used=50, budget=100, free=1000, reserve=100)
    assert (fine.warning, fine.shortage) == ("", "")
    near = Room(used=90, budget=100, free=1000, reserve=100)
    assert near.warning
    assert not near.shortage
    low = Room(used=-1, budget=None, free=150, reserve=100)
    assert low.warning
    assert not low.shortage
    assert Room(used=100, budget=100, free=1000, reserve=100).shortage
    assert Room(used=-1, budget=None, free=99, reserve=100).shortage


def test_no_run_begins_over_the_budget_and_the_incident_ends_with_the_shortage(project: ProjectFolder) -> None:
    project.run(xml_feed(OFFERS), workers=0)
    project.configure("disk: {budget: 10KB}\n")
    disk_watch.__init__()  # type: ignore[misc]
    with pytest.raises(DiskSpaceError, match="the budget is"):
        project.run(xml_feed({**OFFERS, "new": "Nouvelle"}), workers=0)
    with project.open():
        assert incidents() == [("disk-budget", "open", "")]
    project.configure("")
    disk_watch.__init__()  # type: ignore[misc]
    report = project.run(workers=0)
    assert (report.state, report.live) == ("succeeded", 51)
    with project.open():
        assert incidents() == [("disk-budget", "resolved", "")]


def test_near_the_budget_is_an_incident_though_runs_go_on(project: ProjectFolder) -> None:
    report = project.run(xml_feed(OFFERS), workers=0)
    with project.open() as workspace:
        from jobpipe.runs.disk_space import size_of

        used = size_of(workspace.project.state_dir)
    project.configure(f"disk: {{budget: {int(used * 1.05)}}}\n")
    with project.open() as workspace:
        room = watch_disk(workspace.project)
        assert incidents() == [("disk-budget", "open", "")]
    assert not room.shortage
    assert report.state == "succeeded"


@pytest.mark.skipif(ON_A_CLUSTER, reason="the disks of servers are theirs")
@pytest.mark.parametrize("free", ["8MB", "1"], ids=["a reserve", "to its last byte"])
def test_a_run_on_a_small_disk_stops_whole_and_goes_on_when_there_is_room(
    project: ProjectFolder, small_disk: Path, free: str
) -> None:
    project.configure(f"state: {small_disk}\ndisk: {{free: {free}}}\n")
    (project.root / "feed.xml").write_bytes(LARGE_FEED)
    done = jobpipe("-C", project.root, "run", "offers", "--quiet", "--workers", "0")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    if free == "8MB":
        assert "8.0 MB must stay free" in done.stderr
    subprocess.run(["mount", "-o", "remount,size=400m", small_disk], check=True)
    with project.open():
        stopped = Run.objects.get()
    report = project.run(workers=0)
    assert (report.state, report.live) == ("succeeded", len(LARGE))
    if free == "8MB":
        assert stopped.state == RunState.RUNNING
        assert report.run == stopped.pk
    undisturbed = ProjectFolder(project.root.parent / "undisturbed")
    undisturbed.run(LARGE_FEED, workers=0)
    assert project.contents() == undisturbed.contents()
    with project.open():
        assert "disk-budget" in {kind for kind, _, _ in incidents()} or free == "1"
