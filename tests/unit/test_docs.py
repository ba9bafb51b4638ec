"""The documentation is true: reference pages are those of the code, links lead somewhere, commands run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted(
    [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "bench").glob("*.md")]
)
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_COMMANDS = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def test_the_reference_is_that_of_the_code(tmp_path: Path) -> None:
    # In a process of its own: a command that was run before in this one remembers the words for help it had there.
    subprocess.run([sys.executable, ROOT / "docs" / "generate.py", tmp_path], check=True)
    for page in sorted(tmp_path.iterdir()):
        written = (ROOT / "docs" / "reference" / page.name).read_text(encoding="utf-8")
        assert written == page.read_text(encoding="utf-8"), f"{page.name} is stale: python docs/generate.py"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in _LINK.findall(page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_commands_of_the_tutorial_run(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    lines = [line.partition("  #")[0] for block in _COMMANDS.findall(text) for line in block.splitlines() if line]
    assert len(lines) > 10
    folder = tmp_path
    for line in lines:
        command, *arguments = shlex.split(line)
        if command == "cd":
            folder = folder / arguments[0]
            continue
        assert command == "jobpipe"
        done = subprocess.run(
            [sys.executable, "-m", "jobpipe.cli.main", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
