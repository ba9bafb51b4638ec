"""`jobpipe prune`: what is not needed any more goes, and nothing else."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from begun_run import begin
from command_line import jobpipe
from engines import ON_A_CLUSTER
from project_folder import DEFINITION, ProjectFolder, xml_feed
from serve_process import wait_until

from jobpipe.definition.faults import InvalidFileError
from jobpipe.documents.store import Role, Status
from jobpipe.documents.upkeep import upkeep_of
from jobpipe.incidents.occurrence import Occurrence, Sample
from jobpipe.incidents.recording import record, resolve_gone
from jobpipe.ledger.models import Import, Incident, Notification, NotificationState, PartRead, Run, RunState
from jobpipe.runs.housekeeping.freed import Pruned
from jobpipe.runs.housekeeping.pruning import prune
from jobpipe.runs.scheduling.daily_pruning import DailyPruning
from jobpipe.sources.archive import runs_in

OFFERS = {f"k{number}": f"Offre {number}" for number in range(20)}
LATER = timedelta(days=400)


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    return ProjectFolder(tmp_path / "project")


def pruned(project: ProjectFolder, *, after: timedelta = timedelta(), dry_run: bool = False) -> Pruned:
    with project.open() as workspace:
        return prune(workspace, dry_run=dry_run, now=datetime.now(UTC) + after)


def count(done: Pruned, what: str) -> int:
    return next(line.count for line in done.freed if line.what == what)


def archived(project: ProjectFolder) -> list[int]:
    return runs_in(project.root / ".jobpipe" / "archive" / "offers")


def without(*keys: str) -> bytes:
    return xml_feed({key: title for key, title in OFFERS.items() if key not in keys})


def test_what_is_gone_for_a_year_is_removed_and_what_is_live_stays(project: ProjectFolder) -> None:
    project.run(xml_feed(OFFERS), workers=0)
    project.run(without("k1", "k2"), workers=0)
    before = project.postings()
    assert len(project.keys(Status.EXPIRED)) == 2

    assert count(pruned(project), "postings that are gone") == 0
    assert count(pruned(project, after=LATER, dry_run=True), "postings that are gone") == 2
    assert len(project.keys(Status.EXPIRED)) == 2
    assert count(pruned(project, after=LATER), "postings that are gone") == 2

    assert not project.keys(Status.EXPIRED)
    assert project.postings() == before
    again = project.run(xml_feed(OFFERS), workers=0)
    assert again.account["new"] == 2
    assert again.account["unchanged"] == 18


def test_with_no_age_given_what_is_gone_stays(project: ProjectFolder) -> None:
    project.configure("keep: {gone: null}\n")
    project.run(xml_feed(OFFERS), workers=0)
    project.run(without("k1"), workers=0)
    assert count(pruned(project, after=LATER * 20), "postings that are gone") == 0


def test_earlier_revisions_go_beyond_as_many_as_are_kept(project: ProjectFolder) -> None:
    project.configure("keep: {revisions: 5}\n")
    for day in range(5):
        project.run(xml_feed({**OFFERS, "k1": f"Jour {day}"}), workers=0)
    project.configure("keep: {revisions: 2}\n")
    done = pruned(project)
    assert count(done, "earlier revisions") == 3
    with project.open() as workspace:
        owner = Import.objects.get()
        row = workspace.documents.postings_by_key(owner.pk, ["k1"])["k1"]
        assert workspace.documents.revisions(owner.pk, row.row) == [4, 5]
        assert sum(1 for _ in upkeep_of(workspace.documents).bodies(owner.pk)) == len(OFFERS) + 1
    assert count(pruned(project), "earlier revisions") == 0


def test_the_bytes_of_the_last_complete_run_stay_however_many_fail_after_it(project: ProjectFolder) -> None:
    project.configure("keep: {archive_runs: 2}\n")
    complete = project.run(xml_feed(OFFERS), workers=0).run
    cut_off = [project.run(xml_feed({**OFFERS, f"x{n}": "X"}, tail=""), workers=0).run for n in range(3)]
    assert archived(project) == [complete, *cut_off[-2:]]
    pruned(project)
    assert archived(project) == [complete, *cut_off[-2:]]


def test_an_archive_over_its_size_loses_its_oldest_runs_but_none_that_is_needed(project: ProjectFolder) -> None:
    runs = [project.run(xml_feed({**OFFERS, "k1": f"Jour {day}"}), workers=0).run for day in range(3)]
    assert archived(project) == runs
    project.configure("keep: {archive_size: 1}\n")
    done = pruned(project)
    assert count(done, "runs in the archive") == 2
    assert archived(project) == runs[-1:]
    assert "needed by the next runs" in done.notes[0]


def test_an_import_that_is_being_imported_is_left_for_the_next_time(project: ProjectFolder) -> None:
    project.run(xml_feed(OFFERS), workers=0)
    project.run(without("k1"), workers=0)
    many = {f"n{number}": f"Offre {number} " + "mot " * 100 for number in range(3_000)}
    (project.root / "feed.xml").write_bytes(xml_feed(OFFERS | many))
    child = begin(project, lease=20.0)
    try:
        done = pruned(project, after=LATER)
    finally:
        child.communicate(timeout=120)
    assert child.returncode == 0
    assert done.left == {"offers": "it is being imported"}
    assert len(project.keys()) == 20 + len(many)


def test_an_interrupted_run_keeps_what_it_goes_on_with(project: ProjectFolder) -> None:
    project.run(xml_feed(OFFERS), workers=0)
    project.run(without("k1"), workers=0)
    many = {f"n{number}": f"Offre {number} " + "mot " * 100 for number in range(3_000)}
    (project.root / "feed.xml").write_bytes(xml_feed(OFFERS | many))
    child = begin(project)
    child.kill()
    child.communicate()
    time.sleep(1.1 if ON_A_CLUSTER else 0)
    done = pruned(project, after=LATER)
    assert list(done.left) == ["offers"]
    with project.open():
        (interrupted,) = Run.objects.filter(state="running").values_list("pk", flat=True)
    assert interrupted in archived(project)
    report = project.run()
    assert report.run == interrupted
    assert report.live == 20 + len(many)


def test_quarantine_goes_where_no_complete_run_can_show_what_is_gone(project: ProjectFolder) -> None:
    """Of a source that holds all, a complete run forgets what is gone; it needs no age."""
    bad = xml_feed({"k1": "Offre", "k2": ""})
    project.run(bad, workers=0)
    assert count(pruned(project, after=LATER), "records in quarantine") == 0
    project.define(DEFINITION.replace("  record: offer\n", "  record: offer\n  holds: changes\n"))
    project.run(bad, workers=0)
    assert count(pruned(project), "records in quarantine") == 0
    assert count(pruned(project, after=LATER), "records in quarantine") == 1
    assert not project.rows(Role.REJECTED)


def test_incidents_lose_their_raw_records_first_and_go_then_and_open_ones_stay(project: ProjectFolder) -> None:
    with project.open() as workspace:
        for identity in ("over", "open"):
            sample = Sample(raw="<offer>Jean</offer>")
            record(
                workspace.project,
                [Occurrence(kind="late" if identity == "over" else "down", message=identity, samples=[sample])],
            )
        resolve_gone("", ["late"], why="over")
        now = datetime.now(UTC)
        done = prune(workspace, now=now + timedelta(days=40))
        assert count(done, "samples of incidents") == 1
        assert {one.message: bool(one.samples) for one in Incident.objects.all()} == {"over": False, "open": True}
        done = prune(workspace, now=now + LATER)
        assert count(done, "incidents") == 1
        assert Incident.objects.get().message == "open"


def test_details_of_old_runs_go_and_their_accounts_stay(project: ProjectFolder) -> None:
    for day in range(8):
        project.run(xml_feed({**OFFERS, "k1": f"Jour {day}"}), workers=0)
    assert count(pruned(project, after=LATER), "details of runs") == 3
    with project.open():
        assert Run.objects.count() == 8
        assert PartRead.objects.count() == 5
    assert project.run(workers=0).unchanged


def test_what_dead_processes_left_is_removed_when_no_run_can_be_as_old(project: ProjectFolder) -> None:
    project.run(xml_feed(OFFERS), workers=0)
    scratch = project.root / ".jobpipe" / "scratch"
    old, young = scratch / "plan-old", scratch / "plan-young"
    for folder in (old, young):
        folder.mkdir()
        (folder / "documents.sqlite3").write_bytes(bytes(1000))
    month_ago = time.time() - 30 * 86_400
    os.utime(old, (month_ago, month_ago))
    done = pruned(project)
    assert count(done, "temporary files") == 1
    assert not old.exists()
    assert young.exists()


@pytest.mark.skipif(ON_A_CLUSTER, reason="a server gives back what it wants")
def test_what_becomes_free_goes_back_to_the_disk(project: ProjectFolder) -> None:
    offers = [
        f'<offer id="k{number}"><title>Offre</title><text>{os.urandom(4000).hex()}</text></offer>'
        for number in range(3000)
    ]
    for kept in (offers, offers[:1], offers[:1]):
        project.run(f"<offers>{''.join(kept)}</offers>".encode(), workers=0)
    with project.open():
        held = Run.objects.filter(state=RunState.HELD).order_by("-id").first()
    if held is not None:
        assert jobpipe("-C", project.root, "accept", str(held.pk)).returncode == 0
    before = (project.root / ".jobpipe" / "documents.sqlite3").stat().st_size
    done = pruned(project, after=LATER)
    assert done.compacted > before / 2
    assert (project.root / ".jobpipe" / "documents.sqlite3").stat().st_size < before / 2
    assert len(project.keys()) == 1


def test_who_schedules_has_it_done_once_a_day(project: ProjectFolder) -> None:
    project.run(xml_feed(OFFERS), workers=0)
    project.run(xml_feed({**OFFERS, "k1": "Autre"}), workers=0)
    project.configure("keep: {archive_size: 1KB, archive_runs: 1}\n")
    daily = DailyPruning(project.root, first=0)
    daily.prune_if_due()
    wait_until(lambda: not daily.is_pruning, "it is done")
    assert len(archived(project)) == 1
    # The same day nothing more is done.
    daily.prune_if_due()
    assert not daily.is_pruning


def test_what_was_sent_is_emptied_and_not_sent_again(project: ProjectFolder) -> None:
    project.run(xml_feed(OFFERS), workers=0)
    with project.open():
        now = datetime.now(UTC)
        for key, state in (("old", NotificationState.SENT), ("waits", NotificationState.QUEUED)):
            Notification.objects.create(
                key=key, recipient="ann", channel="mail", to=["ann@example.org"], subject="s", text="t", state=state,
                created_at=now, next_try=now,
            )  # fmt: skip
    done = pruned(project, after=LATER)
    assert count(done, "messages") == 1
    with project.open():
        kept = {one.key: (one.text, one.to) for one in Notification.objects.all()}
    assert kept == {"old": ("", []), "waits": ("t", ["ann@example.org"])}


def test_the_command_says_what_it_freed(project: ProjectFolder) -> None:
    project.run(xml_feed(OFFERS), workers=0)
    done = jobpipe("-C", project.root, "prune")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "nothing to remove")
    project.run(xml_feed({**OFFERS, "k1": "Autre"}), workers=0)
    project.configure("keep: {archive_size: 1KB, archive_runs: 1}\n")
    done = jobpipe("-C", project.root, "prune", "--dry-run")
    assert done.stdout.startswith("would be removed:\n"), done.stderr
    assert len(archived(project)) == 2


def test_settings_are_checked_with_line_and_column(project: ProjectFolder) -> None:
    project.configure("keep:\n  gone: 30\n  revisions: 1\n  archve_size: 1GB\ndisk: {budget: lots}\n")
    with pytest.raises(InvalidFileError) as told:
        project.open()
    shown = told.value.render()
    first = 3 + (1 if ON_A_CLUSTER else 0)
    assert f"jobpipe.yaml:{first}:" in shown
    assert "archive_size" in shown
    assert "'lots' is not a size" in shown
