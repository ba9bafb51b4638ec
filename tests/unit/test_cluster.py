"""Runs on a cluster: real RabbitMQ and PostgreSQL, real worker processes; the results are those of one machine."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from pathlib import Path

import pytest
from cluster_servers import ClusterProject, wait_until, worker_of
from processes import family_of
from project_folder import ProjectFolder, xml_feed

from jobpipe.ledger.models import Import, Run
from jobpipe.runs.cancelling import cancel_import

HOOKED = """\
import: offers
source:
  feed: feed.xml
  record: offer
posting:
  reference: "@id"
  title: [title, {python: "hooks:look"}]
  description: text
"""
DEADLY = """\
import os, signal, time

def look(value):
    if "poison" in value:
        os.kill(os.getpid(), signal.SIGKILL)
    return value
"""


def feed_of(day: int, records: int = 2_500) -> bytes:
    """The second day changes, adds and drops some, and has records that are rejected or share a key."""
    dice = random.Random(day)
    lines = ["<offers>"]
    for number in range(day * 50, records):
        title = f"Offre {number}" + (" (modifiée)" if day and number % 30 == 0 else "")
        if number % 500 == 7:
            title = ""
        text = " ".join(f"mot{dice.randrange(5_000)}" for _ in range(40))
        lines.append(f'<offer id="k{number}"><title>{title}</title><text>{text}</text></offer>')
        if number % 400 == 11:
            lines.append(f'<offer id="k{number}"><title>Une autre</title><text>{text}</text></offer>')
    return "\n".join([*lines, "</offers>"]).encode()


def account_of(report: dict[str, object]) -> object:
    return report["account"], report["expired"], report["live"], report["state"]


def test_two_days_on_workers_give_the_documents_and_accounts_of_one_machine(tmp_path: Path) -> None:
    alone = ProjectFolder(tmp_path / "alone")
    cluster = ClusterProject(tmp_path / "cluster")
    with worker_of(cluster.root, processes=2) as worker:
        for day in range(2):
            mine = alone.run(feed_of(day)).as_dict()
            (theirs,) = cluster.run_on_workers(feed_of(day))
            assert account_of(theirs) == account_of(mine)
            assert cluster.contents() == alone.contents()
        assert worker.stop() == 0


def test_a_record_that_kills_every_worker_is_found_and_the_run_completes(tmp_path: Path) -> None:
    project = ClusterProject(tmp_path / "project", HOOKED)
    (project.root / "hooks.py").write_text(DEADLY)
    offers = [(str(number), f"Offre {number}") for number in range(4)]
    offers[2] = ("2", "the poison")
    with worker_of(project.root):
        (report,) = project.run_on_workers(xml_feed(offers))
    assert report["state"] == "succeeded"
    assert report["account"]["new"] == 3
    assert report["account"]["rejected"] == 1
    assert project.keys() == {"0", "1", "3"}


def test_a_worker_with_another_hooks_file_refuses_and_one_with_the_right_one_takes_over(tmp_path: Path) -> None:
    project = ClusterProject(tmp_path / "project", HOOKED)
    hooks = project.root / "hooks.py"
    hooks.write_text("def look(value):\n    return 'old ' + value\n")
    other = tmp_path / "other"
    offers = xml_feed([(str(number), f"Offre {number}") for number in range(1_200)])
    with worker_of(project.root, processes=0) as reading:
        # Computes with the folder of another version.
        other.mkdir()
        for name in ("jobpipe.yaml", "imports"):
            (other / name).symlink_to(project.root / name)
        (other / "hooks.py").write_text("def look(value):\n    return 'new ' + value\n")
        with worker_of(other, processes=1, conductors=0) as wrong:
            asked = project.ask(feed=offers)
            wait_until(lambda: project.newest_run_state() == "running", what="the run's beginning")
            time.sleep(3)
            assert project.newest_run_state() == "running"
            assert wrong.stop() == 0
        with worker_of(project.root, processes=1, conductors=0):
            output, errors = asked.communicate(timeout=200)
        assert reading.is_running()
    (report,) = json.loads(output)
    assert report["account"]["new"] == 1_200, errors
    assert all(one["title"].startswith("old ") for one in project.postings().values())


def test_a_record_too_large_for_a_message_goes_by_reference(tmp_path: Path) -> None:
    project = ClusterProject(tmp_path / "project")
    dice = random.Random(3)
    huge = " ".join(f"{dice.getrandbits(64):x}" for _ in range(34_000))
    offers = {str(number): f"Offre {number}" for number in range(1_100)}
    feed = xml_feed(offers).replace(b"Texte de Offre 5<", b"Texte de Offre 5 " + huge.encode() + b"<")
    with worker_of(project.root):
        (report,) = project.run_on_workers(feed)
    assert report["account"]["new"] == 1_100
    assert huge in project.postings()["5"]["description"]


def test_a_worker_that_is_told_to_end_hands_its_run_back_and_another_one_finishes_it(tmp_path: Path) -> None:
    alone = ProjectFolder(tmp_path / "alone")
    alone.run(feed_of(0, 5_000))
    project = ClusterProject(tmp_path / "project")
    with worker_of(project.root) as first:
        asked = project.ask(feed=feed_of(0, 5_000))
        wait_until(lambda: project.batches_applied() > 0, what="the first batch")
        assert first.stop() == 0
    assert project.newest_run_state() == "running"
    assert project.batches_applied() > 0
    with worker_of(project.root):
        output, errors = asked.communicate(timeout=200)
    (report,) = json.loads(output)
    assert report["state"] == "succeeded", errors
    assert project.contents() == alone.contents()


def test_a_run_is_cancelled_from_anywhere_and_the_next_one_does_the_rest(tmp_path: Path) -> None:
    alone = ProjectFolder(tmp_path / "alone")
    alone.run(feed_of(0, 12_000))
    project = ClusterProject(tmp_path / "project")
    with worker_of(project.root):
        asked = project.ask(feed=feed_of(0, 12_000))
        wait_until(lambda: project.newest_run_state() == "running", what="the run's beginning")
        cancelled = cancel(project)
        output, errors = asked.communicate(timeout=200)
        (report,) = json.loads(output)
        assert asked.returncode == 1 and (report["run"], report["state"]) == (cancelled, "cancelled"), errors
        assert adds_up(report["account"]) and report["account"]["read"] < alone_read(alone) and report["expired"] == 0
        (rest,) = project.run_on_workers()
    assert rest["run"] > report["run"] and rest["state"] == "succeeded"
    assert project.contents() == alone.contents()


def test_what_waits_for_a_worker_or_was_left_by_one_is_cancelled_and_no_worker_takes_it_up(tmp_path: Path) -> None:
    project = ClusterProject(tmp_path / "project")
    asked = project.ask(feed=feed_of(0, 12_000))
    wait_until(lambda: project.newest_run_state() == "queued", what="the request")
    waiting = cancel(project)
    assert project.newest_run_state() == "cancelled"
    output, _ = asked.communicate(timeout=60)
    assert json.loads(output)[0]["run"] == waiting
    with worker_of(project.root) as first:
        asked = project.ask()
        wait_until(lambda: project.newest_run_state() == "running", what="the run's beginning")
        first.kill()
    left = cancel(project)
    output, _ = asked.communicate(timeout=60)
    (report,) = json.loads(output)
    assert (report["run"], report["state"]) == (left, "cancelled") and adds_up(report["account"]) and left > waiting
    with worker_of(project.root):
        time.sleep(15)
        assert project.newest_run_state() == "cancelled"


def cancel(project: ClusterProject) -> int:
    """The number of the run."""
    with project.open() as workspace:
        (one,) = cancel_import(workspace, Import.objects.get(name="offers"), by="anna")
    return one.report.run


def adds_up(account: dict[str, int]) -> bool:
    return account["read"] == sum(number for outcome, number in account.items() if outcome != "read")


def alone_read(alone: ProjectFolder) -> int:
    with alone.open():
        return int(Run.objects.latest("pk").account["read"])


@pytest.mark.parametrize("seed", [1])
def test_workers_that_are_killed_at_any_moment_lose_nothing_and_double_nothing(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    alone = ProjectFolder(tmp_path / "alone")
    alone.run(feed_of(0, 6_000))
    project = ClusterProject(tmp_path / "project")
    with worker_of(project.root, processes=2) as steady:
        asked = project.ask(feed=feed_of(0, 6_000))
        for _ in range(3):
            time.sleep(dice.uniform(0.5, 3))
            _kill_one(dice, steady.pid)
        output, errors = asked.communicate(timeout=200)
    (report,) = json.loads(output)
    assert report["state"] == "succeeded", errors
    assert project.contents() == alone.contents()


def _kill_one(dice: random.Random, supervisor: int) -> None:
    """A conductor, or a process that computes; not those that start others."""
    leaves = [pid for pid in family_of(supervisor)[1:] if not family_of(pid)[1:]]
    if leaves:
        os.kill(dice.choice(leaves), signal.SIGKILL)


def test_an_invalid_definition_fails_the_run_with_words(tmp_path: Path) -> None:
    project = ClusterProject(tmp_path / "project")
    with worker_of(project.root):
        project.run_on_workers(xml_feed({"1": "Un"}))
        project.define("import: offers\nsource: {feed: missing.xml}\nposting: {title: title}\n")
        (report,) = project.run_on_workers()
    assert report["state"] == "failed"
    assert "missing.xml" in report["error"]
