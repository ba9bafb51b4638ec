"""`jobpipe dismiss`"""

from __future__ import annotations

import click


@click.command("dismiss")
@click.argument("run", type=int)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_context
def command(context: click.Context, run: int, as_json: bool) -> None:
    """End the held run RUN with nothing expired."""
    from jobpipe.cli.opening import open_workspace, run_numbered
    from jobpipe.cli.printing import print_account, print_json
    from jobpipe.runs.holding import dismiss_run

    with open_workspace(context) as workspace:
        report = dismiss_run(workspace, run_numbered(run))
    if as_json:
        print_json(report.as_dict())
    else:
        print_account(report)
