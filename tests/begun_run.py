"""Runs in processes of their own that have begun and are not over, for tests that disturb them."""

from __future__ import annotations

import os
import subprocess
import sys

from command_line import SOURCES
from project_folder import ProjectFolder

# Enough that a run has several batches, as `begin` makes them.
MANY = {f"k{number}": f"Offre {number} " + "mot " * 100 for number in range(3_000)}


def environ(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(SOURCES), **more}


# A run whose lease is short, so that others need not wait; it says when something is applied, and has small batches
# that it applies without haste: it is under way for a while, as one of many records is.
SHORT = """
import sys
import time
from jobpipe.runs import applying, comparing, journal, lease
lease.LENGTH = float(sys.argv.pop(1))
pause = float(sys.argv.pop(1))
comparing.MAX_MISSES, applying.FLUSH_ROWS = 100, 150
mark = journal.LedgerJournal.mark_done
def told(self, batches):
    mark(self, batches)
    print("applied", flush=True)
    time.sleep(pause)
journal.LedgerJournal.mark_done = told
from jobpipe.cli.main import main
main(sys.argv[1:])
"""


def begin(project: ProjectFolder, *, lease: float = 1.0, pause: float = 0.1) -> subprocess.Popen[str]:
    """A run in a process of its own, that has applied something; `lease`, and after each batch `pause`: seconds."""
    command = [
        sys.executable,
        "-c",
        SHORT,
        str(lease),
        str(pause),
        "-C",
        str(project.root),
        "run",
        "offers",
        "--quiet",
        "--workers",
        "1",
    ]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ())
    assert child.stdout is not None
    assert child.stdout.readline() == "applied\n"
    return child
