"""`jobpipe connectors`: which services a word is enough for."""

from __future__ import annotations

import json

import pytest
from command_line import jobpipe

from jobpipe.definition.connectors import connector_names


@pytest.mark.parametrize("columns", [80, 120])
def test_all_connectors_are_listed_within_the_terminal(columns: int) -> None:
    done = jobpipe("connectors", columns=columns)
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert max(map(len, lines)) <= columns
    assert [line.split()[0] for line in lines if line.startswith("  ") and line[2:3].strip()] == connector_names()


def test_a_connector_is_explained_with_what_it_takes() -> None:
    done = jobpipe("connectors", "lever")
    assert done.returncode == 0
    assert max(map(len, done.stdout.splitlines())) <= 100
    for shown in ("source: {lever: site}", "Required.", "Default: api.lever.co.", "posted_at", "github.com/lever"):
        assert shown in " ".join(done.stdout.split())


def test_one_that_was_tested_on_documentation_alone_says_so() -> None:
    assert "not on recorded ones" in jobpipe("connectors", "workday").stdout
    assert "not on recorded ones" not in jobpipe("connectors", "lever").stdout


def test_a_connector_that_is_not_there_names_the_nearest() -> None:
    done = jobpipe("connectors", "greenhous")
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean `greenhouse`?" in done.stderr


def test_scripts_get_the_connectors_as_one_document() -> None:
    listed = json.loads(jobpipe("connectors", "--json").stdout)
    assert [one["name"] for one in listed] == connector_names()
    one = json.loads(jobpipe("connectors", "workday", "--json").stdout)
    assert one in listed
    assert [taken["name"] for taken in one["takes"] if taken["required"]] == ["host", "tenant", "site"]
