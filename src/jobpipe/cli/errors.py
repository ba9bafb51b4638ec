"""How an error looks in a terminal."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from pathlib import Path

from jobpipe.cli.main import INTERNAL_ERROR, RUN_FAILED, WRONG_USE
from jobpipe.definition.faults import InvalidFileError
from jobpipe.definition.overrides import OverrideError
from jobpipe.errors import DefinitionError, InternalError, JobpipeError, UsageError
from jobpipe.safety.secrets import process_redactor

# What the system refuses is no fault of job-pipe's.
_REFUSALS = {
    errno.ENOSPC: "make room on the disk; nothing that was written before is lost",
    errno.EDQUOT: "make room within the quota; nothing that was written before is lost",
    errno.EFBIG: "files may not be that large here: look at `ulimit -f`",
    errno.EEXIST: "a file lies there where a folder is wanted: move it away",
    errno.ENOTDIR: "a file lies there where a folder is wanted: move it away",
    errno.EROFS: "it is on a disk that may only be read: `state` in jobpipe.yaml names another folder",
    errno.EACCES: "may its owner, and who runs this command, read and write it?",
    errno.EPERM: "may its owner, and who runs this command, read and write it?",
    errno.EMFILE: "too many files are open: look at `ulimit -n`, or run fewer imports at once",
    errno.ENFILE: "too many files are open on this machine",
}


def report_error(error: BaseException) -> int:
    if isinstance(error, JobpipeError):
        print_error(error)
        return exit_code_of(error)
    if isinstance(error, OSError) and error.errno in _REFUSALS:
        where = f"{error.filename}: " if error.filename else ""
        _print(f"error: {where}{error.strerror} [JP9002]\n  hint: {_REFUSALS[error.errno]}")
        return RUN_FAILED
    _print(
        f"error: job-pipe itself failed: {type(error).__name__}: {error} [JP9001]\n"
        "  this is a fault of job-pipe, not of your data; the same command with --traceback shows where"
    )
    return INTERNAL_ERROR


def record_bug(error: BaseException, folder: str | None) -> None:
    """As an incident of the project that the command was about, if there is one: what fails here hides nothing.

    Those of runs are recorded where runs are made.
    """
    import contextlib

    from jobpipe.incidents.bugs import is_bug

    with contextlib.suppress(Exception):
        if is_bug(error) and not getattr(error, "is_recorded", False):
            from jobpipe.definition.project import find_project
            from jobpipe.runs.recording_failures import record_failure
            from jobpipe.runs.workspace import open_workspace

            with open_workspace(find_project(Path(folder) if folder else None, os.environ)) as workspace:
                record_failure(workspace.project, error)


def report_traceback(error: BaseException) -> None:
    """Where in the code an error came from."""
    _print("".join(traceback.format_exception(error)).rstrip("\n"))


def print_error(error: JobpipeError, *, word: str = "error") -> None:
    _print(text_of(error, word=word))


def _print(text: str) -> None:
    print(process_redactor.clean(text), file=sys.stderr)


def text_of(error: JobpipeError, *, word: str = "error") -> str:
    """The error in a few lines: where, what, and what to do."""
    if isinstance(error, InvalidFileError):
        return error.render(word=word)
    place = str(error.place)
    said = f"{place}: {error.message}" if place else error.message
    lines = [f"{word}: {said} [{error.code}]"]
    if isinstance(error, OverrideError):
        lines += _marked(error)
    if error.hint:
        lines.append(f"  hint: {error.hint}")
    return "\n".join(lines)


def _marked(error: OverrideError) -> list[str]:
    """The line of the rule that is meant, and a mark under what is wrong in it."""
    line = (error.text.splitlines() or [""])[error.place.line - 1 : error.place.line]
    if not line:
        return []
    column = error.place.column - 1
    begins = max(column - 60, 0)
    shown = line[0][begins : begins + 100]
    length = max(min(error.end - error.start, len(shown) - (column - begins)), 1)
    return [f"  {shown}", f"  {' ' * (column - begins)}{'^' * length}"]


def exit_code_of(error: JobpipeError) -> int:
    if isinstance(error, (UsageError, DefinitionError)):
        return WRONG_USE
    return INTERNAL_ERROR if isinstance(error, InternalError) else RUN_FAILED
