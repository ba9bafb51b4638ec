"""`run --dry-run` says what a run would do, and leaves everything as it was; `--from archive` asks no source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import jobpipe
from http_source import HttpSource
from project_folder import DEFINITION, ProjectFolder, xml_feed

TEN = {f"k{number}": f"Offre {number}" for number in range(10)}


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    return ProjectFolder(tmp_path / "project")


def run(project: ProjectFolder, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = jobpipe("-C", project.root, "run", "offers", "--json", *arguments)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)[0]


def test_a_dry_run_says_what_the_run_after_it_does_and_keeps_nothing(project: ProjectFolder) -> None:
    second = {**TEN, "k1": "Autre", "k10": "Neuf", "k4": ""}
    del second["k9"]
    for feed in (TEN, second):
        (project.root / "feed.xml").write_bytes(xml_feed(feed))
        before = project.contents() if feed is second else None
        logs = sorted(project.root.glob(".jobpipe/logs/*"))
        code, tried = run(project, "--dry-run")
        assert sorted(project.root.glob(".jobpipe/logs/*")) == logs
        assert (code, tried["run"]) == (0, 0)
        assert before is None or project.contents() == before
        code, real = run(project)
        assert real["run"] == (1 if feed is TEN else 2)
        for figure in ("state", "account", "expired", "missing", "live", "evidence"):
            assert tried[figure] == real[figure], figure


def test_a_dry_run_puts_nothing_away(project: ProjectFolder) -> None:
    (project.root / "in").mkdir()
    dropped = project.root / "in" / "a.xml"
    dropped.write_bytes(xml_feed(TEN))
    project.define(
        DEFINITION.replace("feed: feed.xml", "feed: in/*.xml\n  holds: changes\n  files: {afterwards: delete}")
    )
    assert run(project, "--dry-run")[1]["account"]["new"] == 10
    assert dropped.exists()
    assert run(project)[1]["account"]["new"] == 10
    assert not dropped.exists()


def test_a_limit_reads_no_more_and_is_no_failure_but_never_cuts_a_real_run(project: ProjectFolder) -> None:
    (project.root / "feed.xml").write_bytes(xml_feed(TEN))
    code, tried = run(project, "--dry-run", "--limit", "3")
    assert (code, tried["account"]["read"], tried["evidence"]["complete"], tried["expired"]) == (0, 3, False, 0)
    refused = jobpipe("-C", project.root, "run", "offers", "--limit", "3")
    assert (refused.returncode, "--dry-run" in refused.stderr) == (2, True)


def test_a_run_from_the_archive_asks_no_source(project: ProjectFolder) -> None:
    with HttpSource() as source:
        source.serve("/feed.xml", xml_feed(TEN))
        project.define(DEFINITION.replace("feed.xml", source.url("/feed.xml")))
        assert jobpipe("-C", project.root, "run", "offers", "--from", "archive").returncode == 2  # it never ran
        run(project)
        asked = len(source.seen("/feed.xml"))
        project.define(DEFINITION.replace("feed.xml", source.url("/feed.xml")).replace("title: title", "title: text"))
        assert run(project, "--from", "archive", "--dry-run")[1]["account"]["updated"] == 10
        assert run(project, "--from", "archive")[1]["account"]["updated"] == 10
        assert len(source.seen("/feed.xml")) == asked
        assert project.postings()["k1"]["title"] == "Texte de Offre 1"
