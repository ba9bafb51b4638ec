"""Bugs: exceptions that nobody expected, with what a developer needs to find them."""

from __future__ import annotations

import platform
import traceback
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType

from jobpipe.errors import InternalError, JobpipeError
from jobpipe.incidents.occurrence import MAX_MESSAGE, Occurrence
from jobpipe.safety.secrets import process_redactor

# Characters, of its end.
MAX_TRACEBACK = 12_000
_PACKAGES = ("job-pipe", "django", "pydantic", "msgspec", "lxml", "celery", "pymongo", "scrapy")


def is_bug(error: BaseException) -> bool:
    """Whether job-pipe broke one of its own promises; what was foreseen is none, however grave."""
    return isinstance(error, InternalError) or not isinstance(error, JobpipeError)


def bug_of(error: BaseException, *, stage: str = "") -> Occurrence:
    text = process_redactor.clean("".join(traceback.format_exception(error)))
    said = process_redactor.clean(f"{type(error).__name__}: {error}")[:MAX_MESSAGE]
    where = _innermost(error.__traceback__)
    return Occurrence(
        kind="bug",
        message=said,
        stage=stage,
        place=where,
        # The line moves with each version, the function hardly.
        identity=f"{type(error).__name__} in {where}",
        details={"traceback": text[-MAX_TRACEBACK:], "versions": versions()},
    )


def _innermost(trace: TracebackType | None) -> str:
    """module:function of the last frame in job-pipe's own code; else of the last one."""
    found = last = ""
    while trace is not None:
        frame = trace.tb_frame
        module = str(frame.f_globals.get("__name__", "?"))
        last = f"{module}:{frame.f_code.co_name}"
        if module.partition(".")[0] == "jobpipe":
            found = last
        trace = trace.tb_next
    return found or last


@cache
def versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
