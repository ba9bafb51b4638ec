"""Two schedulers in two processes, on either ledger: each due moment asks for one run; one of them has the duty."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from begun_run import environ
from postgres_server import shared_server
from project_folder import DEFINITION, ProjectFolder

from jobpipe.ledger import leases
from jobpipe.ledger.models import DutyLease, Run
from jobpipe.runs.scheduling.duty import DutyIsTakenError, is_taken, on_duty

# A day in steps of five minutes, by a clock of its own: the two overtake each other as they like.
A_DAY = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from jobpipe.definition.project import find_project
from jobpipe.ledger.models import Run, RunState
from jobpipe.runs.scheduling.timetable import Timetable
from jobpipe.runs.scheduling.written import WrittenSchedules
from jobpipe.runs.workspace import open_workspace

root, now = Path(sys.argv[1]), datetime(2026, 5, 1, 12, tzinfo=UTC)

def ask(owner):
    Run.objects.create(import_row=owner, state=RunState.SUCCEEDED, started_at=now, revision="", definition="")

with open_workspace(find_project(root, {})):
    table = Timetable(WrittenSchedules(root), lambda: now, ask)
    table.tick()
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(24 * 12):
        now += timedelta(minutes=5)
        table.tick()
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> ProjectFolder:
    made = ProjectFolder(tmp_path / "project", DEFINITION + "schedule: '*/15 * * * *'\n")
    if request.param == "sqlite":
        made.keep_all_in_files()
    else:
        made.keep_ledger_in(shared_server().ledger())
    return made


def test_two_processes_ask_once_for_each_moment(project: ProjectFolder) -> None:
    with project.open():
        pass
    both = [
        subprocess.Popen(
            [sys.executable, "-c", A_DAY, str(project.root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environ(),
        )
        for _ in range(2)
    ]
    for one in both:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in both:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    assert [one.communicate(timeout=120) and one.returncode for one in both] == [0, 0]
    with project.open():
        assert Run.objects.count() == 24 * 4


def test_one_has_the_duty_until_it_gives_it_back(project: ProjectFolder) -> None:
    with project.open() as workspace:
        with on_duty(workspace.locks) as duty:
            assert duty.is_mine and is_taken(workspace.locks)
            with pytest.raises(DutyIsTakenError), on_duty(workspace.locks):
                raise AssertionError("two have it")
        assert not is_taken(workspace.locks)
        with on_duty(workspace.locks) as duty:
            assert duty.is_mine


def test_whoever_slept_for_too_long_has_the_duty_no_more(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "project")
    project.keep_ledger_in(shared_server().ledger())
    with project.open() as workspace, on_duty(workspace.locks) as duty:
        DutyLease.objects.update(until="2026-01-01T00:00Z")
        assert leases.take("scheduling", "elsewhere:1:2:3", 30.0, kept=leases.DUTIES)
        duty.renew()  # type: ignore[attr-defined]
        assert not duty.is_mine
    assert DutyLease.objects.get().holder == "elsewhere:1:2:3"
