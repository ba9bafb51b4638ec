"""Several imports at the same time: chosen together, each with its own account, none in another's way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import SOURCES, jobpipe
from http_source import HttpSource
from project_folder import ProjectFolder, adds_up, xml_feed

from jobpipe.definition.project import find_project
from jobpipe.errors import UsageError
from jobpipe.runs.conducting import StopRequest, run_import
from jobpipe.runs.progress import Progress
from jobpipe.runs.report import RunReport
from jobpipe.runs.selecting import select
from jobpipe.runs.several import Several

NUMBER = 30


@pytest.fixture
def source() -> Iterator[HttpSource]:
    with HttpSource() as running:
        yield running


def feed_of(number: int) -> bytes:
    """One record has no title, and one key comes twice."""
    offers = [(f"k{offer}", f"Offre {number}-{offer}") for offer in range(number + 5)]
    return xml_feed([*offers, ("k1", "Une autre"), ("bad", "")])


def project_of(folder: Path, source: HttpSource, *, delay: float) -> ProjectFolder:
    project = ProjectFolder(folder)
    (folder / "imports" / "offers.yaml").unlink()
    project.configure("hosts: {per_host: 100}\n")
    for number in range(NUMBER):
        source.serve(f"/{number}.xml", feed_of(number), delay=delay)
        define(
            project, f"import-{number:02}", source.url(f"/{number}.xml"), client="even" if number % 2 == 0 else "odd"
        )
    return project


def define(project: ProjectFolder, name: str, feed: str, *, client: str = "", tags: str = "[]") -> None:
    (project.root / "imports" / f"{name}.yaml").write_text(
        f'import: {name}\nclient: "{client}"\ntags: {tags}\nsource: {{feed: "{feed}", record: offer}}\n'
        'posting: {reference: "@id", title: title, description: text}\n'
    )


def run_together(project: ProjectFolder, *, at_once: int = 64) -> dict[str, RunReport]:
    with project.open() as workspace:
        several = Several(
            workspace,
            workspace.project.imports(),
            at_once=at_once,
            workers=1,
            progress_of=lambda name: Progress(),
            stop=StopRequest(),
        )
        return {ended.name: ended.report for ended in several.ended(tick=1) if ended is not None}


def run_in_turn(project: ProjectFolder) -> dict[str, RunReport]:
    with project.open() as workspace:
        return {
            name: run_import(workspace, name, progress=Progress(), stop=StopRequest())
            for name in workspace.project.imports()
        }


def run_all(project: ProjectFolder, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = jobpipe("-C", project.root, "run", "--json", "--quiet", *arguments)
    return done.returncode, {one["import"]: one for one in json.loads(done.stdout)}


def test_thirty_at_once_give_the_accounts_of_one_after_the_other(tmp_path: Path, source: HttpSource) -> None:
    together = run_together(project_of(tmp_path / "together", source, delay=0.2))
    in_turn = run_in_turn(project_of(tmp_path / "turn", source, delay=0))
    assert all(adds_up(report) for report in together.values())
    assert {name: (one.state, one.account, one.live) for name, one in together.items()} == {
        name: (one.state, one.account, one.live) for name, one in in_turn.items()
    }


def test_they_are_under_way_at_the_same_time(tmp_path: Path, source: HttpSource) -> None:
    project = project_of(tmp_path / "project", source, delay=0)
    all_are_there = threading.Barrier(NUMBER)
    for number in range(NUMBER):
        # Each answer waits until every import has asked: one after the other, none would ever come.
        source.resources[f"/{number}.xml"].before = [lambda _: all_are_there.wait(timeout=30)]
    assert {report.state for report in run_together(project).values()} == {"succeeded"}


def test_one_that_fails_and_one_that_is_invalid_do_not_disturb_the_others(tmp_path: Path, source: HttpSource) -> None:
    project = project_of(tmp_path / "project", source, delay=0)
    del source.resources["/3.xml"]
    (project.root / "imports" / "import-04.yaml").write_text("import: import-04\nsource: {feed: x.xml}\nposting: [\n")
    done = jobpipe("-C", project.root, "run", "--all", "--json", "--quiet")
    documents = json.loads(done.stdout)
    assert [one["import"] for one in documents] == [f"import-{number:02}" for number in range(NUMBER)]
    wrong = {one["import"]: one["state"] for one in documents if one["state"] != "succeeded"}
    assert wrong == {"import-03": "failed", "import-04": "failed"}
    assert "imports/import-04.yaml" in done.stderr
    assert done.returncode == 2
    assert run_all(project, "--all", "--exclude", "import-04")[0] == 1
    assert run_all(project, "--all", "--exclude", "import-0[34]")[0] == 0


def test_of_two_who_start_the_same_imports_one_runs_each(tmp_path: Path, source: HttpSource) -> None:
    project = project_of(tmp_path / "project", source, delay=0.3)
    results: list[dict[str, Any]] = []

    def press() -> None:
        results.append(run_all(project, "--all")[1])

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in results[0]:
        states = {result[name]["state"] for result in results}
        assert states <= {"succeeded", "skipped"} and "succeeded" in states
        new = [result[name]["account"]["new"] for result in results]
        assert sorted(new) == [0, int(name[-2:]) + 5]
    skipped = [one for result in results for one in result.values() if one["state"] == "skipped"]
    assert all("another process" in one["error"] for one in skipped)


def test_many_who_open_a_new_project_at_the_same_moment_all_can(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "project")
    command = [sys.executable, "-m", "jobpipe.cli.main", "-C", str(project.root), "runs", "--json"]
    environ = {**os.environ, "PYTHONPATH": str(SOURCES)}
    children = [
        subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(5)
    ]
    said = [child.communicate() for child in children]
    assert [json.loads(output) for output, _ in said] == [[]] * 5, [errors for _, errors in said]


def test_after_a_kill_in_the_middle_all_accounts_are_right(tmp_path: Path, source: HttpSource) -> None:
    project = project_of(tmp_path / "project", source, delay=0)
    half = threading.Event()
    for number in range(NUMBER // 2, NUMBER):
        source.resources[f"/{number}.xml"].before = [lambda _: half.wait(timeout=2)]
    child = subprocess.Popen(
        [sys.executable, "-m", "jobpipe.cli.main", "-C", str(project.root), "run", "--all", "--at-once", "10"],
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline()
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    half.set()
    for resource in source.resources.values():
        resource.before = []
    code, reports = run_all(project, "--all")
    assert code == 0
    assert {name: one["live"] for name, one in reports.items()} == {
        f"import-{number:02}": number + 5 for number in range(NUMBER)
    }
    runs = json.loads(jobpipe("-C", project.root, "runs", "--json").stdout)
    assert all(run["state"] == "succeeded" for run in runs)


def test_the_first_interrupt_lets_all_finish_their_batch(tmp_path: Path, source: HttpSource) -> None:
    project = project_of(tmp_path / "project", source, delay=0.2)
    child = subprocess.Popen(
        [sys.executable, "-m", "jobpipe.cli.main", "-C", str(project.root), "run", "--all", "--at-once", "2"],
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline()
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "not begun" in out and "Traceback" not in err
    assert run_all(project, "--all")[0] == 0


def test_imports_are_chosen_by_name_pattern_client_and_tag(tmp_path: Path) -> None:
    folder = ProjectFolder(tmp_path / "project")
    define(folder, "acme-fr", "x.xml", client="Acme", tags="[nightly, big]")
    define(folder, "acme-de", "x.xml", client="Acme", tags="nightly")
    define(folder, "other", "x.xml", client="Other")
    project = find_project(folder.root, {})
    assert select(project, []) == ["acme-de", "acme-fr", "offers", "other"]
    assert select(project, ["other", "acme-*", "acme-fr"]) == ["other", "acme-de", "acme-fr"]
    assert select(project, ["client:Acme"], excluded=["tag:big"]) == ["acme-de"]
    assert select(project, ["tag:night*"]) == ["acme-de", "acme-fr"]
    with pytest.raises(UsageError, match=r"tag:nightli means no import.*acme-de.*client:Acme.*tag:big, tag:nightly"):
        select(project, ["tag:nightli"])
    with pytest.raises(UsageError, match="no import is left"):
        select(project, ["acme-*"], excluded=["client:Acme"])
    with pytest.raises(UsageError, match="did you mean acme-fr"):
        select(project, ["acme-fx"])


def test_a_host_that_is_down_is_not_asked_by_every_import(tmp_path: Path, source: HttpSource) -> None:
    project = project_of(tmp_path / "project", source, delay=0)
    project.configure("hosts: {per_host: 1, failures: 2}\n")
    for resource in source.resources.values():
        resource.statuses = [429] * 20
        # Longer than anybody waits: the first answer is the last.
        resource.retry_after = "7200"
    reports = run_together(project)
    assert {report.state for report in reports.values()} == {"failed"}
    assert len(source.requests) == 2
    told = [report.error for report in reports.values() if "was not asked" in report.error]
    assert len(told) == NUMBER - 2
    assert f"127.0.0.1:{source.port}: was not asked: the host has failed 2 times in a row since" in told[0]
    assert "HTTP 429" in told[0]
