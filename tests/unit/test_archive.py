"""The archive of a run that one process began and another goes on with, while the first one only slept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import SOURCES

from jobpipe.sources.archive import BLOCK, ArchiveReader, ArchiveWriter

# Keeps a block and a half, waits, and then keeps another two blocks and says that this was all.
SLEEPER = """
import sys
from pathlib import Path
from jobpipe.sources.archive import BLOCK, ArchiveWriter
with ArchiveWriter(Path(sys.argv[1]), 1, 0) as writer:
    writer.write(b"a" * (BLOCK + BLOCK // 2))
    print("asleep", flush=True)
    sys.stdin.readline()
    writer.write(b"b" * (2 * BLOCK))
"""


@pytest.fixture
def sleeper(tmp_path: Path) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", SLEEPER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "asleep\n"
    return child


def test_what_the_sleeper_keeps_later_is_not_in_the_archive_of_whoever_went_on(
    tmp_path: Path, sleeper: subprocess.Popen[str]
) -> None:
    with ArchiveWriter.resume(tmp_path, 1, 0) as writer:
        assert writer.length == BLOCK
        sleeper.communicate("wake up\n")
        writer.write(b"c" * 10)
    assert sleeper.returncode == 0
    kept = ArchiveReader(tmp_path, 1, 0)
    assert kept.is_finished
    assert b"".join(kept) == b"a" * BLOCK + b"c" * 10


def test_nor_in_that_of_whoever_began_anew(tmp_path: Path, sleeper: subprocess.Popen[str]) -> None:
    with ArchiveWriter(tmp_path, 1, 0) as writer:
        writer.write(b"c" * 10)
        sleeper.communicate("wake up\n")
    assert sleeper.returncode == 0
    assert b"".join(ArchiveReader(tmp_path, 1, 0)) == b"c" * 10


def test_after_a_kill_the_files_are_gone_on_with_as_they_are(tmp_path: Path, sleeper: subprocess.Popen[str]) -> None:
    sleeper.kill()
    sleeper.communicate()
    (blocks,) = tmp_path.rglob("*.blocks")
    before = blocks.stat().st_ino
    with ArchiveWriter.resume(tmp_path, 1, 0) as writer:
        writer.write(b"c")
    assert blocks.stat().st_ino == before
    assert b"".join(ArchiveReader(tmp_path, 1, 0)) == b"a" * BLOCK + b"c"
