"""`jobpipe doctor`: what is wrong with a set-up, and what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from command_line import jobpipe
from project_folder import DEFINITION, ProjectFolder


def findings(project: ProjectFolder, **environ: str) -> tuple[int, dict[str, dict[str, Any]]]:
    done = jobpipe("-C", project.root, "doctor", "--json", **environ)
    return done.returncode, {one["name"]: one for one in json.loads(done.stdout)["findings"]}


def test_a_sound_set_up_has_nothing_wrong(tmp_path: Path) -> None:
    code, found = findings(ProjectFolder(tmp_path / "project"))
    assert code == 0
    assert {"Python", "folder", "disk", "ledger", "documents", "clock", "time zones", "definitions"} <= found.keys()
    assert {one["level"] for one in found.values()} <= {"ok", "warning"}


def test_what_is_wrong_comes_with_what_to_do(tmp_path: Path) -> None:
    project = ProjectFolder(
        tmp_path / "project", DEFINITION.replace("feed.xml", "https://${TOKEN_OF_ACME}@example.org/a")
    )
    (project.root / "imports" / "broken.yaml").write_text("import: broken\n")
    (project.root / "imports" / "due.yaml").write_text(
        DEFINITION.replace("import: offers", "import: due") + "schedule: '@daily'\n"
    )
    code, found = findings(project)
    assert code == 1
    assert "TOKEN_OF_ACME" in found["offers"]["said"]
    assert found["broken"]["advice"] == "jobpipe check broken"
    assert found["definitions"]["said"] == "2 of 3 are valid"
    assert found["schedules"]["level"] == "warning" and "jobpipe serve" in found["schedules"]["advice"]
    code, found = findings(project, TOKEN_OF_ACME="s3cret-value")
    assert "offers" not in found


def test_a_ledger_that_cannot_be_reached_is_said_and_the_rest_is_looked_at(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "project")
    project.configure("")
    (project.root / "jobpipe.yaml").write_text("cluster: {ledger: 'postgresql://someone:pass-word@127.0.0.1:9/jobs'}\n")
    code, found = findings(project)
    assert code == 1
    assert "cannot be reached" in found["stores"]["said"] and found["stores"]["advice"]
    assert "pass-word" not in json.dumps(found)
    assert found["definitions"]["level"] == "ok"
