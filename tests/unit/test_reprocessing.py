"""Reprocessing: stored records under today's definition, without the source."""

from __future__ import annotations

from pathlib import Path

import pytest
from project_folder import DEFINITION, ProjectFolder, adds_up, xml_feed

from jobpipe.documents.store import Role, Status
from jobpipe.errors import UsageError
from jobpipe.runs.conducting import StopRequest
from jobpipe.runs.progress import Progress
from jobpipe.runs.report import RunReport
from jobpipe.runs.reprocessing import reprocess_import

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
