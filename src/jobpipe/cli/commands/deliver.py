"""`jobpipe deliver`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jobpipe.cli.completing import complete_destinations
from jobpipe.cli.main import DONE, HELD, RUN_FAILED
from jobpipe.cli.options import examples, json_option

if TYPE_CHECKING:
    from jobpipe.runs.starting import StopRequest


@click.command("deliver", epilog=examples("jobpipe deliver", "jobpipe deliver partner"))
@click.argument("names", shell_complete=complete_destinations, nargs=-1, metavar="[DESTINATION]...")
@click.option("--resync", is_flag=True, help="Compare all postings with what is there first; send what differs.")
@click.option("--follow", is_flag=True, help="Go on until Ctrl-C: after each run, and when one answers again.")
@click.option("--lifeline", is_flag=True, hidden=True, help="Stop when stdin ends.")
@json_option
@click.pass_context
def command(
    context: click.Context, names: tuple[str, ...], resync: bool, follow: bool, lifeline: bool, as_json: bool
) -> None:
    """Send what has changed to destinations: to all, or to those named.

    `jobpipe serve` does this by itself after each run. Exit code 1 where one could not be reached, 3 where a file waits
    for a person.
    """
    from jobpipe.cli.delivery_lists import print_report
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import print_json
    from jobpipe.cli.stopping import stop_on_signals
    from jobpipe.ledger.models import Destination
    from jobpipe.runs.deliveries.deciding import resync as compare_all
    from jobpipe.runs.deliveries.several import deliver_several
    from jobpipe.runs.starting import StopRequest

    stop = StopRequest()
    stop_on_signals(stop)
    if follow:
        _follow(context, stop, lifeline=lifeline)
        return
    with open_workspace(context) as workspace:
        chosen = list(dict.fromkeys(names)) or workspace.project.destinations()
        for name in names:
            workspace.project.load_destination(name)
        if resync:
            known = set(Destination.objects.values_list("name", flat=True))
            for name in known.intersection(chosen):
                compare_all(workspace, name)
        reports = deliver_several(
            workspace, chosen, stop=stop, at_once=True, ended=lambda report: None if as_json else print_report(report)
        )
    if as_json:
        print_json([report.as_document() for report in reports])
    elif not chosen:
        click.echo("no destinations yet: write one into destinations/NAME.yaml", err=True)
    states = {report.state for report in reports}
    context.exit(
        RUN_FAILED if states & {"waiting", "failed", "stopped", "busy"} else HELD if "held" in states else DONE
    )


def _follow(context: click.Context, stop: StopRequest, *, lifeline: bool) -> None:
    import sys
    import threading

    from jobpipe.cli.opening import open_workspace
    from jobpipe.logs import log_to_stderr
    from jobpipe.runs.deliveries.watching import DeliveryLoop

    def stop_with_stdin() -> None:
        sys.stdin.buffer.read()
        stop.requested = True

    if lifeline:
        threading.Thread(target=stop_with_stdin, daemon=True).start()
    log_to_stderr()
    with open_workspace(context) as workspace:
        DeliveryLoop(workspace, stop).run()
