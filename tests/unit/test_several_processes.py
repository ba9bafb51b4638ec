"""Many imports in several processes: shared out by host, told as one process tells them, none in another's way."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import SOURCES, jobpipe
from http_source import HttpSource
from processes import children_of
from project_folder import ProjectFolder, xml_feed

from jobpipe.definition.project import find_project
from jobpipe.errors import Place, SourceError, UsageError
from jobpipe.runs.conductor_messages import Over, ToldError, decode_news, encode
from jobpipe.runs.conductors import processes_for
from jobpipe.runs.report import skipped
from jobpipe.runs.sharing_out import SharingOut, groups_of, hosts_of

NUMBER = 20
NAMES = [f"import-{number:02}" for number in range(NUMBER)]


@pytest.fixture
def sources() -> Iterator[list[HttpSource]]:
    """Two hosts: with two cores, each is another process's."""
    with HttpSource() as one, HttpSource() as other:
        yield [one, other]


def project_of(folder: Path, sources: list[HttpSource]) -> ProjectFolder:
    project = ProjectFolder(folder)
    (folder / "imports" / "offers.yaml").unlink()
    project.configure("workers: 2\nhosts: {per_host: 100}\n")
    for number, name in enumerate(NAMES):
        source = sources[number % 2]
        source.serve(f"/{number}.xml", xml_feed([(f"k{offer}", f"Offre {offer}") for offer in range(5)]))
        define(project, name, f'feed: "{source.url(f"/{number}.xml")}", record: offer')
    return project


def define(project: ProjectFolder, name: str, source: str) -> None:
    (project.root / "imports" / f"{name}.yaml").write_text(
        f'import: {name}\nsource: {{{source}}}\nposting: {{reference: "@id", title: title, description: text}}\n'
    )


def begin_all(project: ProjectFolder) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "jobpipe.cli.main", "-C", str(project.root), "run", "--all", "--at-once", "64"],
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


class Held:
    """Answers that are held back until they are let go; `all_asked` is set when so many have been asked for."""

    def __init__(self, sources: list[HttpSource], number: int) -> None:
        self.all_asked = threading.Event()
        self._left = number
        self._lock = threading.Lock()
        self._gate = threading.Event()
        for source in sources:
            for resource in source.resources.values():
                resource.before = [self._hold]

    def _hold(self, resource: object) -> None:
        with self._lock:
            self._left -= 1
            if not self._left:
                self.all_asked.set()
        self._gate.wait(timeout=60)

    def let_go(self) -> None:
        self._gate.set()


two_cores = pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core has one process")


@two_cores
def test_all_are_under_way_together_in_two_processes(tmp_path: Path, sources: list[HttpSource]) -> None:
    project = project_of(tmp_path / "project", sources)
    held = Held(sources, NUMBER)
    child = begin_all(project)
    assert held.all_asked.wait(timeout=60)
    assert len(children_of(child.pid)) == 2
    held.let_go()
    out, err = child.communicate(timeout=60)
    assert child.returncode == 0, err
    assert out.count("succeeded") == NUMBER + 1


@two_cores
def test_a_process_that_is_killed_costs_its_own_runs_their_sitting(tmp_path: Path, sources: list[HttpSource]) -> None:
    project = project_of(tmp_path / "project", sources)
    held = Held(sources, NUMBER)
    child = begin_all(project)
    assert held.all_asked.wait(timeout=60)
    os.kill(children_of(child.pid)[0], signal.SIGKILL)
    held.let_go()
    out, err = child.communicate(timeout=60)
    assert child.returncode == 1
    assert err.count("its process ended in the middle (SIGKILL)") == NUMBER // 2
    assert f"{NUMBER // 2} succeeded" in out and f"{NUMBER // 2} failed" in out
    again = jobpipe("-C", project.root, "run", "--all", "--json", "--quiet")
    assert again.returncode == 0
    assert {one["import"]: (one["state"], one["live"]) for one in json.loads(again.stdout)} == dict.fromkeys(
        NAMES, ("succeeded", 5)
    )
    runs = json.loads(jobpipe("-C", project.root, "runs", "--json").stdout)
    assert {run["state"] for run in runs} == {"succeeded"}


@two_cores
@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGKILL])
def test_they_end_at_the_second_interrupt_and_with_their_parent(
    tmp_path: Path, sources: list[HttpSource], second: signal.Signals
) -> None:
    project = project_of(tmp_path / "project", sources)
    held = Held(sources, NUMBER)
    child = begin_all(project)
    assert held.all_asked.wait(timeout=60)
    ends = [os.pidfd_open(one) for one in children_of(child.pid)]
    if second == signal.SIGINT:
        child.send_signal(signal.SIGINT)
        assert child.stderr is not None
        while "finishing the batch" not in child.stderr.readline():
            pass
    child.send_signal(second)
    child.communicate(timeout=60)
    assert child.returncode in (130, -signal.SIGKILL)
    for end in ends:
        # Readable when the process has ended.
        assert select.select([end], [], [], 60)[0]
        os.close(end)
    held.let_go()


@two_cores
def test_the_first_interrupt_stops_the_runs_of_all_processes(tmp_path: Path, sources: list[HttpSource]) -> None:
    project = project_of(tmp_path / "project", sources)
    held = Held(sources, NUMBER)
    child = begin_all(project)
    assert held.all_asked.wait(timeout=60)
    # As a terminal does: to each of them.
    os.killpg(child.pid, signal.SIGINT)
    _, err = child.communicate(timeout=60)
    held.let_go()
    assert child.returncode == 130
    assert err.count("finishing the batch") == 1 and "Traceback" not in err
    again = jobpipe("-C", project.root, "run", "--all", "--json", "--quiet")
    assert {one["state"] for one in json.loads(again.stdout)} == {"succeeded"}


def test_errors_and_exit_codes_are_those_of_one_process(tmp_path: Path, sources: list[HttpSource]) -> None:
    project = project_of(tmp_path / "project", sources)
    del sources[1].resources["/3.xml"]
    (project.root / "imports" / "import-04.yaml").write_text("import: import-04\nsource: {feed: x.xml, recrod: a}\n")
    told = []
    for workers in ("2", "1"):
        done = jobpipe("-C", project.root, "run", "--all", "--json", "--quiet", "--workers", workers)
        states = {one["import"]: (one["state"], one["error"]) for one in json.loads(done.stdout)}
        told.append((done.returncode, done.stderr, states))
    assert told[0] == told[1]
    assert told[0][0] == 2 and "imports/import-04.yaml:2:" in told[0][1] and "did you mean" in told[0][1]


def test_a_few_imports_stay_in_one_process(tmp_path: Path) -> None:
    project = find_project(ProjectFolder(tmp_path / "project").root, {})
    cores = len(os.sched_getaffinity(0))
    assert processes_for(project, 19, at_once=64, workers=8) == 1
    assert processes_for(project, 1000, at_once=64, workers=8) == min(cores, 8)
    assert processes_for(project, 1000, at_once=64, workers=0) == 1
    assert processes_for(project, 1000, at_once=1, workers=8) == 1


def test_imports_of_one_host_are_one_process_s(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "project")
    define(project, "a", 'feed: "https://one.example/a.xml"')
    define(project, "b", 'api: {url: "https://ONE.example/b", detail: {url: "https://two.example/{id}"}}')
    define(project, "c", 'parts: ["https://two.example/c.xml"]')
    define(project, "d", 'feed: "ftp://three.example/d.xml"')
    define(project, "e", "feed: e.xml")
    define(project, "f", 'site: {start: "https://one.example/jobs", postings: "css:a"}')
    found = find_project(project.root, {})
    hosts = {name: hosts_of(found, name) for name in "abcdef"}
    assert hosts["b"] == {"one.example", "two.example"} and hosts["d"] == {"three.example:21"} and not hosts["e"]
    groups = groups_of(hosts)
    assert groups["a"] == groups["b"] == groups["c"] == groups["f"] != groups["d"]
    assert "e" not in groups


def test_what_belongs_to_another_process_is_left_to_it_while_it_lives() -> None:
    order = SharingOut(["a1", "a2", "b1"], {"a1": "a", "a2": "a", "b1": "b"}, {"a1": 1, "a2": 2, "b1": 3})
    assert order.next(0, long=False) == "a1"
    assert order.next(1, long=False) == "b1"
    assert order.next(1, long=True) is None and len(order) == 1
    order.release(0)
    assert order.next(1, long=True) == "a2" and len(order) == 0


def test_a_process_that_comes_late_has_its_part_unless_it_dies_before() -> None:
    names, groups = ["a1", "b1", "c1", "free"], {"a1": "a", "b1": "b", "c1": "c"}
    order = SharingOut(names, groups, {}, processes=2)
    assert [order.next(0, long=False) for _ in range(3)] == ["a1", "free", None]
    assert order.next(1, long=False) == "b1"
    assert order.next(0, long=False) == "c1"
    order = SharingOut(names, groups, {}, processes=2)
    assert order.next(0, long=False) == "a1"
    order.release(1)
    assert order.next(0, long=False) == "b1"


def test_an_error_arrives_as_it_was() -> None:
    for error in (
        SourceError("no answer", place=Place(source="https://a.example", line=3), hint="try again"),
        UsageError("no such import"),
    ):
        news = decode_news(encode(Over("a", skipped("a", "why"), ToldError.of(error))))
        assert isinstance(news, Over) and news.error is not None and news.report == skipped("a", "why")
        arrived = news.error.error()
        assert type(arrived) is type(error)
        assert (str(arrived), arrived.place, arrived.hint) == (str(error), error.place, error.hint)
