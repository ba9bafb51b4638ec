"""`jobpipe status`: every import at a glance."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from command_line import jobpipe
from project_folder import DEFINITION, ProjectFolder, xml_feed

from jobpipe.ledger.models import Import, Incident, Run, ScheduledImport
from jobpipe.runs.scheduling.watching import watch


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    made = ProjectFolder(tmp_path / "project", DEFINITION + "schedule: '@daily'\n")
    made.run(xml_feed({"1": "Mason", "2": "Nurse"}))
    return made


def make_it_old(days: float) -> None:
    """As if the last run had been so long ago, and the scheduler had known of the import before."""
    then = datetime.now(UTC) - timedelta(days=days)
    Run.objects.update(started_at=then, finished_at=then)
    ScheduledImport.objects.update_or_create(
        import_row=Import.objects.get(name="offers"),
        defaults={"schedule": "@daily", "zone": "UTC", "grace": 60.0, "known_since": then, "next_due": then},
    )


def test_what_is_down_stands_first_with_its_reason(project: ProjectFolder) -> None:
    with project.open():
        make_it_old(3)
    (project.root / "imports" / "fresh.yaml").write_text(DEFINITION.replace("import: offers", "import: fresh"))
    shown = jobpipe("-C", project.root, "status", columns=80)
    lines = shown.stdout.splitlines()
    assert shown.returncode == 1
    assert lines[0].startswith("2 imports: 1 down, 1 new; 2 live")
    assert lines[2].split()[:2] == ["down", "offers"] and "was due" in lines[3]
    assert lines[4].split()[:3] == ["new", "fresh", "never"]
    assert "nobody schedules" in lines[5]
    assert max(map(len, lines)) <= 80


def test_scripts_get_states_and_the_change_of_a_week(project: ProjectFolder) -> None:
    with project.open():
        make_it_old(8)
    project.run(xml_feed({"1": "Mason", "2": "Nurse", "3": "Cook"}))
    said = json.loads(jobpipe("-C", project.root, "status", "--json").stdout)
    (one,) = said["imports"]
    assert (one["import"], one["state"], one["live"], one["change"]) == ("offers", "ok", 3, 1)
    assert one["last_run"]["state"] == "succeeded"


def test_who_is_late_or_down_is_told_once_each_and_taken_back(project: ProjectFolder) -> None:
    began = datetime(2026, 5, 1, 1, tzinfo=UTC)

    def look(hours: float) -> list[tuple[str, str]]:
        watch(workspace.project, began + timedelta(hours=hours))
        return sorted(Incident.objects.values_list("kind", "state"))

    with project.open() as workspace:
        make_it_old(0)
        Run.objects.update(started_at=began, finished_at=began)
        ScheduledImport.objects.update(known_since=began)
        assert look(22) == []
        assert look(23.5) == [("late", "open")]
        assert look(40) == [("late", "open")]
        assert Incident.objects.get().count == 1
        assert look(47.5) == [("down", "open"), ("late", "resolved")]
        assert look(22) == [("down", "resolved"), ("late", "resolved")]
