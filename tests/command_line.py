"""The `jobpipe` command as people call it: a process of its own, for tests."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from started_ahead import SOURCES, Starter

__all__ = ["SOURCES", "jobpipe", "jobpipe_from_nothing"]

# Seconds.
_PATIENCE = 60
_idle: list[Starter] = []


def jobpipe(
    *arguments: str | Path, cwd: Path | None = None, columns: int = 100, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run it with these arguments; `environ` is added to the environment, of which the project is no part.

    The process is forked from one that has loaded everything, since loading takes longer than most commands do.
    """
    with _starter() as starter:
        command = starter.start(*arguments, cwd=cwd, environ=_environment(columns, environ))
        if not command.is_over(_PATIENCE):
            os.killpg(command.pid, signal.SIGKILL)
            raise subprocess.TimeoutExpired([str(one) for one in arguments], _PATIENCE)
        assert command.code is not None
        return subprocess.CompletedProcess(arguments, command.code, command.said, command.complained)


def jobpipe_from_nothing(
    *arguments: str | Path, cwd: Path | None = None, columns: int = 100, **environ: str
) -> subprocess.CompletedProcess[str]:
    """The same by a Python that has loaded nothing yet: that a command loads what it needs shows here."""
    return subprocess.run(
        [sys.executable, "-m", "jobpipe.cli.main", *map(str, arguments)],
        cwd=cwd,
        env=_environment(columns, environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=_PATIENCE,
    )


def _environment(columns: int, more: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "JOBPIPE_PROJECT"}
    own = {"PYTHONPATH": str(SOURCES), "PYTHONIOENCODING": "utf-8", "COLUMNS": str(columns)}
    return {**kept, **own, **more}


@contextmanager
def _starter() -> Iterator[Starter]:
    """One that is idle, or another one where all are at work for other threads."""
    starter = _idle.pop() if _idle else _new_starter()
    yield starter
    _idle.append(starter)


def _new_starter() -> Starter:
    folder = Path(tempfile.mkdtemp(prefix="jobpipe-commands-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    starter = Starter(folder)
    starter.__enter__()
    atexit.register(starter.__exit__, None, None, None)
    return starter
