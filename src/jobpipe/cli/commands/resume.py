"""`jobpipe resume`"""

from __future__ import annotations

import click

from jobpipe.cli.completing import complete_imports
from jobpipe.cli.deciding_person import by_option, who
from jobpipe.cli.options import json_option
from jobpipe.cli.standing_words import show_decided


@click.command("resume")
@click.argument("name", shell_complete=complete_imports)
@by_option
@json_option
@click.pass_context
def command(context: click.Context, name: str, by: str, as_json: bool) -> None:
    """Let import NAME, which was paused or removed, run again when it is due."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.runs.pausing import resume

    with open_workspace(context) as workspace:
        decided = resume(workspace, name, who(by))
    show_decided(name, decided, as_json=as_json)
