"""Each command of the tutorial, and of the README's first steps, runs: on a feed of the shape of the one it names."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from command_line import jobpipe
from http_source import HttpSource

ROOT = Path(__file__).parent.parent.parent
# What the pages name, and what stands in for it.
ADDRESS = "https://weworkremotely.com/remote-jobs.rss"
FEED = ROOT / "examples" / "feeds" / "remote-jobs.rss"
_BLOCKS = re.compile(r"```sh\n(.*?)```", re.DOTALL)
# What installs, or stays until it is ended: other tests run those.
_NOT_RUN = re.compile(r"make |export |jobpipe serve")


def commands_of(page: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return [line for block in _BLOCKS.findall(text) for line in block.splitlines() if line.strip()]


def arguments_of(line: str) -> list[str]:
    """As a shell splits them: `jobpipe` itself would have to be on its path."""
    said = subprocess.run(["bash", "-c", f'printf "%s\\0" {line}'], capture_output=True, text=True, check=True)
    return said.stdout.split("\0")[1:-1]


@pytest.mark.parametrize(
    ("page", "least"), [("docs/tutorial.md", 25), ("README.md", 6), ("docs/how-to/settings.md", 3)]
)
def test_each_command_runs_in_the_order_of_the_page(page: str, least: int, tmp_path: Path) -> None:
    lines = commands_of(page)
    assert len(lines) >= least
    folder = tmp_path
    if "jobpipe init" not in lines[0] + lines[2]:
        (folder / "jobpipe.yaml").write_text("{}\n")
    with HttpSource() as source:
        source.serve("/remote-jobs.rss", FEED.read_bytes())
        for line in lines:
            command, _, comment = (line if "  #" in line else line + "  # ").partition("  #")
            if _NOT_RUN.match(command):
                continue
            if command.startswith("cd "):
                folder = folder / command.split()[1]
            elif command.startswith("sed "):
                subprocess.run(["bash", "-c", command], cwd=folder, check=True)
            else:
                assert command.startswith("jobpipe "), line
                arguments = arguments_of(command.replace(ADDRESS, source.url("/remote-jobs.rss")))
                done = jobpipe(*arguments, cwd=folder, columns=80)
                assert (done.returncode != 0) == comment.startswith(" fails"), f"{line}: {done.stdout}{done.stderr}"
                assert "Traceback" not in done.stderr
