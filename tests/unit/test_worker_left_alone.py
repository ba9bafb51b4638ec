"""A worker process whose conductor has ended ends too, without a word."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
from command_line import SOURCES
from project_folder import ProjectFolder, xml_feed

from jobpipe.runs.executors.executor import Work
from jobpipe.runs.executors.worker import send
from jobpipe.runs.preparing import prepare
from jobpipe.sources.record import Context
from jobpipe.transform.outcome import Item


def test_a_worker_that_nobody_listens_to_any_more_ends_without_a_traceback(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "project")
    project.run(xml_feed({"1": "Mason"}), workers=0)
    with project.open() as workspace:
        charge = prepare(workspace, "offers").charge
    items = [Item(number, b"<offer/>", 0, "", "2026-01-01", 0) for number in range(1, 2_000)]
    work = Work(1, [Context(kind="xml")], items, False)
    process = subprocess.Popen(
        [sys.executable, "-m", "jobpipe.runs.executors.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PYTHONPATH": str(SOURCES)},
    )
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    process.stdout.close()
    send(process.stdin, msgspec.msgpack.encode(charge))
    send(process.stdin, msgspec.msgpack.encode(work))
    process.stdin.close()
    assert process.wait(60) == 0
    assert process.stderr.read() == b""
