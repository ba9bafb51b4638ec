"""The `jobpipe` command as people call it: a process of its own, for tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SOURCES = Path(__file__).parent.parent / "src"


def jobpipe(
    *arguments: str | Path, cwd: Path | None = None, columns: int = 100, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run it with these arguments; `environ` is added to the environment, of which the project is no part."""
    kept = {name: value for name, value in os.environ.items() if name != "JOBPIPE_PROJECT"}
    return subprocess.run(
        [sys.executable, "-m", "jobpipe.cli.main", *map(str, arguments)],
        cwd=cwd,
        env={**kept, "PYTHONPATH": str(SOURCES), "PYTHONIOENCODING": "utf-8", "COLUMNS": str(columns), **environ},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
    )
