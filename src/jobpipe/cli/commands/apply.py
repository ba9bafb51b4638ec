"""`jobpipe apply`"""

from __future__ import annotations

import sys

import click

from jobpipe.cli.deciding_person import who
from jobpipe.cli.options import examples, json_option, quiet_option


@click.command("apply", epilog=examples("jobpipe apply 4"))
@click.argument("number", type=int, metavar="PLAN")
@click.option("--workers", type=click.IntRange(0, 64), help="Worker processes (0: none).")
@click.option("--by", envvar="JOBPIPE_USER", default="", help="Who applies it (otherwise: who is logged in).")
@json_option
@quiet_option
@click.pass_context
def command(context: click.Context, number: int, workers: int | None, by: str, as_json: bool, quiet: bool) -> int:
    """Apply PLAN: its change is made, and a run does what the plan said.

    A plan that was made on another state (a run, an edit or a decision since) is refused, and says what has changed.
    One that was interrupted goes on.
    """
    from jobpipe.cli.commands.run import exit_code
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import print_account, print_json
    from jobpipe.cli.progress import progress_for
    from jobpipe.runs.plans.applying import apply_plan
    from jobpipe.runs.plans.making import Working
    from jobpipe.runs.progress import Progress
    from jobpipe.runs.starting import StopRequest

    working = Working(Progress() if quiet else progress_for(sys.stderr), StopRequest(), workers)
    with open_workspace(context) as workspace:
        report = apply_plan(workspace, number, by=who(by), working=working)
    if as_json:
        print_json([report.as_dict()])
    else:
        print_account(report)
    return exit_code([report], strict=False)
