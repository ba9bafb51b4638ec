"""`jobpipe reprocess`"""

from __future__ import annotations

import sys

import click

from jobpipe.cli.completing import complete_imports
from jobpipe.cli.options import examples, json_option, quiet_option


@click.command("reprocess", epilog=examples("jobpipe reprocess acme"))
@click.argument("name", shell_complete=complete_imports)
@json_option
@quiet_option
@click.pass_context
def command(context: click.Context, name: str, as_json: bool, quiet: bool) -> int:
    """Make the postings of NAME again from the stored records, under today's definition.

    The source is not asked. Rejected records are tried again too.
    """
    from jobpipe.cli.commands.run import exit_code
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import print_account, print_json
    from jobpipe.cli.progress import progress_for
    from jobpipe.runs.conducting import StopRequest
    from jobpipe.runs.progress import Progress
    from jobpipe.runs.reprocessing import reprocess_import

    with open_workspace(context) as workspace:
        workspace.project.load(name)
        report = reprocess_import(
            workspace, name, progress=Progress() if quiet else progress_for(sys.stderr), stop=StopRequest()
        )
    if as_json:
        print_json([report.as_dict()])
    else:
        print_account(report)
    return exit_code([report], strict=False)
