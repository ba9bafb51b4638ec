"""`run` and the commands around it, as scripts and people call them: documents, exit codes, interruption."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from command_line import SOURCES, jobpipe
from engines import ON_A_CLUSTER
from project_folder import ProjectFolder, xml_feed

from jobpipe.ledger.models import Batch

TEN = {f"k{number}": f"Offre {number}" for number in range(10)}
FORTY = {f"k{number}": f"Offre {number}" for number in range(40)}


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    return ProjectFolder(tmp_path / "project")


def run(project: ProjectFolder, *arguments: str | Path) -> tuple[int, Any]:
    """Exit code and the document on stdout."""
    done = jobpipe("-C", project.root, "run", "offers", "--json", *arguments)
    return done.returncode, json.loads(done.stdout) if done.stdout else None


def test_the_document_of_a_run_has_what_scripts_read(project: ProjectFolder) -> None:
    (project.root / "feed.xml").write_bytes(xml_feed(TEN))
    code, (document,) = run(project)
    assert code == 0
    assert document["import"] == "offers"
    assert document["state"] == "succeeded"
    assert document["account"] == {
        "read": 10, "new": 10, "updated": 0, "unchanged": 0, "duplicate": 0, "filtered": 0, "rejected": 0, "closed": 0,
    }  # fmt: skip
    assert {"run", "expired", "reappeared", "live", "evidence", "seconds", "peak_rss_mb"} <= document.keys()
    assert document["evidence"]["complete"] is True
    assert document["evidence"]["why"]


def test_postings_as_json_are_one_a_line_with_the_names_of_the_schema(project: ProjectFolder) -> None:
    (project.root / "feed.xml").write_bytes(xml_feed(TEN))
    run(project)
    lines = jobpipe("-C", project.root, "postings", "offers", "--json").stdout.splitlines()
    assert len(lines) == 10
    assert json.loads(lines[0])["title"] == "Offre 0"


def test_exit_codes_say_what_happened(project: ProjectFolder) -> None:
    feed = project.root / "feed.xml"
    assert run(project)[0] == 1  # no such file
    feed.write_bytes(xml_feed(FORTY))
    assert run(project)[0] == 0
    feed.write_bytes(xml_feed(FORTY)[:900])
    assert run(project)[0] == 1  # partial
    feed.write_bytes(xml_feed({"k1": "Offre 1"}))
    code, (document,) = run(project)
    assert (code, document["state"]) == (3, "held")
    assert jobpipe("-C", project.root, "run", "ofers").returncode == 2
    assert jobpipe("-C", project.root, "accept", str(document["run"])).returncode == 0
    assert jobpipe("-C", project.root, "accept", str(document["run"])).returncode == 2  # it waits no more
    project.define("import: offers\nsource: {feed: x.xml}\nposting: {titel: t}\n")
    assert jobpipe("-C", project.root, "run", "offers").returncode == 2


def test_rejected_records_are_a_failure_only_where_they_are_asked_to_be(project: ProjectFolder) -> None:
    (project.root / "feed.xml").write_bytes(xml_feed(TEN | {"k3": ""}))
    assert run(project)[0] == 0
    (project.root / "feed.xml").write_bytes(xml_feed(TEN | {"k3": "", "k4": ""}))
    assert run(project, "--strict")[0] == 1


def test_a_run_that_could_use_nothing_says_so(project: ProjectFolder) -> None:
    (project.root / "feed.xml").write_bytes(xml_feed(dict.fromkeys(TEN, "")))
    done = jobpipe("-C", project.root, "run", "offers", "--quiet")
    assert (done.returncode, "every record was rejected" in done.stdout) == (0, True)
    text = (project.root / "imports/offers.yaml").read_text()
    (project.root / "imports/other.yaml").write_text(text.replace("import: offers", "import: other"))
    assert "every record was rejected" in jobpipe("-C", project.root, "run", "--all", "--quiet").stdout
    (project.root / "feed.xml").write_bytes(xml_feed(TEN))
    assert "every record" not in jobpipe("-C", project.root, "run", "offers", "--quiet").stdout


def test_another_file_is_read_instead_of_the_source_once(project: ProjectFolder) -> None:
    (project.root / "feed.xml").write_bytes(xml_feed(TEN))
    run(project)
    other = project.root / "other.xml"
    other.write_bytes(xml_feed(TEN | {"k1": "Autre"}))
    _, (document,) = run(project, "--file", other)
    assert (document["account"]["updated"], document["live"]) == (1, 10)
    _, (document,) = run(project)
    assert (document["account"]["read"], document["account"]["updated"]) == (10, 1)


def test_one_run_at_a_time_for_an_import(project: ProjectFolder) -> None:
    from jobpipe.ledger.models import Import
    from jobpipe.runs.lease import hold

    (project.root / "feed.xml").write_bytes(xml_feed(TEN))
    with project.open() as workspace, hold(workspace, Import.objects.create(name="offers")):
        code, (document,) = run(project)
    assert (code, document["state"]) == (1, "skipped")
    assert "another process" in document["error"]


def test_the_first_interrupt_finishes_the_batch_and_the_next_run_goes_on(project: ProjectFolder) -> None:
    number = 4_000 if ON_A_CLUSTER else 10_000
    many = {f"k{one}": f"Offre {one} " + "mot " * 200 for one in range(number)}
    (project.root / "feed.xml").write_bytes(xml_feed(many))
    child = subprocess.Popen(
        [sys.executable, "-m", "jobpipe.cli.main", "-C", str(project.root), "run", "offers", "--json", "--quiet"],
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    _wait_for_a_batch(project)
    child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=60)
    assert child.returncode == 130
    (interrupted,) = json.loads(out)
    assert interrupted["state"] == "running"
    _, (document,) = run(project)
    assert (document["run"], document["state"]) == (interrupted["run"], "succeeded")
    assert document["account"]["new"] == document["account"]["read"] == number


def _wait_for_a_batch(project: ProjectFolder) -> None:
    """The run has begun, and is not over."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with project.open():
            if Batch.objects.exists():
                return
        time.sleep(0.05)
    raise AssertionError("the run did not begin")


def test_a_person_gets_no_traceback_unless_it_is_asked_for(project: ProjectFolder) -> None:
    (project.root / "imports" / "offers.yaml").write_text("import: offers\nsource: [\n")
    done = jobpipe("-C", project.root, "run", "offers")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "imports/offers.yaml:" in done.stderr
    assert "Traceback" in jobpipe("--traceback", "-C", project.root, "run", "offers").stderr
