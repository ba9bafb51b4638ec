"""`jobpipe` commands in processes of their own, without the second that Python takes to load them.

One process loads everything and then only forks: what it forks is killed as any other, and begins at once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from command_line import SOURCES

# Smaller batches, that small feeds have several.
_BATCH = 40
_FLUSH = 60


class Command:
    """One that was started. `code`: as `Popen.returncode`; None while it runs."""

    def __init__(self, pid: int, output: Path) -> None:
        self.pid = pid
        self._output = output
        self._ended = threading.Event()
        self.code: int | None = None

    def is_over(self, within: float = 0.0) -> bool:
        return self._ended.wait(within)

    def end(self, code: int) -> None:
        self.code = code
        self._ended.set()

    @property
    def said(self) -> str:
        return self._output.with_suffix(".out").read_text(errors="replace")

    @property
    def complained(self) -> str:
        return self._output.with_suffix(".err").read_text(errors="replace")


class Starter:
    """`with Starter(folder) as starter: starter.start("run", "offers").is_over(60)`. One command at a time."""

    def __init__(self, folder: Path) -> None:
        self._output = folder / "command"
        self._last: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(SOURCES), str(Path(__file__).parent)])},
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # It is waiting for the next line, whose end ends it.
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def start(self, *arguments: str | Path) -> Command:
        if self._last is not None:
            self._last.join()
        asked = {"arguments": [str(one) for one in arguments], "output": str(self._output)}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        command = Command(int(self._line()), self._output)
        self._last = threading.Thread(target=lambda: command.end(int(self._line())), daemon=True)
        self._last.start()
        return command

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


def _run(arguments: Sequence[str], output: Path) -> None:
    """In the forked process."""
    os.setsid()
    for number, ending in ((1, ".out"), (2, ".err")):
        file = os.open(output.with_suffix(ending), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(file, number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    from jobpipe.cli.main import main

    main(list(arguments))


def _load() -> None:

    import jobpipe.cli.commands.accept
    import jobpipe.cli.commands.export
    import jobpipe.cli.commands.map
    import jobpipe.cli.commands.reprocess
    import jobpipe.cli.commands.run
    import jobpipe.cli.opening
    import jobpipe.destinations.export
    import jobpipe.documents.sqlite
    import jobpipe.ledger.opening
    import jobpipe.runs.applying as applying
    import jobpipe.runs.comparing as comparing
    import jobpipe.runs.conducting
    import jobpipe.runs.executors.local
    import jobpipe.sources.transports.http
    import jobpipe.transform.compile  # noqa: F401

    for module, name, value in ((comparing, "MAX_MISSES", _BATCH), (applying, "FLUSH_ROWS", _FLUSH)):
        setattr(module, name, value)


def _serve(questions: IO[str]) -> None:
    for line in questions:
        asked: dict[str, Any] = json.loads(line)
        pid = os.fork()
        if not pid:
            # Ends by SystemExit, as any command.
            _run(asked["arguments"], Path(asked["output"]))
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    _load()
    _serve(sys.stdin)
