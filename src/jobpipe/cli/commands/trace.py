"""`jobpipe trace`"""

from __future__ import annotations

import click

from jobpipe.cli.completing import complete_imports
from jobpipe.cli.options import examples, json_option


@click.command("trace", epilog=examples("jobpipe trace 4711", "jobpipe trace 4711 --import acme --json"))
@click.argument("key")
@click.option("--import", "name", shell_complete=complete_imports, default="", metavar="NAME", help="In this import.")
@json_option
@click.pass_context
def command(context: click.Context, key: str, name: str, as_json: bool) -> None:
    """Show the whole way of the posting KEY: file and bytes, fields, revisions, and which destinations have it.

    Where a destination has not got it, this says why.
    """
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import print_json
    from jobpipe.cli.trace_view import print_trace
    from jobpipe.runs.deliveries.tracing import trace
    from jobpipe.runs.finding_postings import chosen_imports, imports_with

    with open_workspace(context) as workspace:
        chosen_imports(workspace, key, name, all_of_them=True)
        found = [trace(workspace, one) for one in imports_with(workspace, key) if name in ("", one.name)]
    if as_json:
        print_json(found)
        return
    if not found:
        click.echo(f"{name} has no posting {key}", err=True)
    for one in found:
        print_trace(one)
