"""Writing an import: the same records again at each save, a field step by step, paths tried in a shell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from command_line import SOURCES, jobpipe
from http_source import HttpSource
from processes import end_with_parent

DEFINITION = """\
import: board
source: {{feed: "{feed}"}}
posting:
  reference: "@id"
  title: [intitule, clean]
  locations: {{from: lieux, split: " / ", each: place}}
  contract: {{from: contrat, map: contracts}}
"""
FEED = """\
<offres>
  <offre id="1"><intitule>Soudeur  naval</intitule><lieux>Brest / Nantes</lieux><contrat>CDI</contrat></offre>
  <offre id="2"><intitule>Pilote</intitule><contrat>CDD</contrat></offre>
</offres>
"""
# Seconds.
_PATIENCE = 30


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for folder in ("imports", "mappings"):
        (tmp_path / folder).mkdir()
    (tmp_path / "jobpipe.yaml").write_text("{}\n")
    (tmp_path / "imports" / "board.yaml").write_text(DEFINITION.format(feed="feed.xml"))
    (tmp_path / "mappings" / "contracts.csv").write_text("label,code\nCDI,permanent\n")
    (tmp_path / "feed.xml").write_text(FEED, encoding="utf-8")
    return tmp_path


def said(project: Path, *arguments: str) -> str:
    done = jobpipe("-C", project, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


# Step by step ----------------------------------------------------------------------------------------


def test_a_field_is_traced_from_what_was_found_through_each_step_to_the_posting(project: Path) -> None:
    document = json.loads(said(project, "preview", "board", "--trace", "locations", "--json"))
    first = document["records"][0]
    assert first["found"] == [{"path": "lieux", "values": ["Brest / Nantes"]}]
    steps = [(step["step"], step["given"]) for step in first["steps"]]
    assert steps[:2] == [("split", "Brest / Nantes"), ("each place", "Brest")]
    assert first["steps"][0]["made"] == ["Brest", "Nantes"]
    assert [place["city"] for place in first["value"]] == ["Brest", "Nantes"]
    shown = said(project, "preview", "board", "--trace", "contract")
    assert [line.split()[:3] for line in shown.splitlines() if line.lstrip().startswith("map ")] == [
        ["map", "CDI", "permanent"],
        ["map", "CDD", "the"],
    ]
    assert "contracts does not have" in " ".join(shown.split())


def test_a_traced_posting_is_the_one_that_a_run_makes(project: Path) -> None:
    traced = json.loads(said(project, "preview", "board", "--trace", "title", "--json"))["records"][0]
    assert traced["steps"][-1]["made"] == traced["value"] == "Soudeur naval"


def test_a_field_that_no_rule_makes_is_named_with_the_nearest(project: Path) -> None:
    done = jobpipe("-C", project, "preview", "board", "--trace", "titel")
    assert (done.returncode, "did you mean `title`?" in done.stderr) == (2, True)


# Again at each save ----------------------------------------------------------------------------------


class Watched:
    """`preview --watch` under way: what it says, a screen at a time."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._lines: Queue[str] = Queue()
        assert process.stdout is not None
        threading.Thread(target=self._read, args=(process.stdout,), daemon=True).start()

    def _read(self, stream: Any) -> None:
        for line in stream:
            self._lines.put(line)

    def screen(self) -> str:
        """All up to the line which says that it waits."""
        text = ""
        while "waits for the next save" not in text:
            text += self._lines.get(timeout=_PATIENCE)
        return text


@contextmanager
def watching(project: Path, *arguments: str) -> Iterator[Watched]:
    command = [sys.executable, "-m", "jobpipe.cli.main", "-C", str(project), "preview", "board", "--watch", *arguments]
    environ = {**os.environ, "PYTHONPATH": str(SOURCES), "COLUMNS": "100", "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        command,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=end_with_parent,
    )
    try:
        yield Watched(process)
    finally:
        process.kill()
        process.wait()


def test_a_save_is_seen_on_the_same_records_and_a_mistake_waits_to_be_mended(project: Path) -> None:
    with HttpSource() as source:
        source.serve("/feed.xml", FEED.encode())
        file = project / "imports" / "board.yaml"
        text = DEFINITION.format(feed=source.url("/feed.xml"))
        file.write_text(text)
        with watching(project) as watched:
            assert "Soudeur naval" in watched.screen()
            file.write_text(text.replace("clean]", "clean, upper]"))
            assert "SOUDEUR NAVAL" in watched.screen()
            file.write_text(text.replace("title:", "titel:"))
            wrong = watched.screen()
            assert "imports/board.yaml:5:3" in wrong and "did you mean `title`?" in wrong
            (project / "mappings" / "contracts.csv").write_text("label,code\nCDI,permanent\nCDD,fixed_term\n")
            watched.screen()
            file.write_text(text)
            assert "fixed_term" in watched.screen()
            assert len(source.seen("/feed.xml")) == 1
            # Where the source is another, or cut otherwise, it has to be read.
            file.write_text(text.replace('feed: "', 'record: offre, feed: "'))
            watched.screen()
            assert len(source.seen("/feed.xml")) == 2


# The shell -------------------------------------------------------------------------------------------


def test_a_path_in_the_shell_finds_what_it_finds_in_a_definition(project: Path) -> None:
    assert json.loads(said(project, "shell", "board", "-c", 'select("@id")', "--json")) == ["1"]
    assert said(project, "shell", "board", "-c", 'select("intitule", records[1])') == "Pilote\n"
    assert said(project, "shell", "board", "-c", 'found("lieux")').splitlines()[0] == "in 1 of 2 records, 1 different"
    assert json.loads(said(project, "shell", "board", "-c", "posting()", "--json"))["contract"] == "permanent"
    assert said(project, "shell", "board", "-c", "document").strip() == FEED.strip()
    assert json.loads(said(project, "shell", "board", "-c", 'found("lieux")', "--json")).startswith("in 1 of 2")
    for wrong in ('select("a[")', "nothing", "1 +", "select"):
        done = jobpipe("-C", project, "shell", "board", "--json", "-c", wrong)
        assert done.returncode in (1, 2) and "job-pipe itself" not in done.stderr


def test_the_shell_opens_what_the_last_run_kept_unless_the_source_is_asked_for(project: Path) -> None:
    said(project, "run", "board")
    (project / "feed.xml").write_text(FEED.replace("Pilote", "Capitaine"), encoding="utf-8")
    titles = ("shell", "board", "-c", '[each.value["intitule"] for each in records]', "--json")
    assert json.loads(said(project, *titles))[1] == "Pilote"
    assert json.loads(said(project, *titles, "--from", "source"))[1] == "Capitaine"


def test_the_shell_is_a_python_with_the_records_at_hand(project: Path) -> None:
    lines = 'use(2)\nselect("intitule")\nselect("a[")\nuse(9)\n'
    done = subprocess.run(
        [sys.executable, "-m", "jobpipe.cli.main", "-C", str(project), "shell", "board"],
        env={**os.environ, "PYTHONPATH": str(SOURCES), "HOME": str(project)},
        input=lines,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "['Pilote']" in done.stdout
    assert "cannot read the path" in done.stderr and "there is no record 9" in done.stderr
    assert "Traceback" not in done.stderr
