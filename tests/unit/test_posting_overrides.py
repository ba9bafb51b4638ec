"""One posting excluded or overridden by a person: at once, through all runs that follow, until its day is over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from project_folder import DEFINITION, ProjectFolder, adds_up, xml_feed

from jobpipe.documents.store import Status
from jobpipe.ledger.clock import ledger_time
from jobpipe.ledger.models import Import, Override, Run
from jobpipe.runs.conducting import StopRequest, owner_of
from jobpipe.runs.deliveries.delivering import deliver
from jobpipe.runs.deliveries.due import DueDestinations
from jobpipe.runs.lease import hold
from jobpipe.runs.overrides import layers
from jobpipe.runs.overrides.deciding import decide_posting, undo
from jobpipe.runs.overrides.single_postings import overdue, settle_import, settle_now
from jobpipe.runs.preparing import prepare
from jobpipe.runs.progress import Progress
from jobpipe.runs.report import RunReport
from jobpipe.runs.scheduling.duties import Duties

OFFERS = {f"k{number}": f"Offre {number}" for number in range(12)}
FOREVER: dict[str, Any] = {"until": "", "reason": "the client asked"}
THIS_YEAR = FOREVER | {"until": "2999-12-31"}


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    return ProjectFolder(tmp_path / "project")


def say(project: ProjectFolder, key: str, content: dict[str, Any] | None) -> RunReport | str | None:
    with project.open() as workspace:
        decide_posting(workspace, "offers", key, content, by="ann")
        return settle_now(workspace, "offers", progress=Progress(), stop=StopRequest())


def exclude(project: ProjectFolder, key: str, **more: str) -> RunReport | str | None:
    return say(project, key, {"exclude": THIS_YEAR | more})


def state(project: ProjectFolder) -> Any:
    rows = {row.key: (row.status, row.reason, row.digest, row.posting_digest) for row in project.rows()}
    return rows, project.postings(None)


def test_an_excluded_posting_is_gone_at_once_and_the_feed_of_changes_shows_it(project: ProjectFolder) -> None:
    project.run(xml_feed(OFFERS))
    report = exclude(project, "k3")
    assert isinstance(report, RunReport)
    assert (report.kind, report.account["read"], report.account["filtered"]) == ("reprocess", 1, 1)
    assert project.keys() == OFFERS.keys() - {"k3"}
    row = next(row for row in project.rows() if row.key == "k3")
    assert (row.status, row.reason, row.changed_run) == (Status.EXCLUDED, "person", report.run)
    with project.open():
        assert Run.objects.get(pk=report.run).sequence


def test_it_stays_excluded_whatever_its_source_says(project: ProjectFolder) -> None:
    project.run(xml_feed(OFFERS))
    exclude(project, "k3")
    for feed in (xml_feed(OFFERS), xml_feed(OFFERS | {"k3": "Autre titre"}), xml_feed(OFFERS | {"k12": "Neuve"})):
        report = project.run(feed)
        assert adds_up(report)
        assert report.unchanged or report.account["filtered"] == 1
        assert "k3" not in project.postings()
    say(project, "k3", None)
    assert project.postings()["k3"]["title"] == "Offre 3"


def test_the_account_has_the_record_of_an_excluded_posting_as_filtered_each_time(project: ProjectFolder) -> None:
    project.run(xml_feed(OFFERS))
    exclude(project, "k3")
    report = project.run(xml_feed(OFFERS | {"new": "Neuve"}))
    assert (report.account["filtered"], report.account["unchanged"], report.account["new"]) == (1, 11, 1)
    assert any("1 posting by a person" in notice["message"] for notice in report.notices)


def test_a_key_that_comes_only_tomorrow_is_never_live(project: ProjectFolder) -> None:
    project.run(xml_feed(OFFERS))
    assert exclude(project, "later") is None
    report = project.run(xml_feed(OFFERS | {"later": "Plus tard"}))
    assert (report.account["filtered"], report.account["new"]) == (1, 0)
    assert "later" not in project.postings()


def test_values_of_one_posting_are_set_at_once_and_stay(project: ProjectFolder) -> None:
    project.run(xml_feed(OFFERS))
    report = say(project, "k3", {"override": {"values": {"title": "Mon titre", "company.name": "Acme"}, **THIS_YEAR}})
    assert isinstance(report, RunReport)
    assert report.account["updated"] == 1
    project.run(xml_feed(OFFERS | {"k3": "Autre titre"}))
    made = project.postings()["k3"]
    assert (made["title"], made["company"]) == ("Mon titre", {"name": "Acme"})
    say(project, "k3", None)
    assert project.postings()["k3"]["title"] == "Autre titre"
    assert "company" not in project.postings()["k3"]


def test_it_ends_by_itself_when_its_day_is_over(project: ProjectFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    project.run(xml_feed(OFFERS))
    monkeypatch.setattr(layers, "today", lambda: "2026-12-31")
    exclude(project, "k3", until="2026-12-31")
    exclude(project, "k4", until="2027-12-31")
    assert project.keys() == OFFERS.keys() - {"k3", "k4"}
    monkeypatch.setattr(layers, "today", lambda: "2027-01-01")
    with project.open() as workspace:
        assert overdue(workspace) == ["offers"]
    assert project.run(xml_feed(OFFERS)).state == "succeeded"
    assert project.keys() == OFFERS.keys() - {"k4"}
    with project.open() as workspace:
        assert overdue(workspace) == []


def test_a_scheduler_may_end_it_without_a_run(project: ProjectFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    project.run(xml_feed(OFFERS))
    exclude(project, "k3", until="2998-12-31")
    monkeypatch.setattr(layers, "today", lambda: "2999-01-01")
    with project.open() as workspace:
        for name in overdue(workspace):
            settle_import(workspace, name, progress=Progress(), stop=StopRequest())
    assert project.keys() == OFFERS.keys()


def test_a_decision_whose_process_ended_is_in_force_and_delivered_all_the_same(project: ProjectFolder) -> None:
    for folder in ("destinations", "out"):
        (project.root / folder).mkdir()
    to_a_file = "destination: partner\nto: {file: out/jobs.jsonl}\nformat: jsonl\n"
    (project.root / "destinations" / "partner.yaml").write_text(to_a_file)
    project.define(DEFINITION + "deliver: partner\n")
    project.run(xml_feed(OFFERS))
    with project.open() as workspace:
        deliver(workspace, "partner", at_once=True)
        decide_posting(workspace, "offers", "k3", {"exclude": THIS_YEAR}, by="ann")
        # Here it ends: nothing is settled, nothing delivered. Whoever schedules begins.
        assert overdue(workspace) == ["offers"]
        Duties(workspace, ledger_time).do_what_is_due()
        assert overdue(workspace) == []
        assert DueDestinations(workspace).names(ledger_time()) == ["partner"]
        deliver(workspace, "partner", at_once=True)
        assert DueDestinations(workspace).names(ledger_time()) == []
        decide_posting(workspace, "offers", "comes later", {"exclude": THIS_YEAR}, by="ann")
        Duties(workspace, ledger_time).do_what_is_due()
        assert overdue(workspace) == []
    sent = (project.root / "out" / "jobs.jsonl").read_text()
    assert '"k4"' in sent and '"k3"' not in sent


def test_an_excluded_posting_that_its_source_drops_does_not_come_back_with_the_end(project: ProjectFolder) -> None:
    project.run(xml_feed(OFFERS))
    exclude(project, "k3")
    without = {key: title for key, title in OFFERS.items() if key != "k3"}
    assert project.run(xml_feed(without)).expired == 0
    say(project, "k3", None)
    assert project.keys() == without.keys()
    project.run(xml_feed(OFFERS))
    assert project.keys() == OFFERS.keys()


def test_a_gone_posting_that_is_excluded_stays_out_when_it_comes_back(project: ProjectFolder) -> None:
    project.run(xml_feed(OFFERS))
    without = {key: title for key, title in OFFERS.items() if key != "k3"}
    project.run(xml_feed(without))
    exclude(project, "k3")
    report = project.run(xml_feed(OFFERS))
    assert report.account["filtered"] == 1
    assert project.keys() == without.keys()


def test_an_undone_exclusion_gives_the_state_before(project: ProjectFolder) -> None:
    project.run(xml_feed(OFFERS))
    before = state(project)
    exclude(project, "k3")
    with project.open() as workspace:
        undo(workspace, None, by="ben", postings=True)
        settle_import(workspace, "offers", progress=Progress(), stop=StopRequest())
    assert state(project) == before


def test_while_a_run_is_under_way_it_is_taken_down_at_once_and_settled_at_its_end(project: ProjectFolder) -> None:
    project.run(xml_feed(OFFERS))
    with project.open() as workspace:
        owner = Import.objects.get(name="offers")
        run = Run.objects.create(
            import_row=owner, state="running", started_at=Run.objects.get().started_at, revision="0" * 16
        )
        with hold(workspace, owner):
            said = exclude(project, "k3")
            assert isinstance(said, str)
            assert "is being imported" in said
            assert project.keys() == OFFERS.keys() - {"k3"}
            row = next(row for row in project.rows() if row.key == "k3")
            assert (row.status, row.reason, row.changed_run) == (Status.EXCLUDED, "person", run.pk)
        run.delete()
    report = project.run(xml_feed(OFFERS | {"k3": "Autre titre"}))
    assert adds_up(report)
    assert project.keys() == OFFERS.keys() - {"k3"}
    with project.open():
        assert Override.objects.get().applied


def test_what_a_run_had_in_flight_does_not_bring_it_back(
    project: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The decision falls between the transformation of the record and its writing."""
    from jobpipe.runs import conducting

    project.run(xml_feed(OFFERS))
    seen: list[set[str]] = []
    read = conducting.Conductor._read

    def read_and_exclude(self: Any, comparer: Any) -> None:
        read(self, comparer)
        exclude(project, "k3")
        comparer.cut()
        self._pipeline.window.drain()
        self._pipeline.applier.flush()
        seen.append(project.keys())

    monkeypatch.setattr(conducting.Conductor, "_read", read_and_exclude)
    report = project.run(xml_feed({key: f"{title} bis" for key, title in OFFERS.items()}), workers=0)
    assert adds_up(report)
    assert seen == [OFFERS.keys() - {"k3"}]
    assert project.keys() == OFFERS.keys() - {"k3"}
    assert {row.status for row in project.rows() if row.key == "k3"} == {Status.EXCLUDED}


def test_one_that_was_killed_before_it_was_applied_is_applied_by_the_next_run(project: ProjectFolder) -> None:
    project.run(xml_feed(OFFERS))
    with project.open() as workspace:
        decide_posting(workspace, "offers", "k3", {"exclude": FOREVER}, by="ann")
    assert project.run(xml_feed(OFFERS)).unchanged
    assert project.keys() == OFFERS.keys() - {"k3"}


def test_other_records_stay_known(project: ProjectFolder) -> None:
    project.run(xml_feed(OFFERS))
    written = {row.key: row.written_run for row in project.rows()}
    exclude(project, "k3")
    assert {row.key for row in project.rows() if row.written_run != written[row.key]} == {"k3"}
    report = project.run(xml_feed(OFFERS | {"new": "Neuve"}))
    assert report.account["unchanged"] == 11


def test_the_revision_is_the_same_for_all_that_one_posting_is_given(project: ProjectFolder) -> None:
    project.run(xml_feed(OFFERS))
    with project.open() as workspace:
        before = prepare(workspace, "offers").revision
        decide_posting(workspace, "offers", "k3", {"exclude": FOREVER}, by="ann")
        preparation = prepare(workspace, "offers")
        assert preparation.revision == before
        assert preparation.overrides.postings["k3"].excluded
        assert owner_of(preparation).name == "offers"
