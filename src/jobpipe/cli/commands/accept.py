"""`jobpipe accept`"""

from __future__ import annotations

import click

from jobpipe.cli.options import examples, json_option


@click.command("accept", epilog=examples("jobpipe accept 17"))
@click.argument("run", type=int)
@json_option
@click.pass_context
def command(context: click.Context, run: int, as_json: bool) -> None:
    """Let the expiries that the held run RUN waits with happen."""
    from jobpipe.cli.deciding import decide
    from jobpipe.runs.holding import accept_run

    decide(context, run, accept_run, as_json=as_json)
