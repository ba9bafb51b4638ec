"""`jobpipe scheduler`"""

from __future__ import annotations

import click

from jobpipe.cli.main import DONE
from jobpipe.cli.options import address_option, feeds_option, log_option


@click.command("scheduler")
@address_option
@feeds_option
@log_option
@click.pass_context
def command(context: click.Context, address: str, feeds_address: str, log: str) -> int:
    """Put what is due into the cluster's queues, until Ctrl-C or SIGTERM; `jobpipe worker` runs and delivers it.

    Start two where one must never be missed: one schedules, the other stands by and takes over within half a minute.
    """
    from jobpipe.cli.opening import open_project, workspace_of
    from jobpipe.cli.stopping import stop_on_signals
    from jobpipe.cluster.member import become_member
    from jobpipe.cluster.scheduling import ClusterScheduler
    from jobpipe.health.readiness import readiness
    from jobpipe.logs import choose_format, log_to_stderr
    from jobpipe.runs.starting import StopRequest
    from jobpipe.serving.answering import answering

    project = open_project(context)
    become_member(project)
    choose_format(log)
    log_to_stderr()
    stop = StopRequest()
    stop_on_signals(stop)
    with workspace_of(project) as workspace:
        scheduler = ClusterScheduler(workspace, stop)
        with answering(workspace, lambda: readiness(workspace, lambda: scheduler.has_duty), address, feeds_address):
            scheduler.run()
    return DONE
