"""What long-lived processes say: on stderr, a line each, as text or as JSON, without secrets.

with about(name, run): ...   # every line within says which import and which run it is about
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
import traceback
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, datetime

from jobpipe.safety.secrets import RedactingFilter, process_redactor

# `text` or `json`: also what the children of this process take.
FORMAT_VARIABLE = "JOBPIPE_LOG"
# 1 = each request is told too; likewise.
_MORE_VARIABLE = "JOBPIPE_VERBOSE"

_import: ContextVar[str] = ContextVar("import", default="")
_run: ContextVar[int] = ContextVar("run", default=0)


@contextlib.contextmanager
def about(name: str, run: int = 0) -> Iterator[None]:
    """0 = not known (yet)."""
    tokens = _import.set(name), _run.set(run)
    try:
        yield
    finally:
        _import.reset(tokens[0])
        _run.reset(tokens[1])


def now_about_run(run: int) -> None:
    """Within `about`: the run has its number."""
    _run.set(run)


def run_of_now() -> int:
    """Which run the lines of this thread are about; 0 = none that is known."""
    return _run.get()


def choose_format(name: str) -> None:
    os.environ[FORMAT_VARIABLE] = name


def log_requests() -> None:
    """From now on, also where the process would say nothing."""
    os.environ[_MORE_VARIABLE] = "1"
    log_to_stderr()


def log_to_stderr() -> None:
    """Once a process; again, it only takes another format."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if os.environ.get(FORMAT_VARIABLE) == "json" else TextLines())
    handler.addFilter(_Context())
    handler.addFilter(RedactingFilter(process_redactor))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # A line a message is for those who look for a fault, not for every day; nor is each request.
    quiet = ("celery.worker.strategy", "celery.app.trace", "scrapy", "uvicorn.access", "uvicorn.error")
    requests = ("httpx", "httpx2")
    for name in (*quiet, *(() if os.environ.get(_MORE_VARIABLE) else requests)):
        logging.getLogger(name).setLevel(logging.WARNING)


class _Context(logging.Filter):
    """Where a line names none, the import and the run of the thread that says it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.import_name = getattr(record, "import_name", "") or _import.get()
        record.run = getattr(record, "run", 0) or _run.get()
        return True


class TextLines(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(about)s%(message)s")

    def format(self, record: logging.LogRecord) -> str:
        name, run = getattr(record, "import_name", ""), getattr(record, "run", 0)
        record.about = f"[{name} run {run}] " if name and run else f"[{name}] " if name else ""
        return super().format(record)


class JsonLines(logging.Formatter):
    """One document a line."""

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if name := getattr(record, "import_name", ""):
            said["import"] = name
        if run := getattr(record, "run", 0):
            said["run"] = run
        if record.exc_text or record.exc_info:
            said["traceback"] = record.exc_text or "".join(traceback.format_exception(*(record.exc_info or ())))
        return json.dumps(said, ensure_ascii=False)
