"""Reprocessing: stored records under today's definition, without the source."""

from __future__ import annotations

from pathlib import Path

import pytest
from project_folder import DEFINITION, ProjectFolder, adds_up, xml_feed
from same_stored import difference

from jobpipe.documents.store import Role, Status
from jobpipe.errors import UsageError
from jobpipe.runs.conducting import StopRequest
from jobpipe.runs.finishing import Finish
from jobpipe.runs.journal import LedgerJournal
from jobpipe.runs.progress import Progress
from jobpipe.runs.report import RunReport
from jobpipe.runs.reprocessing import reprocess_import
from jobpipe.runs.verdicts import Verdicts

TEN = {f"k{number}": f"Offre {number}" for number in range(10)}


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    return ProjectFolder(tmp_path / "project")


def reprocess(project: ProjectFolder) -> RunReport:
    with project.open() as workspace:
        return reprocess_import(workspace, "offers", progress=Progress(), stop=StopRequest())


def test_a_changed_definition_changes_the_stored_postings_without_the_source(project: ProjectFolder) -> None:
    project.run(xml_feed(TEN))
    (project.root / "feed.xml").unlink()
    project.define(DEFINITION.replace("title: title", "title: [title, upper]"))
    report = reprocess(project)
    assert (report.kind, report.state, report.account["updated"], report.live) == ("reprocess", "succeeded", 10, 10)
    assert adds_up(report)
    assert project.postings()["k1"]["title"] == "OFFRE 1"


def test_under_the_same_definition_nothing_changes(project: ProjectFolder) -> None:
    project.run(xml_feed(TEN))
    before = project.contents()
    report = reprocess(project)
    assert (report.account["unchanged"], report.account["updated"]) == (10, 0)
    assert project.contents() == before


def test_the_next_import_knows_what_was_reprocessed(project: ProjectFolder) -> None:
    project.run(xml_feed(TEN))
    project.define(DEFINITION.replace("title: title", "title: [title, upper]"))
    reprocess(project)
    report = project.run(xml_feed(TEN | {"k1": "Changée"}))
    assert (report.account["unchanged"], report.account["updated"]) == (9, 1)


def test_a_rejected_record_is_tried_again(project: ProjectFolder) -> None:
    feed = xml_feed(TEN).replace(b"<title>Offre 4</title>", b"<titre>Offre 4</titre>")
    assert project.run(feed).account["rejected"] == 1
    project.define(DEFINITION.replace("title: title", "title: {from: [title, titre]}"))
    report = reprocess(project)
    assert (report.account["rejected"], report.account["new"], report.live) == (0, 1, 10)
    assert project.rows(Role.REJECTED) == []


def test_what_has_expired_is_not_brought_back(project: ProjectFolder) -> None:
    project.run(xml_feed(TEN))
    project.run(xml_feed({key: title for key, title in TEN.items() if key != "k3"}))
    project.define(DEFINITION.replace("title: title", "title: [title, upper]"))
    report = reprocess(project)
    assert (report.account["read"], report.live) == (9, 9)
    assert project.keys(Status.EXPIRED) == {"k3"}


def test_a_new_rule_filters_what_is_stored(project: ProjectFolder) -> None:
    project.run(xml_feed(TEN))
    project.define(DEFINITION + "keep: posting.title != 'Offre 3'\n")
    report = reprocess(project)
    assert (report.account["filtered"], report.live) == (1, 9)


def test_what_was_filtered_and_is_gone_is_not_brought_back_by_another_rule(project: ProjectFolder) -> None:
    project.define(DEFINITION + "keep: \"posting.title != 'Offre 1'\"\n")
    project.run(xml_feed(TEN))
    project.run(xml_feed({key: title for key, title in TEN.items() if key != "k1"}))
    project.define(DEFINITION)
    report = reprocess(project)
    assert (report.live, "k1" in project.postings()) == (9, False)
    # And is a posting once it is listed again.
    report = project.run(xml_feed(TEN))
    assert (report.account["new"], report.live) == (1, 10)


def test_an_import_that_never_ran_has_nothing_to_reprocess(project: ProjectFolder) -> None:
    with pytest.raises(UsageError, match="has not run yet"):
        reprocess(project)


@pytest.mark.parametrize(
    "change",
    [DEFINITION + 'keep: "false"\n', DEFINITION + "key: [title]\n", DEFINITION.replace("title: title", "title: none")],
    ids=["filtered", "new", "rejected"],
)
def test_a_record_is_made_again_once_however_early_the_run_writes(
    project: ProjectFolder, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    monkeypatch.setattr("jobpipe.runs.comparing.MAX_MISSES", 2)
    monkeypatch.setattr("jobpipe.runs.applying.FLUSH_ROWS", 1)
    many = {f"k{number}": f"Offre {number}" for number in range(60)}
    project.run(xml_feed(many))
    project.define(change)
    with project.open() as workspace:
        report = reprocess_import(workspace, "offers", progress=Progress(), stop=StopRequest(), workers=0)
    assert (report.account["read"], report.account["duplicate"]) == (60, 0)
    assert project.rows(Role.DUPLICATE) == []


def test_what_the_source_misses_is_still_missed_after_it_was_made_again(project: ProjectFolder) -> None:
    project.define(DEFINITION + "expire: {misses: 2}\n")
    project.run(xml_feed(TEN))
    without = {key: title for key, title in TEN.items() if key != "k3"}
    project.run(xml_feed(without))
    project.define(DEFINITION.replace("title: title", "title: [title, upper]") + "expire: {misses: 2}\n")
    reprocess(project)
    assert project.run(xml_feed(without | {"k11": "Onze"})).expired == 1


def test_a_record_whose_key_another_takes_is_kept_and_made_again(project: ProjectFolder) -> None:
    """Its bytes are known, so that it travels to no worker: what is stored of it is what its posting had."""
    project.run(xml_feed([("k", "Une"), ("l", "Deux")]))
    project.run(xml_feed([("k", "Autre"), ("k", "Une"), ("l", "Deux")]))
    project.define(DEFINITION.replace('"@id"', "title"))
    report = reprocess(project)
    assert report.account["read"] == 3
    assert {"Autre", "Une", "Deux"} <= project.keys()


def test_a_record_that_is_rejected_now_is_rejected_once_however_often_it_is_made_again(project: ProjectFolder) -> None:
    project.run(xml_feed(TEN).replace(b"<title>Offre 4</title>", b"<titre>Offre 4</titre>"))
    project.define(DEFINITION.replace("title: title", "title: titre"))
    accounts = [reprocess(project).account["rejected"] for _ in range(3)]
    assert accounts == [9, 9, 9]
    assert len(project.rows(Role.REJECTED)) == 9
    project.define(DEFINITION)
    report = reprocess(project)
    assert (report.account["unchanged"], report.account["duplicate"], report.account["rejected"]) == (9, 0, 1)
    assert len(project.rows(Role.REJECTED)) == 1


class Killed(BaseException):
    """Nobody catches it."""


@pytest.mark.parametrize("where", ["before a batch is marked", "after it", "before rows are forgotten", "after it all"])
def test_a_reprocess_that_is_killed_and_begun_anew_stores_what_an_undisturbed_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Of duplicates, of what is rejected, of what was, and of what becomes a posting: nothing twice, nothing less."""
    more = [("k1", "Autre"), ("k2", "Offre 2"), ("k3", ""), ("k11", "Onze"), ("k13", " "), ("k12", "")]
    feed = xml_feed([*TEN.items(), *more]).replace(b"<title></title>", b"<titre>Sans</titre>")
    for text in (b"<text>Texte de Onze</text>", b"<text>Texte de  </text>"):
        assert text in feed
        feed = feed.replace(text, b"")
    made = []
    for name in ("alone", "disturbed"):
        project = ProjectFolder(tmp_path / name)
        project.run(feed)
        project.define(DEFINITION.replace("title: title", "title: {from: [titre, text], then: upper}"))
        if name == "disturbed":
            with monkeypatch.context() as patch:
                _kill(patch, where)
                with pytest.raises(Killed):
                    reprocess(project)
        report = reprocess(project)
        assert (report.state, adds_up(report)) == ("succeeded", True)
        assert reprocess(project).account["updated"] == 0
        made.append(project.contents())
    assert made[0] == made[1], difference(*made)


def _kill(patch: pytest.MonkeyPatch, where: str) -> None:
    """The next reprocess; a batch is one record."""
    patch.setattr("jobpipe.runs.comparing.MAX_MISSES", 1)
    patch.setattr("jobpipe.runs.applying.FLUSH_ROWS", 1)
    calls = iter(range(1, 100))
    mark, forget = LedgerJournal.mark_done, Finish._forget_side_rows

    def mark_done(self: LedgerJournal, batches: list[tuple[Verdicts, str]]) -> None:
        # Eleven postings, two duplicates, three rejected: of the last one becomes a posting.
        is_last = next(calls) == 16
        if is_last and where == "before a batch is marked":
            raise Killed
        mark(self, batches)
        if is_last and where == "after it":
            raise Killed

    def forget_side_rows(self: Finish, *, complete: bool) -> None:
        if where == "before rows are forgotten":
            raise Killed
        forget(self, complete=complete)
        if where == "after it all":
            raise Killed

    patch.setattr(LedgerJournal, "mark_done", mark_done)
    patch.setattr(Finish, "_forget_side_rows", forget_side_rows)
