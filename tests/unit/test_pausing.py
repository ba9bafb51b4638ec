"""Pausing and removing an import: what becomes of its runs and its postings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from command_line import jobpipe
from project_folder import DEFINITION, ProjectFolder, xml_feed

from jobpipe.documents.store import Status
from jobpipe.ledger.models import Import, ImportDecision, Run, RunKind, RunState, Standing
from jobpipe.runs import ending
from jobpipe.runs.ending import end_past_their_day
from jobpipe.runs.lease import hold
from jobpipe.runs.pausing import Decided, Wish, decide, resume

FEED = xml_feed({"1": "Mason", "2": "Nurse", "3": "Cook"})


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    made = ProjectFolder(tmp_path / "project")
    made.run(FEED)
    return made


def let(project: ProjectFolder, standing: Standing, postings: str, until: datetime | None = None) -> Decided:
    with project.open() as workspace:
        return decide(workspace, "offers", Wish(standing=standing, by="ann", postings=postings, until=until))


def let_resume(project: ProjectFolder) -> None:
    with project.open() as workspace:
        resume(workspace, "offers", "ann")


def test_a_paused_import_is_skipped_and_keeps_its_postings(project: ProjectFolder) -> None:
    let(project, Standing.PAUSED, "keep")
    report = project.run(xml_feed({"1": "Mason"}))
    assert report.state == RunState.SKIPPED
    assert "paused" in report.error and "ann" in report.error
    assert project.keys() == {"1", "2", "3"}


def test_a_pause_ends_at_its_day(project: ProjectFolder) -> None:
    let(project, Standing.PAUSED, "keep", until=datetime.now(UTC) + timedelta(days=1))
    ImportDecision.objects.update(until=datetime.now(UTC) - timedelta(seconds=1))
    assert project.run(xml_feed({"1": "Mason"})).state == RunState.SUCCEEDED


def test_removing_with_expire_ends_all_in_one_run_of_the_feed_of_changes(project: ProjectFolder) -> None:
    decided = let(project, Standing.REMOVED, "expire")
    assert decided.ended is not None
    run = Run.objects.get(pk=decided.ended.run)
    assert (run.kind, run.state, run.expired, run.live) == (RunKind.ENDING, RunState.SUCCEEDED, 3, 0)
    assert run.sequence == max(Run.objects.values_list("sequence", flat=True))
    gone = project.rows(status=Status.EXPIRED)
    assert {(row.reason, row.changed_run) for row in gone} == {("removed", run.pk)}
    assert ImportDecision.objects.get().run == run


def test_what_resumes_brings_its_postings_back_from_an_unchanged_source(project: ProjectFolder) -> None:
    let(project, Standing.PAUSED, "expire")
    assert not project.keys()
    let_resume(project)
    report = project.run()
    assert report.reappeared == 3
    assert project.keys() == {"1", "2", "3"}


def test_a_run_that_was_interrupted_is_over_when_its_import_is_removed(project: ProjectFolder) -> None:
    with project.open():
        owner = Import.objects.get()
        left = Run.objects.create(
            import_row=owner, state=RunState.RUNNING, started_at=datetime.now(UTC), revision="", definition=""
        )
    let(project, Standing.REMOVED, "expire")
    left.refresh_from_db()
    assert left.state == RunState.FAILED
    assert not project.keys()


def test_removing_that_is_killed_half_way_is_done_by_its_repetition(
    project: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ending, "journal_of", killed)
        with pytest.raises(KeyboardInterrupt):
            let(project, Standing.REMOVED, "expire")
    decided = let(project, Standing.REMOVED, "expire")
    assert decided.ended is not None and decided.ended.expired == 3
    assert Run.objects.filter(kind=RunKind.ENDING).count() == 1


def test_postings_past_their_day_end_without_their_source(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "project", DEFINITION + "  valid_through: until\n")
    project.run(
        b"<offers><offer id='1'><title>Mason</title><until>2099-01-01</until></offer>"
        b"<offer id='2'><title>Nurse</title></offer></offers>"
    )
    with project.open() as workspace, hold(workspace, Import.objects.get()) as held:
        owner = Import.objects.get()
        assert end_past_their_day(held, owner, datetime(2099, 1, 1, 23, tzinfo=UTC)) is None
        report = end_past_their_day(held, owner, datetime(2099, 1, 2, 1, tzinfo=UTC))
        assert report is not None and (report.expired, report.live) == (1, 1)
        assert end_past_their_day(held, owner, datetime(2099, 1, 2, 1, tzinfo=UTC)) is None


def test_the_choice_has_no_default_and_who_decided_is_kept(project: ProjectFolder) -> None:
    refused = jobpipe("-C", project.root, "pause", "offers")
    assert refused.returncode == 2 and "--postings" in refused.stderr
    paused = jobpipe("-C", project.root, "pause", "offers", "--postings", "keep", "--reason", "move", "--by", "ann")
    assert paused.returncode == 0 and "by ann: move" in paused.stdout
    skipped = jobpipe("-C", project.root, "run", "offers")
    assert skipped.returncode == 0 and "skipped" in skipped.stdout
    assert jobpipe("-C", project.root, "resume", "offers").returncode == 0
    assert jobpipe("-C", project.root, "resume", "offers").returncode == 2
    assert jobpipe("-C", project.root, "run", "offers").returncode == 0
