"""What a run says while it goes, kept for whoever looks at it later: its stages, and what is logged about it.

`.jobpipe/logs/run-17.jsonl`, a document a line; `keep.logs` says for how many days.  It is there for people alone:
where it cannot be written, a run goes on without it.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import msgspec

from jobpipe.logs import run_of_now
from jobpipe.safety.secrets import RedactingFilter, process_redactor, redact

# Lines of one sitting: a site whose every page fails says no more than that.
MOST_LINES = 2_000
# Seconds between two lines that tell how far it is.
_PROGRESS_EVERY = 10.0
_OURS = "jobpipe"


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    # ISO, UTC.
    at: str
    # info warning error
    level: str
    # read apply finish; "" = whatever part of job-pipe said it.
    stage: str = ""
    message: str


class RunLog(logging.Handler):
    """Of one sitting; a later one goes on in the same file."""

    def __init__(self, file: TextIO, run: int) -> None:
        super().__init__(logging.INFO)
        self._file = file
        self._run = run
        self._left = MOST_LINES
        self._told = time.monotonic()
        self.addFilter(RedactingFilter(process_redactor))

    def say(self, stage: str, message: str, level: str = "info") -> None:
        self._write(LogLine(at=_now(), level=level, stage=stage, message=redact(message)))

    def progress(self, stage: str, message: str) -> None:
        """May be called often: said every few seconds."""
        now = time.monotonic()
        if now - self._told >= _PROGRESS_EVERY:
            self._told = now
            self.say(stage, message)

    def emit(self, record: logging.LogRecord) -> None:
        if run_of_now() == self._run:
            at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
            self._write(LogLine(at=at, level=record.levelname.lower(), message=record.getMessage()))

    def _write(self, line: LogLine) -> None:
        self._left -= 1
        if self._left < 0:
            return
        if not self._left:
            line = LogLine(at=line.at, level="warning", message="there is more, which is not kept")
        with self.lock or contextlib.nullcontext(), contextlib.suppress(OSError, ValueError):
            self._file.write(json.dumps(msgspec.to_builtins(line), ensure_ascii=False) + "\n")
            self._file.flush()


class _Terminal(logging.Handler):
    """Where nobody set up a log, a warning stands on the terminal as it does without these; once, however many runs."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.addFilter(RedactingFilter(process_redactor))

    def emit(self, record: logging.LogRecord) -> None:
        if not logging.getLogger().handlers and logging.lastResort is not None:
            logging.lastResort.handle(record)


_terminal = _Terminal()


@contextlib.contextmanager
def kept_log(state: Path | None, run: int) -> Iterator[RunLog]:
    """`state`: the project's; None = nothing of the run is kept. Where it cannot be written, nothing is."""
    file = _opened(log_file(state, run)) if state is not None else io.StringIO()
    ours = logging.getLogger(_OURS)
    log = RunLog(file, run)
    if not ours.isEnabledFor(logging.INFO):
        # Stays so: another run of this process may still listen when this one ends.
        ours.setLevel(logging.INFO)
    ours.addHandler(_terminal)
    ours.addHandler(log)
    try:
        yield log
    finally:
        ours.removeHandler(log)
        file.close()


def _opened(path: Path) -> TextIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a", encoding="utf-8", errors="replace")
    except OSError:
        return io.StringIO()


def log_file(state: Path, run: int) -> Path:
    return state / "logs" / f"run-{run}.jsonl"


def lines_of(state: Path, run: int) -> list[LogLine]:
    """In their order; [] = none are kept. A line that a kill has cut is passed over."""
    found = []
    try:
        with log_file(state, run).open("rb") as file:
            for line in file:
                with contextlib.suppress(msgspec.MsgspecError):
                    found.append(msgspec.json.decode(line, type=LogLine))
    except OSError:
        return []
    return found


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
