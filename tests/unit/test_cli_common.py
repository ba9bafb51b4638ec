"""What every command has in common: finding it, selectors, progress, colours, logs."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
from command_line import jobpipe
from project_folder import ProjectFolder, xml_feed

from jobpipe.cli.command_list import ALIASES, COMMANDS, nearest

OTHER = """\
import: board
client: Beta
tags: [nightly]
source: {site: {start: ["https://board.example/jobs"]}}
posting: {title: title}
"""


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    made = ProjectFolder(tmp_path / "project")
    (made.root / "imports" / "board.yaml").write_text(OTHER)
    (made.root / "feed.xml").write_bytes(xml_feed({"k1": "Soudeur"}))
    return made


def listed(project: ProjectFolder, *selectors: str) -> list[str]:
    done = jobpipe("-C", project.root, "list", "--names", *selectors)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_a_list_is_what_a_run_with_the_same_selectors_would_run(project: ProjectFolder) -> None:
    assert listed(project) == ["board", "offers"]
    assert listed(project, "tag:night*") == ["board"]
    assert listed(project, "source:site") == ["board"] == listed(project, "source:https://board.example/*")
    assert listed(project, "source:feed.*") == ["offers"] == listed(project, "--exclude", "client:Beta")
    for words in (["source:ftp*"], ["board", "--exclude", "board"]):
        empty = jobpipe("-C", project.root, "list", *words)
        assert empty.returncode == 2
        assert "there is board, offers" in empty.stderr


def test_what_another_tool_calls_a_command_leads_to_ours() -> None:
    for word, command in ALIASES.items():
        assert word not in COMMANDS
        assert command in COMMANDS
    assert (nearest("validate"), nearest("quar"), nearest("reproces"), nearest("zzz")) == (
        "check",
        "quarantine",
        "reprocess",
        "",
    )
    assert "Did you mean 'check'?" in jobpipe("validate").stderr


def test_every_command_in_the_list_has_its_module() -> None:
    for name in COMMANDS:
        assert importlib.util.find_spec(f"jobpipe.cli.commands.{name.replace('-', '_')}"), name


def test_progress_is_told_as_it_is_asked_for_on_stderr_alone(project: ProjectFolder) -> None:
    told = jobpipe("-C", project.root, "run", "offers", "--progress", "json", "--json")
    events = [json.loads(line) for line in told.stderr.splitlines()]
    assert [event["event"] for event in (events[0], events[-1])] == ["begin", "end"]
    assert (events[-1]["import"], events[-1]["run"], events[-1]["records"]) == ("offers", 1, 1)
    assert json.loads(told.stdout)[0]["state"] == "succeeded"
    assert "offers: run 2" in jobpipe("-C", project.root, "run", "offers").stderr
    assert jobpipe("-C", project.root, "--progress=none", "run", "offers").stderr == ""
    assert jobpipe("-C", project.root, "run", "offers", JOBPIPE_PROGRESS="none").stderr == ""


def test_colours_come_where_they_are_asked_for_and_never_against_no_color(project: ProjectFolder) -> None:
    assert "\x1b[" not in jobpipe("-C", project.root, "run", "offers").stdout
    assert "\x1b[" in jobpipe("-C", project.root, "run", "offers", "--color", "always").stdout
    assert "\x1b[3" not in jobpipe("-C", project.root, "run", "offers", FORCE_COLOR="1", NO_COLOR="1").stdout
    assert "\x1b[3" not in jobpipe("-C", project.root, "run", "offers", "--color", "never", FORCE_COLOR="1").stdout
