"""Incidents: what runs open, count, resolve and bring back, and whose they are."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import mongo_server
import postgres_server
import pytest
from command_line import jobpipe
from project_folder import DEFINITION, ProjectFolder, xml_feed

from jobpipe.errors import DefinitionError, InternalError, UsageError
from jobpipe.incidents.holding_roles import set_away, set_back, set_holder
from jobpipe.incidents.occurrence import Occurrence
from jobpipe.incidents.owners import Owners, move_open
from jobpipe.incidents.recording import record
from jobpipe.incidents.states import acknowledge, assign, mute, resolve
from jobpipe.ledger.models import Incident, IncidentChange, IncidentCount, Run, Scope
from jobpipe.runs import conducting, incidents_of_run
from jobpipe.runs.holding import dismiss_run
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

    def die_after(*given: Any, **named: Any) -> None:
        record_run(*given, **named)
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


def test_a_quarantine_that_has_not_changed_is_counted_without_reading_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = ProjectFolder(tmp_path)
    project.run(broken(OFFERS, 4), workers=0)
    read = []
    of_rejected = incidents_of_run._of_rejected
    monkeypatch.setattr(incidents_of_run, "_of_rejected", lambda *given: read.append(1) or of_rejected(*given))
    more = broken({**OFFERS, "other": "One more"}, 4)
    project.run(more, workers=0)
    assert (incidents(project), read) == ({"record-malformed": ("open", 4)}, [])
    with project.open():
        assert list(IncidentCount.objects.order_by("run").values_list("count", flat=True)) == [4, 4]
        resolve(1, by="otto")
    project.run(more.replace(b"One more", b"Two more"), workers=0)
    project.run(broken(OFFERS, 3), workers=0)
    assert (incidents(project), len(read)) == ({"record-malformed": ("reopened", 3)}, 2)


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


def test_who_is_away_has_a_substitute_and_a_decision_goes_before_the_files(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path, DEFINITION + "client: Acme\n")
    project.configure("owners: {source: sam}\n")
    project.run(broken(OFFERS, 2), workers=0)
    with project.open() as workspace:
        today = datetime.now(UTC).date()
        assert set_away(workspace.project, "sam", "sue", today, today, by="otto") == 1
        assert Incident.objects.get().owner == "sue"
        assert set_back(workspace.project, "sam", by="otto") == 1
        assert set_holder(workspace.project, "source", "clara", scope=Scope.CLIENT, owner="Acme", by="otto") == 1
        assert Incident.objects.get().owner == "clara"
        assert set_holder(workspace.project, "source", "", scope=Scope.CLIENT, owner="Acme", by="otto") == 1
        assert assign(Incident.objects.get().pk, "zoe", Owners(workspace.project), by="otto").owner == "zoe"
        # Whom a person gave it to keeps it, whoever holds the role.
        assert set_holder(workspace.project, "source", "maria", by="otto") == 0
        moves = IncidentChange.objects.filter(action__in=("moved", "assigned")).values_list("after", flat=True)
        assert list(moves) == ["sue", "sam", "clara", "sam", "zoe"]
        with pytest.raises(UsageError, match="no role"):
            set_holder(workspace.project, "chief", "maria", by="otto")


# States -----------------------------------------------------------------------------------------------


def test_a_muted_incident_stays_quiet_until_its_day(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path)
    project.run(broken(OFFERS, 2), workers=0)
    with project.open():
        mute(1, datetime.now(UTC) + timedelta(days=1), by="otto")
    assert project.run(broken(OFFERS, 3), workers=0).incidents == []
    assert incidents(project) == {"record-malformed": ("muted", 3)}
    with project.open():
        Incident.objects.update(muted_until=datetime.now(UTC) - timedelta(seconds=1))
    project.run(broken(OFFERS, 4), workers=0)
    assert incidents(project) == {"record-malformed": ("open", 4)}
    with project.open(), pytest.raises(UsageError, match="is over"):
        mute(1, datetime.now(UTC), by="otto")


def test_what_is_resolved_by_hand_and_is_still_there_is_a_regression(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path)
    project.run(broken(OFFERS, 2), workers=0)
    with project.open():
        acknowledge(1, by="otto")
        resolve(1, by="otto")
        with pytest.raises(UsageError, match="is resolved"):
            acknowledge(1, by="otto")
    project.run(broken(OFFERS, 3), workers=0)
    assert history(project, "record-malformed") == ["opened", "acknowledged", "resolved", "reopened"]


def test_a_decision_over_a_held_run_resolves_that_it_waits(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path)
    project.run(xml_feed(OFFERS), workers=0)
    held = project.run(b"<offers></offers>", workers=0)
    assert incidents(project)["source-held"] == ("open", 1)
    with project.open() as workspace:
        dismiss_run(workspace, Run.objects.get(pk=held.run))
    assert incidents(project)["source-held"][0] == "resolved"


def test_a_record_that_kills_its_worker_is_an_incident_that_names_it(tmp_path: Path) -> None:
    hook = "import os\ndef check(value):\n    return value if value != 'Offre 3' else os._exit(1)\n"
    (tmp_path / "hooks.py").write_text(hook)
    project = ProjectFolder(tmp_path, DEFINITION.replace("title: title", "title: [title, {python: 'hooks:check'}]"))
    # Several batches: a lone one is transformed by the process that reads.
    report = project.run(xml_feed({f"k{number}": f"Offre {number}" for number in range(6_000)}), workers=1)
    assert (report.account["new"], report.account["rejected"]) == (5_999, 1)
    with project.open():
        incident = Incident.objects.get()
        assert (incident.kind, incident.count) == ("record-killed-worker", 1)
        assert 'id="k3"' in incident.samples[0]["raw"]


def test_unmapped_labels_are_one_incident_a_table(tmp_path: Path) -> None:
    mapped = "  contract: {from: text, map: kinds, unmapped: keep}\n"
    project = ProjectFolder(tmp_path, DEFINITION + mapped)
    (tmp_path / "mappings").mkdir()
    table = tmp_path / "mappings" / "kinds.csv"
    table.write_text("label,code\nx,permanent\n")
    feed = xml_feed({"a": "One", "b": "Two"})
    project.run(feed, workers=0)
    with project.open():
        incident = Incident.objects.get(kind="label-unmapped")
        assert (incident.count, incident.details["labels"]) == (2, 2)
    table.write_text("label,code\nTexte de One,permanent\nTexte de Two,permanent\n")
    project.run(feed, workers=0)
    assert incidents(project)["label-unmapped"][0] == "resolved"


def test_the_same_key_twice_changes_a_posting_at_most_once_a_run(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path)
    for number in range(30):
        pairs = [(f"k{place}", f"T{(place + number) % 3}") for place in range(8)]
        twice = [*pairs, *((key, title + " again") for key, title in pairs[: number % 4])]
        if number % 2:
            twice.reverse()
        report = project.run(xml_feed(twice), workers=0)
        assert report.account["duplicate"] == number % 4
        changed = [row for row in project.rows() if row.changed_run == report.run]
        assert len(changed) == report.account["new"] + report.account["updated"]
        assert len({row.key for row in changed}) == len(changed)


def test_on_servers_incidents_are_the_same(tmp_path: Path) -> None:
    files = ProjectFolder(tmp_path / "files")
    files.keep_all_in_files()
    servers = ProjectFolder(tmp_path / "servers")
    servers.keep_ledger_in(postgres_server.shared_server().ledger(), mongo_server.documents_uri(servers.root))
    for feed in (broken(OFFERS, 4), xml_feed(OFFERS), broken(OFFERS, 2), b"<offers>", xml_feed(OFFERS)):
        for project in (files, servers):
            project.run(feed, workers=0)
        assert incidents(files) == incidents(servers)
        assert history(files, "record-malformed") == history(servers, "record-malformed")


# The command ------------------------------------------------------------------------------------------


def test_the_command_lists_and_changes_them(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path)
    project.run(broken(OFFERS, 2), workers=0)
    listed = jobpipe("-C", tmp_path, "incidents", columns=80)
    assert "record-malformed" in listed.stdout
    assert max(map(len, listed.stdout.splitlines())) <= 80
    (one,) = json.loads(jobpipe("-C", tmp_path, "incidents", "--import", "offers", "--json").stdout)
    assert (one["state"], one["count"], one["owner"], one["role"]) == ("open", 2, "operator", "source")
    assert "maria" in jobpipe("-C", tmp_path, "owners", "set", "source", "maria").stdout
    (one,) = json.loads(jobpipe("-C", tmp_path, "incidents", "ack", "1", "--by", "maria", "--json").stdout)
    assert (one["state"], one["owner"]) == ("acknowledged", "maria")
    shown = json.loads(jobpipe("-C", tmp_path, "incidents", "show", "1", "--json").stdout)
    assert [line["action"] for line in shown["history"]] == ["opened", "moved", "acknowledged"]
    assert jobpipe("-C", tmp_path, "incidents", "ack", "99").returncode == 2


def test_an_overview_shows_what_waits_for_somebody(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path)
    project.run(broken(OFFERS, 1))
    said = jobpipe("-C", tmp_path, "status").stdout
    assert "1 incident: jobpipe incidents --import offers" in said
    project.run(xml_feed({"k1": "Offre 1"}))
    said = jobpipe("-C", tmp_path, "status").stdout
    assert "jobpipe accept 2, or jobpipe dismiss 2" in said
