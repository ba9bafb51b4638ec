"""`jobpipe serve` as a process: what is due runs, what dies is taken up, how all is can be asked."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from command_line import jobpipe
from processes import family_of
from project_folder import DEFINITION, ProjectFolder, adds_up, xml_feed
from serve_process import ServeProcess, wait_until

from jobpipe.ledger.models import Import, Run, RunKind, RunState, ScheduledImport
from jobpipe.runs.report import report_of

# Enough that a run has several batches.
SEVERAL = {f"k{number}": f"Offre {number} " + "mot " * 100 for number in range(6_000)}
SCHEDULED = DEFINITION + "schedule: '@yearly'\n"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[ProjectFolder]:
    made = ProjectFolder(tmp_path / "project", SCHEDULED)
    made.keep_all_in_files()
    made.configure("workers: 1\n")
    with made.open():
        yield made


def make_due(project: ProjectFolder) -> None:
    """As if its moment had passed while nobody looked."""
    past = datetime.now(UTC) - timedelta(minutes=10)
    owner, _ = Import.objects.get_or_create(name="offers")
    ScheduledImport.objects.update_or_create(
        import_row=owner, defaults={"schedule": "@yearly", "zone": "UTC", "known_since": past, "next_due": past}
    )


def states() -> list[str]:
    return list(Run.objects.order_by("id").values_list("state", flat=True))


def is_under_way() -> bool:
    return Run.objects.filter(state=RunState.RUNNING, batches__isnull=False).exists()


def test_what_is_due_runs_once_and_all_can_be_asked(project: ProjectFolder) -> None:
    (project.root / "feed.xml").write_bytes(xml_feed({"1": "Mason", "2": "Nurse"}))
    make_due(project)
    with ServeProcess(project.root) as serve:
        said = serve.wait_for("succeeded")
        assert (said["import"], said["run"]) == ("offers", Run.objects.get().pk)
        assert serve.get("/healthz") == (200, "ok\n")
        code, text = serve.get("/readyz")
        assert code == 200 and {check["name"] for check in json.loads(text)["checks"]} >= {"ledger", "documents"}
        _, figures = serve.get("/metrics")
        assert 'jobpipe_postings_live{client="",import="offers"} 2.0' in figures
        assert 'jobpipe_imports{state="ok"} 1.0' in figures
        assert serve.get("/etc/passwd")[0] == 404
        second = jobpipe("-C", project.root, "serve", "--address", "127.0.0.1:0")
        assert second.returncode == 2 and "another process serves this project" in second.stderr
        assert serve.end() == 0
    assert states() == [RunState.SUCCEEDED]


def test_an_edit_counts_and_a_run_that_was_asked_for_is_found_without_a_restart(project: ProjectFolder) -> None:
    project.define(DEFINITION)
    (project.root / "feed.xml").write_bytes(xml_feed({"1": "Mason"}))
    with ServeProcess(project.root) as serve:
        serve.wait_for("serving")
        owner, _ = Import.objects.get_or_create(name="offers")
        Run.objects.create(
            import_row=owner, state=RunState.QUEUED, started_at=datetime.now(UTC), revision="", definition=""
        )
        serve.wait_for("succeeded")
        project.define(DEFINITION + "schedule: every 3h\n")
        wait_until(lambda: ScheduledImport.objects.filter(schedule="every 3h").exists(), "the edit was not read")
    assert states() == [RunState.SUCCEEDED]


def test_a_run_that_is_killed_with_serve_goes_on_at_its_next_start(project: ProjectFolder) -> None:
    (project.root / "feed.xml").write_bytes(xml_feed(SEVERAL))
    make_due(project)
    with ServeProcess(project.root) as serve:
        wait_until(is_under_way, "no batch was applied")
        serve.end(signal.SIGKILL)
    with ServeProcess(project.root) as serve:
        serve.wait_for("succeeded")
        assert serve.end() == 0
    run = Run.objects.get()
    assert run.state == RunState.SUCCEEDED and run.live == len(SEVERAL) and adds_up(report_of(run))


def test_told_to_stop_it_hands_its_run_back(project: ProjectFolder) -> None:
    (project.root / "feed.xml").write_bytes(xml_feed(SEVERAL))
    make_due(project)
    with ServeProcess(project.root) as serve:
        wait_until(is_under_way, "no batch was applied")
        assert serve.end() == 0
    assert states() == [RunState.RUNNING]

    # A run that has just begun is not taken for one that was left.
    def is_recovered() -> bool:
        recovered = jobpipe("-C", project.root, "recover")
        assert recovered.returncode == 0, recovered.stderr
        return states() == [RunState.SUCCEEDED]

    wait_until(is_recovered, "the run was not taken up")
    assert len(project.keys()) == len(SEVERAL)


def test_a_process_that_dies_with_a_run_does_not_take_serve_down(project: ProjectFolder) -> None:
    (project.root / "feed.xml").write_bytes(xml_feed(SEVERAL))
    make_due(project)
    with ServeProcess(project.root) as serve:
        wait_until(is_under_way, "no batch was applied")
        for pid in family_of(serve.pid)[1:]:
            if b"forkserver" in Path(f"/proc/{pid}/cmdline").read_bytes() and family_of(pid)[1:]:
                for child in family_of(pid)[1:]:
                    os.kill(child, signal.SIGKILL)
        serve.wait_for("ended in the middle")
        serve.wait_for("succeeded")
    run = Run.objects.get()
    assert run.live == len(SEVERAL) and adds_up(report_of(run))


def test_a_record_that_kills_its_process_is_found_and_the_others_run(project: ProjectFolder) -> None:
    project.configure("workers: 0\n")
    (project.root / "hooks.py").write_text("import os\n\ndef die(value):\n    os.kill(os.getpid(), 9)\n")
    project.define(SCHEDULED.replace("title: title", 'title: [title, {python: "hooks:die"}]'))
    fine = SCHEDULED.replace("import: offers", "import: fine")
    (project.root / "imports" / "fine.yaml").write_text(fine)
    (project.root / "feed.xml").write_bytes(xml_feed({"1": "Mason"}))
    make_due(project)
    owner = Import.objects.create(name="fine")
    Run.objects.create(
        import_row=owner, state=RunState.QUEUED, started_at=datetime.now(UTC), revision="", definition=""
    )
    with ServeProcess(project.root) as serve:
        wait_until(lambda: states() == [RunState.SUCCEEDED, RunState.SUCCEEDED], "not both are over")
        assert serve.get("/healthz")[0] == 200
    run = Run.objects.get(import_row__name="offers")
    assert run.account["rejected"] == 1 and adds_up(report_of(run))


def test_a_process_that_hangs_is_not_overtaken_while_it_lives(project: ProjectFolder) -> None:
    """On one machine the kernel says who has an import; what hangs keeps it, and goes on when it wakes."""
    (project.root / "feed.xml").write_bytes(xml_feed(SEVERAL))
    make_due(project)
    with ServeProcess(project.root) as serve:
        wait_until(is_under_way, "no batch was applied")
        asleep = family_of(serve.pid)
        for pid in asleep:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(0.2)
        refused = jobpipe("-C", project.root, "run", "offers", "--quiet")
        assert refused.returncode == 1 and "by another process" in refused.stdout + refused.stderr
        for pid in reversed(asleep):
            os.kill(pid, signal.SIGCONT)
        serve.wait_for("succeeded")
    assert states() == [RunState.SUCCEEDED]
    assert len(project.keys()) == len(SEVERAL)


def test_a_definition_that_is_broken_when_it_is_due_fails_its_run_and_says_why(project: ProjectFolder) -> None:
    make_due(project)
    project.define(SCHEDULED.replace("record:", "recrod:"))
    with ServeProcess(project.root) as serve:
        wait_until(lambda: Run.objects.filter(state=RunState.FAILED).exists(), "no run failed")
        serve.wait_for("recrod")
    assert "recrod" in Run.objects.get().error


def test_postings_past_their_day_end_by_themselves(project: ProjectFolder) -> None:
    project.define(DEFINITION + "  valid_through: until\n")
    soon = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
    project.run(f"<offers><offer id='1'><title>Mason</title><until>{soon}</until></offer></offers>".encode())
    assert project.keys() == {"1"}
    time.sleep(2)
    with ServeProcess(project.root):
        wait_until(lambda: Run.objects.filter(kind=RunKind.ENDING).exists(), "nothing ended")
        wait_until(lambda: not project.keys(), "it is live")
