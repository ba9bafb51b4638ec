"""`jobpipe steps` and `jobpipe schema`: what may be written in a definition."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import jobpipe

from jobpipe.transform.steps.registry import steps


@pytest.mark.parametrize("columns", [80, 120])
def test_all_steps_are_listed_within_the_terminal(columns: int) -> None:
    done = jobpipe("steps", columns=columns)
    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert max(map(len, lines)) <= columns
    listed = {line.split()[0] for line in lines if line.startswith("  ") and line[2:3].strip()}
    assert set(steps()) <= listed


def test_a_step_is_explained_with_parameters_and_examples() -> None:
    done = jobpipe("steps", "truncate")
    assert done.returncode == 0
    for shown in ("truncate", "parameters", "length", "whole number", "examples", "→", steps()["truncate"].summary):
        assert shown in done.stdout


def test_a_step_that_is_not_there_names_the_nearest() -> None:
    done = jobpipe("steps", "trunkate")
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean `truncate`?" in done.stderr


def test_scripts_get_the_steps_as_one_document() -> None:
    listed = json.loads(jobpipe("steps", "--json").stdout)
    assert [step["name"] for step in listed] == list(steps())
    one = json.loads(jobpipe("steps", "truncate", "--json").stdout)
    assert one in listed
    assert one["parameters"][0]["required"] is True
    assert one["parameters"][0]["type"] == "whole number"


def test_every_step_can_be_explained() -> None:
    from jobpipe.cli.commands.steps import _explain

    for step in steps().values():
        _explain(step)


def test_the_schema_is_printed_or_written(tmp_path: Path) -> None:
    printed = jobpipe("schema")
    written = jobpipe("schema", "--output", tmp_path / "s.json")
    assert (printed.returncode, printed.stderr, written.stdout) == (0, "", "")
    assert json.loads(printed.stdout)["title"] == "job-pipe definition"
    assert (tmp_path / "s.json").read_text(encoding="utf-8") == printed.stdout


def test_a_schema_that_cannot_be_written_says_where(tmp_path: Path) -> None:
    done = jobpipe("schema", "--output", tmp_path / "nowhere" / "s.json")
    assert done.returncode == 2
    assert "nowhere" in done.stderr


def test_help_needs_no_project_and_names_every_command(tmp_path: Path) -> None:
    done = jobpipe("--help", cwd=tmp_path)
    assert done.returncode == 0
    for command in ("init", "check", "preview", "steps", "schema"):
        assert f"  {command} " in done.stdout
        assert jobpipe(command, "--help", cwd=tmp_path).returncode == 0
