"""`jobpipe web`"""

from __future__ import annotations

import click

from jobpipe.cli.main import DONE
from jobpipe.cli.options import address_option, log_option


@click.command("web")
@address_option
@log_option
@click.pass_context
def command(context: click.Context, address: str, log: str) -> int:
    """Serve the interface alone, until Ctrl-C: in a cluster, or beside a `jobpipe serve` without it."""
    import threading
    import time

    from jobpipe.cli.opening import open_project, workspace_of
    from jobpipe.cli.showing import interface_of, say_where
    from jobpipe.cli.stopping import stop_on_signals
    from jobpipe.health.listening import listening
    from jobpipe.logs import choose_format, log_to_stderr
    from jobpipe.runs.search_index import keep_up
    from jobpipe.runs.starting import StopRequest

    project = open_project(context)
    choose_format(log)
    log_to_stderr()
    stop = StopRequest()
    stop_on_signals(stop)
    with workspace_of(project) as workspace, listening(interface_of(workspace), address) as url:
        say_where(url)
        searched = threading.Thread(target=keep_up, args=(workspace, lambda: stop.requested))
        searched.start()
        while not stop.requested:
            time.sleep(0.2)
        searched.join()
    return DONE
