"""`jobpipe serve`"""

from __future__ import annotations

import click

from jobpipe.cli.main import DONE
from jobpipe.cli.options import address_option, examples, feeds_option, log_option


@click.command("serve", epilog=examples("jobpipe serve", "jobpipe serve --address 0.0.0.0:8787 --log-format json"))
@address_option
@feeds_option
@click.option("--interface/--no-interface", default=True, help="Serve the pages too, where they are installed.")
@log_option
@click.pass_context
def command(context: click.Context, address: str, feeds_address: str, interface: bool, log: str) -> int:
    """Run imports when they are due, on this machine, until Ctrl-C or SIGTERM; take up what was interrupted.

    The feeds of destinations that are `served` are handed out under /feeds/. One `serve` a project. Told to stop, it
    finishes the batch of each run, which goes on at the next start; once more ends it at once. Edited definitions count
    without a restart.
    """
    from functools import partial

    from jobpipe.cli.opening import open_project, workspace_of
    from jobpipe.cli.showing import has_interface, interface_of, say_where
    from jobpipe.cli.stopping import stop_on_signals
    from jobpipe.errors import UsageError
    from jobpipe.health.readiness import readiness
    from jobpipe.logs import choose_format, log_to_stderr
    from jobpipe.runs.scheduling.duty import DutyIsTakenError, on_duty
    from jobpipe.runs.starting import StopRequest
    from jobpipe.serving.answering import answering
    from jobpipe.serving.serving import Serving
    from jobpipe.serving.serving import log as logger

    project = open_project(context)
    if project.settings.cluster.broker:
        raise UsageError("this project has a cluster", hint="`jobpipe scheduler` and `jobpipe worker` serve one")
    choose_format(log)
    log_to_stderr()
    stop = StopRequest()
    stop_on_signals(stop)
    with workspace_of(project) as workspace:
        try:
            with on_duty(workspace.locks) as duty:
                checks = partial(readiness, workspace, lambda: duty.is_mine)
                pages = interface_of(workspace) if interface and has_interface() else None
                with answering(workspace, checks, address, feeds_address, pages) as (url, feeds):
                    if pages is not None:
                        say_where(url)
                    logger.info("serving %s; %s/healthz, %s/feeds/", project.root, url, feeds)
                    Serving(workspace, stop, is_searched=pages is not None).run()
        except DutyIsTakenError as error:
            raise UsageError(
                f"another process serves this project already ({error.holder or 'not known which'})",
                hint="one `jobpipe serve` a project: stop that one first",
            ) from error
    logger.info("stopped")
    return DONE
