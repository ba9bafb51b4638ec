"""Records that would take a worker with them: one that needs all memory, one that never ends. Each costs itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import jobpipe
from project_folder import DEFINITION, ProjectFolder, xml_feed

from jobpipe.documents.store import Role
from jobpipe.runs import comparing
from jobpipe.runs.executors import record_time

# More than one batch of these, so that there are workers.
BATCH = 8
MANY = {f"k{number}": f"Offre {number}" for number in range(770, 790)}

NEEDS_ALL_MEMORY = """
import resource
def fix(value):
    if value == 'Offre 777':
        before = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (2_000_000_000, before[1]))
        try:
            value += 'x' * 4_000_000_000
        finally:
            resource.setrlimit(resource.RLIMIT_AS, before)
    return value
"""
IS_KILLED_FOR_ITS_MEMORY = """
import os, signal
def fix(value):
    if value == 'Offre 777':
        os.kill(os.getpid(), signal.SIGKILL)
    return value
"""
NEVER_ENDS = """
def fix(value):
    while value == 'Offre 777':
        pass
    return value
"""
NEVER_ENDS_AND_TAKES_NO_NOTICE = """
import time
def fix(value):
    while value == 'Offre 777':
        try:
            time.sleep(60)
        except Exception:
            pass
    return value
"""
HOLDS_THE_INTERPRETER = """
def fix(value):
    if value == 'Offre 777':
        sum(range(10 ** 15))
    return value
"""
# Workers are processes of their own, which import this before anything else.
IMPATIENT = "from jobpipe.runs.executors import record_time\nrecord_time.SECONDS, record_time.GRACE = 0.5, 0.3\n"


@pytest.mark.parametrize(
    ("hook", "reason", "why"),
    [
        (NEEDS_ALL_MEMORY, "hook", "MemoryError"),
        (IS_KILLED_FOR_ITS_MEMORY, "crash", "ended the worker process"),
        (NEVER_ENDS, "timeout", "took longer than"),
        (NEVER_ENDS_AND_TAKES_NO_NOTICE, "crash", "ended the worker process"),
        (HOLDS_THE_INTERPRETER, "crash", "ended the worker process"),
    ],
    ids=["needs all memory", "is killed for its memory", "never ends", "takes no notice", "holds the interpreter"],
)
def test_a_record_that_takes_its_worker_with_it_is_quarantined_and_the_others_are_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hook: str, reason: str, why: str
) -> None:
    monkeypatch.setattr(comparing, "MAX_MISSES", BATCH)
    monkeypatch.setattr(record_time, "SECONDS", 0.5)
    (tmp_path / "sitecustomize.py").write_text(IMPATIENT)
    monkeypatch.syspath_prepend(tmp_path)
    project = ProjectFolder(tmp_path / "project", DEFINITION)
    (project.root / "hooks.py").write_text(hook)
    project.define(DEFINITION.replace("title: title", 'title: {from: title, then: {python: "hooks:fix"}}'))
    report = project.run(xml_feed(MANY), workers=1)
    assert (report.state, report.account["new"], report.account["rejected"]) == ("succeeded", 19, 1)
    (row,) = project.rows(Role.REJECTED)
    assert (row.key, row.ordinal, row.reason) in {("k777", 8, reason), ("", 8, reason)}
    assert why in jobpipe("-C", project.root, "quarantine", "offers", columns=200).stdout
    (project.root / "hooks.py").write_text("def fix(value):\n    return value\n")
    healed = project.run(workers=1)
    assert (healed.account["rejected"], healed.live) == (0, 20)
