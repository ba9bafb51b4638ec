"""Whatever is killed at random while a machine imports, exports and decides: `make chaos`, in short."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CHAOS = Path(__file__).parent.parent / "chaos.py"


@pytest.mark.slow
def test_after_twenty_kills_all_is_as_if_nothing_had_been_disturbed() -> None:
    # In a process of its own: what it looks for afterwards, by a mark in the environment, is its own alone.
    command = [
        sys.executable,
        str(CHAOS),
        "--no-site",
        "--kills",
        "20",
        "--seed",
        "4",
        "--size",
        "60",
        "--most-kills",
        "10",
    ]

    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-3_000:]
    assert "20 kills" in done.stdout, done.stdout
