"""A run that a person cancels: it ends at its next batch wherever it is made, nothing expires, nobody takes it up."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from begun_run import begin, environ
from command_line import jobpipe
from http_source import HttpSource
from job_site import JobSite
from partner import FEEDING
from project_folder import DEFINITION, ProjectFolder, adds_up, xml_feed
from serve_process import ServeProcess, wait_until

from jobpipe.errors import UsageError
from jobpipe.ledger.models import AuditLine, Cancellation, Import, Run, RunKind, RunState
from jobpipe.runs import cancel_watch, comparing
from jobpipe.runs.cancelling import cancel_import, cancel_run
from jobpipe.runs.deliveries.several import deliver_and_tell
from jobpipe.runs.finishing import Finish
from jobpipe.runs.journal import LedgerJournal
from jobpipe.runs.progress import Progress, Reading
from jobpipe.runs.report import RunReport, report_of
from jobpipe.runs.reprocessing import reprocess_import
from jobpipe.runs.requesting import request_run
from jobpipe.runs.run_log import lines_of
from jobpipe.runs.starting import StopRequest
from jobpipe.runs.taking_up import take_up, waiting_imports

# Seconds until a run that was cancelled has ended.
SOON = 10.0
# More than are applied until somebody has cancelled their run.
MANY = {f"k{number}": f"Offre {number} " + "mot " * 50 for number in range(12_000)}
OLD = {f"old{number}": f"Vieille offre {number}" for number in range(30)}


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    """Thirty postings of yesterday; today's feed has them no more, and many others."""
    made = ProjectFolder(tmp_path / "project")
    made.run(xml_feed(OLD), workers=0)
    (made.root / "feed.xml").write_bytes(xml_feed(MANY))
    return made


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches are small, and each is followed by a look."""
    monkeypatch.setattr(cancel_watch, "LOOK", 0.0)
    monkeypatch.setattr(comparing, "MAX_MISSES", 100)


class Cancelling(Progress):
    """Somebody cancels the run as soon as it has begun."""

    def __init__(self, project: ProjectFolder, *, records: int = 1) -> None:
        self._project = project
        self._records = records
        self._run = 0

    def begin(self, name: str, run: int) -> None:
        self._run = run

    def update(self, reading: Reading) -> None:
        if self._run and reading.records >= self._records:
            cancel(self._project, self._run)
            self._run = 0


def cancel(project: ProjectFolder, run: int, by: str = "anna", reason: str = "the feed is a test") -> RunReport:
    with project.open() as workspace:
        return cancel_run(workspace, Run.objects.get(pk=run), by=by, reason=reason).report


def last_run(project: ProjectFolder) -> Run:
    with project.open():
        return Run.objects.select_related("import_row").latest("pk")


def cancelled_from_a_terminal(project: ProjectFolder, *what: str) -> list[dict[str, Any]]:
    said = jobpipe("-C", project.root, "cancel", *(what or ("offers",)), "--by", "anna", "--json")
    assert said.returncode == 0, said.stderr
    return list(json.loads(said.stdout))


def seconds_until_its_end(project: ProjectFolder) -> float:
    run = last_run(project)
    assert run.finished_at is not None
    return (run.finished_at - run.cancellation.at).total_seconds()


# Where it is made ---------------------------------------------------------------------------------------


def test_a_run_in_another_process_ends_at_its_next_batch_and_the_next_run_does_the_rest(project: ProjectFolder) -> None:
    child = begin(project, pause=0.5)
    (report,) = cancelled_from_a_terminal(project, "offers", "--reason", "a test feed")
    assert child.wait(timeout=60) == 1
    child.communicate()
    assert (report["state"], report["evidence"]["why"]) == ("cancelled", "cancelled by anna: a test feed")
    run = last_run(project)
    applied = run.account["new"]
    assert adds_up(report_of(run)) and 0 < applied == run.account["read"] < len(MANY)
    # What it has written stays, what it has not seen is as it was.
    assert len(project.keys()) == run.live == applied + len(OLD) and run.expired == 0
    assert [line.message for line in lines_of(project.root / ".jobpipe", run.pk)][-1].startswith(
        f"cancelled: cancelled by anna: a test feed; {applied:,} read"
    )
    with project.open():
        assert AuditLine.objects.get(action="run.cancel").about == f"run {run.pk}"
    rest = project.run(workers=0)
    assert (rest.account["unchanged"], rest.account["new"]) == (applied, len(MANY) - applied)
    assert (rest.state, rest.expired) == ("succeeded", len(OLD)) and project.keys() == set(MANY)


def test_a_run_of_serve_is_cancelled_and_not_begun_again(project: ProjectFolder) -> None:
    project.configure("workers: 1\n")
    with HttpSource() as source:
        source.serve("/a.xml", xml_feed(MANY), stalls=[1_500_000], silence=120.0)
        project.define(DEFINITION.replace("feed.xml", source.url("/a.xml")))
        with project.open() as workspace:
            asked = request_run(workspace.project, "offers").run
        with ServeProcess(project.root) as serve:
            wait_until(lambda: last_run(project).parts.exists(), "the source was not asked")
            cancelled_from_a_terminal(project, str(asked))
            assert seconds_until_its_end(project) < SOON
            serve.wait_for("cancelled")
            time.sleep(7)
            assert serve.end() == 0
    run = last_run(project)
    assert (run.pk, run.state) == (asked, RunState.CANCELLED) and adds_up(report_of(run))
    assert set(OLD) <= project.keys()


@pytest.mark.parametrize(
    "source", ["feed: http://127.0.0.1:{port}/a.xml", "site: {{start: 'http://127.0.0.1:{port}/'}}"]
)
def test_a_run_that_waits_for_the_first_word_of_its_source_ends_within_seconds(source: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        project = ProjectFolder(
            tmp_path / "project", DEFINITION.replace("feed: feed.xml", source.format(port=listener.getsockname()[1]))
        )
        with running(project) as child:
            listener.settimeout(40)
            heard, _ = listener.accept()
            (report,) = cancelled_from_a_terminal(project)
            assert report["state"] == "cancelled" and report["account"]["read"] == 0
            assert child.wait(timeout=60) == 1 and seconds_until_its_end(project) < SOON
            heard.close()


def test_a_crawl_in_its_middle_ends_within_seconds_and_closes_no_page(tmp_path: Path) -> None:
    with JobSite() as site:
        project = ProjectFolder(tmp_path / "project", site.definition())
        assert project.run(workers=0).account["new"] == 6
        site.serve("/jobs-2", b"<html><body>", stalls=[5], silence=120.0)
        with running(project) as child:
            asked = len(site.requests)
            wait_until(lambda: len(site.requests) >= asked + 2, "the site was not asked")
            (report,) = cancelled_from_a_terminal(project)
            assert child.wait(timeout=60) == 1
        assert (report["state"], report["expired"], report["live"]) == ("cancelled", 0, 6)


@contextmanager
def running(project: ProjectFolder) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "jobpipe.cli.main", "-C", str(project.root), "run", "offers", "--quiet"]
    child = subprocess.Popen(command, env=environ(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
    try:
        wait_until(lambda: (project.root / ".jobpipe" / "ledger.sqlite3").exists(), "it has not begun")
        yield child
    finally:
        child.kill()
        child.wait()


# Who waits ----------------------------------------------------------------------------------------------


def test_what_waits_is_cancelled_at_once_and_never_begins(project: ProjectFolder) -> None:
    with project.open() as workspace:
        asked = request_run(workspace.project, "offers").run
        said = cancel_run(workspace, Run.objects.get(pk=asked), by="anna", reason="")
        assert (said.report.state, said.report.why, said.is_new) == ("cancelled", "cancelled by anna", True)
        assert waiting_imports(workspace) == []
        report = take_up(workspace, "offers", progress=Progress(), stop=StopRequest())
        assert report.state == RunState.SKIPPED and Run.objects.count() == 2
        # It made nothing: what is told of the import is as it was.
        again = request_run(workspace.project, "offers")
        assert not again.was_there and again.run != asked


def test_one_that_is_cancelled_in_the_moment_when_it_begins_begins_no_other(
    project: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jobpipe.runs import conducting

    begin_queued = conducting.begin_queued

    def just_before(*given: Any) -> Run | None:
        cancel(project, given[-1].pk)
        return begin_queued(*given)

    monkeypatch.setattr(conducting, "begin_queued", just_before)
    with project.open() as workspace:
        asked = request_run(workspace.project, "offers").run
        report = take_up(workspace, "offers", progress=Progress(), stop=StopRequest())
        assert (report.run, report.state) == (asked, RunState.CANCELLED)
        assert Run.objects.count() == 2


# Kills ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("taken_up_by", ["recover", "run", "serve"])
def test_one_that_is_killed_before_it_has_heard_is_not_taken_up(project: ProjectFolder, taken_up_by: str) -> None:
    child = begin(project, pause=0.5)
    child.send_signal(signal.SIGSTOP)
    run = last_run(project).pk
    said = jobpipe("-C", project.root, "cancel", str(run), "--wait", "0", "--json")
    assert said.returncode == 1 and json.loads(said.stdout)[0]["state"] == "running"
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    time.sleep(1.5)
    if taken_up_by == "serve":
        with ServeProcess(project.root) as serve:
            serve.wait_for("cancelled")
            assert serve.end() == 0
    else:
        wait_until(lambda: is_over_by(project, taken_up_by, run), "it was not ended")
    with project.open():
        one = Run.objects.get(pk=run)
        assert one.state == RunState.CANCELLED and adds_up(report_of(one)) and one.expired == 0
        assert not one.batches.exists()
        others = Run.objects.filter(pk__gt=run)
        # Whoever asks for a run gets one, and a new one.
        assert others.count() == (taken_up_by == "run")
    assert jobpipe("-C", project.root, "verify").returncode == 0


def is_over_by(project: ProjectFolder, command: str, run: int) -> bool:
    jobpipe("-C", project.root, command, *(["offers"] if command == "run" else []))
    with project.open():
        return Run.objects.get(pk=run).state != RunState.RUNNING


def test_one_that_no_process_makes_is_ended_by_whoever_cancels_it(project: ProjectFolder) -> None:
    child = begin(project, pause=0.5)
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    time.sleep(1.5)
    (report,) = cancelled_from_a_terminal(project)
    assert report["state"] == "cancelled" and report["account"]["new"] > 0
    with project.open() as workspace:
        assert waiting_imports(workspace) == []


# Too late -----------------------------------------------------------------------------------------------


def test_once_its_end_has_begun_it_is_too_late_and_the_run_is_whole(
    project: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish, refused = Finish.finish, []

    def in_between(self: Finish, parts: Any) -> RunReport:
        with pytest.raises(UsageError, match="too late") as caught:
            cancel(project, last_run(project).pk)
        refused.append(caught.value)
        return finish(self, parts)

    monkeypatch.setattr(Finish, "finish", in_between)
    report = project.run(xml_feed({**OLD, "new": "Neuf"} | {"old1": "Autre"}), workers=0)
    assert refused and report.state == "succeeded"
    with project.open():
        assert not Cancellation.objects.exists()


def test_the_last_moment_before_its_end_is_not_too_late(
    project: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_ending = LedgerJournal.begin_ending

    def just_before(self: LedgerJournal) -> bool:
        cancel(project, last_run(project).pk)
        return begin_ending(self)

    monkeypatch.setattr(LedgerJournal, "begin_ending", just_before)
    report = project.run(workers=0)
    assert (report.state, report.account["new"], report.expired) == ("cancelled", len(MANY), 0)
    assert set(OLD) <= project.keys()


DIES_AFTER_EXPIRING = """
import os, signal, sys
from jobpipe.runs import finishing
finishing.Finish._close = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
from jobpipe.cli.main import main
main(sys.argv[1:])
"""


def test_one_that_was_killed_when_its_postings_had_expired_is_brought_to_its_end(project: ProjectFolder) -> None:
    fewer = dict(list(OLD.items())[:-3])
    (project.root / "feed.xml").write_bytes(xml_feed(fewer))
    command = [sys.executable, "-c", DIES_AFTER_EXPIRING, "-C", str(project.root), "run", "offers", "--quiet"]
    assert subprocess.run(command, env=environ(), capture_output=True, check=False).returncode == -signal.SIGKILL
    said = jobpipe("-C", project.root, "cancel", "offers")
    assert said.returncode == 2 and "too late" in said.stderr
    report = project.run(workers=0)
    assert (report.state, report.expired, len(project.keys())) == ("succeeded", 3, len(fewer))


@pytest.mark.usefixtures("at_once")
def test_cancelling_twice_is_harmless_and_the_first_word_counts(project: ProjectFolder) -> None:
    report = project.run(progress=Cancelling(project), workers=0)
    assert report.state == "cancelled"
    assert cancel(project, report.run, by="bert", reason="me too") == cancel(project, report.run)
    with project.open():
        assert Cancellation.objects.get().by == "anna"
        with pytest.raises(UsageError, match="is over: it is succeeded"):
            cancel(project, Run.objects.earliest("pk").pk)
        with pytest.raises(UsageError, match="no run of offers waits"), project.open() as workspace:
            cancel_import(workspace, Import.objects.get(), by="anna")


# What it means -------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("at_once")
def test_it_is_no_word_of_the_source(project: ProjectFolder) -> None:
    cut = project.run(progress=Cancelling(project, records=200), workers=0)
    assert cut.state == "cancelled" and cut.complete is False
    # The guard compares with the last complete run, and nothing is missing since the cancelled one.
    report = project.run(xml_feed(dict(list(OLD.items())[:3])), workers=0)
    assert report.state == "held"
    assert jobpipe("-C", project.root, "dismiss", str(report.run)).returncode == 0
    assert set(OLD) <= project.keys()


@pytest.mark.usefixtures("at_once")
def test_a_source_that_is_again_as_it_was_is_read_again(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "project")
    first = {f"k{number}": f"Offre {number}" for number in range(400)}
    project.run(xml_feed(first), workers=0)
    changed = xml_feed({key: f"{title}, une autre" for key, title in first.items()})
    assert project.run(changed, progress=Cancelling(project, records=150), workers=0).account["updated"] > 0
    report = project.run(xml_feed(first), workers=0)
    assert not report.unchanged
    assert {key: posting["title"] for key, posting in project.postings().items()} == first


@pytest.mark.usefixtures("at_once")
def test_destinations_get_what_it_has_written(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "project", FEEDING)
    for folder in ("destinations", "out"):
        (project.root / folder).mkdir()
    (project.root / "destinations" / "partner.yaml").write_text(
        "destination: partner\nformat: jsonl\nto: {file: out/jobs.jsonl}\n"
    )
    project.run(xml_feed(OLD), workers=0)
    report = project.run(xml_feed(MANY), progress=Cancelling(project, records=200), workers=0)
    assert report.state == "cancelled" and last_run(project).sequence is not None
    with project.open() as workspace:
        deliver_and_tell(workspace, "partner", at_once=True)
    sent = (project.root / "out" / "jobs.jsonl").read_text().splitlines()
    assert len(sent) == report.account["new"] + len(OLD)


@pytest.mark.usefixtures("at_once")
def test_records_that_are_made_again_stay_as_they_were_where_that_is_cancelled(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "project", DEFINITION + "require: [title]\n")
    rejected = [("same", "Une"), ("same", "Deux"), ("bad", "")]
    project.run(xml_feed([(f"k{number}", f"Offre {number}") for number in range(400)] + rejected), workers=0)
    before = project.contents()
    project.define(DEFINITION.replace("title: title", "title: [title, upper]") + "require: [title]\n")
    report = made_again(project, Cancelling(project, records=150))
    assert (report.kind, report.state) == (RunKind.REPROCESS, "cancelled") and adds_up(report)
    assert {row[0] for row in project.contents()[0]} == {row[0] for row in before[0]}
    rest = made_again(project, Progress())
    assert rest.state == "succeeded" and rest.account["read"] == 403
    assert all(posting["title"].isupper() for posting in project.postings().values())


def made_again(project: ProjectFolder, progress: Progress) -> RunReport:
    with project.open() as workspace:
        return reprocess_import(workspace, "offers", progress=progress, stop=StopRequest(), workers=0)
