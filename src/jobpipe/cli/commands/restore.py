"""`jobpipe restore`"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from jobpipe.cli.main import DONE, RUN_FAILED
from jobpipe.cli.options import json_option


@click.command("restore")
@click.argument("source", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--only", type=click.Choice(["ledger", "deliveries", "documents", "archive"]), help="The rest stays as it is."
)
@json_option
@click.pass_context
def command(context: click.Context, source: Path, only: Any, as_json: bool) -> None:
    """Put a backup in the place of ledger, documents, deliveries and archive, and bring them to agree.

    What was there is moved aside. Nothing may run meanwhile. The next run of each import compares what was put back
    with its source.
    """
    from jobpipe.cli.commands.verify import show_verified
    from jobpipe.cli.opening import open_project, workspace_of
    from jobpipe.cli.printing import print_json
    from jobpipe.runs.housekeeping.backing_up import CHANGES, restore_files
    from jobpipe.runs.housekeeping.verifying.verifying import verify

    project = open_project(context)
    restored = restore_files(project, source, only=only)
    with workspace_of(project) as workspace:
        if "deliveries" in restored.parts:
            workspace.delivered.upkeep().raise_numbers(CHANGES)
        result = verify(workspace, repair=True)
    before = str(restored.before) if restored.before else ""
    if as_json:
        print_json({"restored": restored.parts, "before": before, **result.as_dict()})
    else:
        click.echo(f"put back: {', '.join(restored.parts)}")
        if before:
            click.echo(f"what was there before: {before} (remove it when all is well)")
        show_verified(result, repair=True)
    sys.exit(RUN_FAILED if result.unrepaired else DONE)
