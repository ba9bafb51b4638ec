"""`jobpipe cancel`"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from jobpipe.cli.completing import complete_imports
from jobpipe.cli.deciding_person import by_option, who
from jobpipe.cli.main import DONE, RUN_FAILED
from jobpipe.cli.options import examples, json_option

if TYPE_CHECKING:
    from jobpipe.runs.cancelling import Cancelled
    from jobpipe.runs.report import RunReport
    from jobpipe.runs.workspace import Workspace

# Seconds between two looks at a run that is to end.
_TICK = 0.2
_WAIT = "Wait at most so many seconds for its end (otherwise 30; 0 = do not wait)."


@click.command("cancel", epilog=examples("jobpipe cancel 17", "jobpipe cancel acme --reason 'the feed is a test'"))
@click.argument("name", metavar="NAME|RUN", shell_complete=complete_imports)
@click.option("--reason", default="", help="Why, for whoever asks later.")
@click.option("--wait", "patience", type=click.FloatRange(0), default=30.0, metavar="S", help=_WAIT)
@by_option
@json_option
@click.pass_context
def command(context: click.Context, name: str, reason: str, patience: float, by: str, as_json: bool) -> int:
    """End a run that waits or is under way: the run with this number, or all of import NAME.

    It stops at its next batch, wherever it is made. What it has applied stays and is delivered; what it has not seen is
    as it was, and nothing expires. Nobody takes it up again: the next run does the rest. Once a run has begun its end,
    where postings expire, it comes too late. Exit code 1 where it has not ended yet.
    """
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import print_account, print_json
    from jobpipe.web.audit import note_of

    with open_workspace(context) as workspace:
        asked = _cancel(workspace, name, who(by), reason)
        for one in asked:
            if one.is_new:
                note_of(who(by), "run.cancel", f"run {one.report.run}", reason=reason)
        reports = _wait(asked, patience)
    if as_json:
        print_json([report.as_dict() for report in reports])
    else:
        for report in reports:
            print_account(report)
    return DONE if all(report.state == "cancelled" for report in reports) else RUN_FAILED


def _cancel(workspace: Workspace, name: str, by: str, reason: str) -> list[Cancelled]:
    from jobpipe.cli.opening import import_named, run_numbered
    from jobpipe.runs.cancelling import cancel_import, cancel_run

    if name.isdecimal() and name not in workspace.project.imports():
        return [cancel_run(workspace, run_numbered(int(name)), by=by, reason=reason)]
    return cancel_import(workspace, import_named(workspace, name), by=by, reason=reason)


def _wait(asked: list[Cancelled], patience: float) -> list[RunReport]:
    """As they are when all have ended, or when that took too long."""
    from jobpipe.ledger.models import Run
    from jobpipe.runs.report import report_of
    from jobpipe.runs.requesting import UNFINISHED

    numbers = [one.report.run for one in asked]
    end = time.monotonic() + patience
    while time.monotonic() < end and Run.objects.filter(pk__in=numbers, state__in=UNFINISHED).exists():
        time.sleep(_TICK)
    runs = Run.objects.select_related("import_row").in_bulk(numbers)
    return [report_of(runs[number]) for number in numbers]
