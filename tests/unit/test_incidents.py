"""Incidents: what runs open, count, resolve and bring back, and whose they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from project_folder import DEFINITION, ProjectFolder, xml_feed

from jobpipe.errors import DefinitionError, InternalError
from jobpipe.incidents.occurrence import Occurrence
from jobpipe.incidents.owners import Owners, move_open
from jobpipe.incidents.recording import record
from jobpipe.ledger.models import Incident, IncidentChange, IncidentCount, Run
from jobpipe.runs import conducting, incidents_of_run
from jobpipe.runs.incidents_of_run import record_run

OFFERS = {f"k{number}": f"Offre {number}" for number in range(30)}


def broken(offers: dict[str, str], number: int) -> bytes:
    """A feed, the first `number` records of which are malformed."""
    return xml_feed(offers).replace(b"</title>", b"</titel>", number)


def incidents(project: ProjectFolder) -> dict[str, tuple[str, int]]:
    """Kind -> (state, count)."""
    with project.open():
        return {one.kind: (one.state, one.count) for one in Incident.objects.all()}


def history(project: ProjectFolder, kind: str) -> list[str]:
    with project.open():
        return list(IncidentChange.objects.filter(incident__kind=kind).order_by("id").values_list("action", flat=True))


def test_ten_thousand_like_failures_are_one_incident_that_the_next_clean_run_resolves(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path)
    many = {f"k{number}": f"Offre {number}" for number in range(10_000)}
    report = project.run(broken(many, 10_000), workers=0)
    assert report.account["rejected"] == 10_000
    assert [(one["kind"], one["action"], one["count"]) for one in report.incidents] == [
        ("record-malformed", "opened", 10_000)
    ]
    with project.open():
        assert Incident.objects.count() == IncidentCount.objects.count() == IncidentChange.objects.count() == 1
        assert 1 <= len(Incident.objects.get().samples) <= 5
    assert project.run(workers=0).incidents == []
    assert history(project, "record-malformed") == ["opened"]
    assert project.run(xml_feed(many), workers=0).incidents == []
    assert incidents(project) == {"record-malformed": ("resolved", 10_000)}


def test_what_comes_back_is_a_regression(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path)
    for number in (3, 0, 2, 0, 1):
        report = project.run(broken(OFFERS, number), workers=0)
    assert [one["action"] for one in report.incidents] == ["reopened"]
    with project.open():
        incident = Incident.objects.get()
        assert (incident.state, incident.regressions, incident.count) == ("reopened", 2, 1)
    assert history(project, "record-malformed") == ["opened", "resolved", "reopened", "resolved", "reopened"]


def test_a_run_that_proves_nothing_resolves_nothing(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path)
    project.run(broken(OFFERS, 3), workers=0)
    assert project.run(xml_feed(OFFERS, tail=""), workers=0).state == "partial"
    assert project.run(b"<offers></offers>", workers=0).state == "held"
    (tmp_path / "feed.xml").unlink()
    assert project.run(workers=0).state == "failed"
    found = incidents(project)
    assert found.pop("record-malformed") == ("open", 3)
    assert {kind: state for kind, (state, _) in found.items()} == {
        "source-damaged": "open",
        "source-held": "open",
        "source-missing": "open",
        # That there is no record in it is odd.
        "source-odd": "open",
    }
    assert project.run(xml_feed(OFFERS), workers=0).state == "succeeded"
    assert {state for state, _ in incidents(project).values()} == {"resolved"}


def test_a_file_read_instead_says_nothing_of_the_source(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path)
    assert project.run(workers=0).state == "failed"
    other = tmp_path / "other.xml"
    other.write_bytes(xml_feed(OFFERS))
    assert project.run(instead=other, workers=0).state == "succeeded"
    assert incidents(project) == {"source-missing": ("open", 1)}


def test_expected_errors_and_bugs_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = ProjectFolder(tmp_path)
    project.define(DEFINITION.replace("posting:", "posting: 3"))
    with pytest.raises(DefinitionError):
        project.run(xml_feed(OFFERS), workers=0)
    project.define(DEFINITION.replace("feed.xml", "${NOT_SET_ANYWHERE}"))
    with pytest.raises(DefinitionError):
        project.run(workers=0)
    project.define(DEFINITION)

    def fail(*_: object) -> None:
        raise ZeroDivisionError("of 12345")

    with monkeypatch.context() as patched:
        patched.setattr(conducting, "owner_of", fail)
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                project.run(workers=0)
    assert incidents(project) == {
        "definition-invalid": ("open", 1),
        "secret-missing": ("open", 1),
        "bug": ("open", 2),
    }
    with project.open():
        bug = Incident.objects.get(kind="bug")
        assert "ZeroDivisionError: of 12345" in bug.details["traceback"]
        assert {"python", "job-pipe"} <= bug.details["versions"].keys()
    project.run(workers=0)
    assert {state for state, _ in incidents(project).values()} == {"resolved"}


def test_a_finish_that_is_broken_off_and_repeated_counts_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = ProjectFolder(tmp_path)

    def die_after(*given: object) -> None:
        record_run(*given)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("jobpipe.runs.finishing.record_run", die_after)
        project.run(broken(OFFERS, 4), workers=0)
    assert incidents(project) == {}
    report = project.run(workers=0)
    assert report.account["rejected"] == 4
    assert incidents(project) == {"record-malformed": ("open", 4)}
    # And told twice, it is the same.
    with project.open() as workspace:
        run = Run.objects.get()
        record_run(workspace, run, incidents_of_run.occurrences_of_run(workspace, run))
        assert IncidentCount.objects.get().count == 4
        assert IncidentChange.objects.count() == 1


def test_a_hostile_source_opens_a_bounded_number_of_incidents(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path)
    words = ["".join(chr(97 + (number // 26**place) % 26) for place in range(4)) for number in range(500)]
    with project.open() as workspace:
        many = [Occurrence(kind="posting-invalid", message=f"no {word} here") for word in words]
        recorded = record(workspace.project, many, import_name="offers")
        assert len(recorded.all) == 31
        assert sum(one.count for one in recorded.all) == 500


def test_a_kind_that_there_is_not_is_a_bug(tmp_path: Path) -> None:
    with ProjectFolder(tmp_path).open() as workspace, pytest.raises(InternalError):
        record(workspace.project, [Occurrence(kind="whatever", message="x")])


# Whose it is ------------------------------------------------------------------------------------------


def test_everything_has_exactly_one_owner(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path)
    with project.open() as workspace:
        assert Owners(workspace.project).of("source", "offers") == "operator"
    project.configure("owners: {operator: otto}\n")
    with project.open() as workspace:
        assert Owners(workspace.project).of("source", "offers") == "otto"
    project.configure("owners: {operator: otto, source: sam}\nclients: {Acme: {owners: {source: clara}}}\n")
    with project.open() as workspace:
        assert Owners(workspace.project).of("source", "offers") == "sam"
    project.define(DEFINITION + "client: Acme\n")
    with project.open() as workspace:
        assert Owners(workspace.project).of("source", "offers") == "clara"
    project.define(DEFINITION + "client: Acme\nowners: {source: ines}\n")
    with project.open() as workspace:
        assert Owners(workspace.project).of("source", "offers") == "ines"
        assert Owners(workspace.project).of("delivery", "offers") == "otto"


def test_a_role_that_changes_hands_takes_its_open_incidents_along(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path)
    project.configure("owners: {source: sam, developer: dora}\n")
    project.run(broken(OFFERS, 2), workers=0)
    project.configure("owners: {source: maria, developer: dora}\n")
    with project.open() as workspace:
        assert Incident.objects.get().owner == "sam"
        assert move_open(workspace.project) == 1
        assert move_open(workspace.project) == 0
        assert Incident.objects.get().owner == "maria"
        line = IncidentChange.objects.get(action="moved")
        assert (line.before, line.after) == ("sam", "maria")
