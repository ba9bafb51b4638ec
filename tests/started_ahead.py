"""`jobpipe` commands in processes of their own, without the second that Python takes to load them.

One process loads everything and then only forks: what it forks is killed as any other, and begins at once.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NoReturn, Self

SOURCES = Path(__file__).parent.parent / "src"
# Packages, but those that start threads or an event loop when they are loaded.
_LOADED = (
    "cli definition destinations documents incidents ledger lifecycle runs taxonomy transform"
    " sources.connectors sources.formats sources.transports"
)
_SMALL_BATCHES = "--small-batches"
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
        return self._output.with_suffix(".out").read_text(encoding="utf-8", errors="replace")

    @property
    def complained(self) -> str:
        return self._output.with_suffix(".err").read_text(encoding="utf-8", errors="replace")


class Starter:
    """`with Starter(folder) as starter: starter.start("run", "offers").is_over(60)`. One command at a time."""

    def __init__(self, folder: Path, *, small_batches: bool = False) -> None:
        """What commands say is kept in this folder until the next one begins."""
        self._output = folder / "command"
        self._options = [_SMALL_BATCHES] if small_batches else []
        self._last: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, __file__, *self._options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(SOURCES), "PYTHONIOENCODING": "utf-8"},
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

    def start(
        self, *arguments: str | Path, cwd: Path | None = None, environ: Mapping[str, str] | None = None
    ) -> Command:
        """`environ`: all that there is in its environment; None: what was there when this began."""
        if self._last is not None:
            self._last.join()
        asked = {
            "arguments": [str(one) for one in arguments],
            "output": str(self._output),
            "cwd": str(cwd or Path.cwd()),
            "environ": None if environ is None else dict(environ),
        }
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


def _run(asked: Mapping[str, Any]) -> None:
    """In the forked process, which becomes like one that Python has just started."""
    os.setsid()
    output = Path(asked["output"])
    for number, ending in ((1, ".out"), (2, ".err")):
        file = os.open(output.with_suffix(ending), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(file, number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(asked["cwd"])
    if asked["environ"] is not None:
        os.environ.clear()
        os.environ.update(asked["environ"])
        time.tzset()
    command = importlib.import_module("jobpipe.cli.main")
    sys.path[0] = asked["cwd"]
    sys.argv = [str(command.__file__), *asked["arguments"]]
    # What the processes that it starts by `multiprocessing` begin with.
    sys.modules["__main__"] = command
    command.main()


def end_process(code: object) -> NoReturn:
    """As Python ends, without taking apart all that was loaded: that takes as long as a command does."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


def _load(*, small_batches: bool) -> None:
    """All that commands may need: whoever is forked finds it there."""
    for name in _LOADED.split():
        package = importlib.import_module(f"jobpipe.{name}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    if small_batches:
        comparing, applying = (importlib.import_module(f"jobpipe.runs.{name}") for name in ("comparing", "applying"))
        for module, name, value in ((comparing, "MAX_MISSES", _BATCH), (applying, "FLUSH_ROWS", _FLUSH)):
            setattr(module, name, value)


def _serve(questions: IO[str]) -> None:
    # No page of what is loaded is copied because somebody looked for garbage.
    gc.freeze()
    for line in questions:
        asked: dict[str, Any] = json.loads(line)
        pid = os.fork()
        if not pid:
            try:
                _run(asked)
            except SystemExit as end:
                end_process(end.code)
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    _load(small_batches=_SMALL_BATCHES in sys.argv)
    _serve(sys.stdin)
