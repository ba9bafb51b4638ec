"""A conductor of `jobpipe serve`: a process that makes the runs that wait."""

from __future__ import annotations

from multiprocessing.connection import Connection

from jobpipe.definition.project import Project
from jobpipe.logs import log_to_stderr
from jobpipe.runs.conductor_process import conduct
from jobpipe.runs.taking_up import take_up


def conduct_what_waits(project: Project, at_once: int, pipe: Connection) -> None:
    """Ends the process."""
    log_to_stderr()
    conduct(project, at_once, pipe, [], run_one=take_up)
