"""`jobpipe dismiss`"""

from __future__ import annotations

import click

from jobpipe.cli.options import examples, json_option


@click.command("dismiss", epilog=examples("jobpipe dismiss 17"))
@click.argument("run", type=int)
@json_option
@click.pass_context
def command(context: click.Context, run: int, as_json: bool) -> None:
    """End the held run RUN with nothing expired."""
    from jobpipe.cli.deciding import decide
    from jobpipe.runs.holding import dismiss_run

    decide(context, run, dismiss_run, as_json=as_json)
