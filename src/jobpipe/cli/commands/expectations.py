"""`jobpipe expectations NAME`"""

from __future__ import annotations

import click

from jobpipe.cli.completing import complete_imports
from jobpipe.cli.options import json_option


@click.command()
@click.argument("name", shell_complete=complete_imports)
@json_option
@click.pass_context
def command(context: click.Context, name: str, as_json: bool) -> None:
    """Show what import NAME's past makes one expect of its next run, and its last run beside it.

    Nobody writes thresholds: what is usual, and how far from it is no surprise, is learned from the runs before. What
    breaks with it is an incident, which closes itself; `jobpipe incidents resolve` says that it is so from now on.
    """
    from jobpipe.cli.expectation_lists import print_expectations
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import print_json
    from jobpipe.runs.expectations.telling import expectations_of

    with open_workspace(context):
        found = expectations_of(name)
        print_json(found.as_dict()) if as_json else print_expectations(found)
