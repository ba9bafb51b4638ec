"""`jobpipe recover`"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from jobpipe.cli.main import INTERRUPTED
from jobpipe.cli.options import json_option, quiet_option

if TYPE_CHECKING:
    from jobpipe.runs.progress import Progress
    from jobpipe.runs.report import RunReport
    from jobpipe.runs.starting import StopRequest
    from jobpipe.runs.workspace import Workspace


@click.command("recover")
@json_option
@quiet_option
@click.pass_context
def command(context: click.Context, as_json: bool, quiet: bool) -> int:
    """Take up the runs that dead processes left, and those that were asked for and nobody makes.

    `jobpipe serve` does this by itself, and the workers of a cluster do for theirs. What was read already comes from
    the archive; nothing is applied twice.
    """
    from jobpipe.cli.commands.run import exit_code, finish_the_batch_on_interrupt, raise_interrupt
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import print_json, print_line
    from jobpipe.cli.progress import progress_for
    from jobpipe.runs.progress import Progress
    from jobpipe.runs.starting import StopRequest
    from jobpipe.runs.taking_up import waiting_imports

    stop = StopRequest()
    reports: list[RunReport] = []
    with open_workspace(context) as workspace:
        waiting = waiting_imports(workspace)
        finish_the_batch_on_interrupt(stop, second=raise_interrupt)
        for one in waiting:
            report = _take_up(workspace, one.name, Progress() if quiet else progress_for(sys.stderr), stop)
            reports.append(report)
            if not as_json:
                print_line(report)
            if stop.requested:
                return INTERRUPTED
    if as_json:
        print_json([report.as_dict() for report in reports])
    elif not reports:
        click.echo("nothing waits: every run came to its end, or is under way")
    # What a person cancelled is at its end now.
    return exit_code([report for report in reports if report.state != "cancelled"], strict=False)


def _take_up(workspace: Workspace, name: str, progress: Progress, stop: StopRequest) -> RunReport:
    """What is wrong with one does not keep the others."""
    from jobpipe.cli.errors import print_error
    from jobpipe.errors import JobpipeError
    from jobpipe.runs.several import not_run
    from jobpipe.runs.taking_up import take_up

    try:
        return take_up(workspace, name, progress=progress, stop=stop)
    except JobpipeError as error:
        print_error(error)
        return not_run(name, str(error))
