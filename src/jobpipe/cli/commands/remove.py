"""`jobpipe remove`"""

from __future__ import annotations

import click

from jobpipe.cli.completing import complete_imports
from jobpipe.cli.deciding_person import by_option, who
from jobpipe.cli.options import json_option
from jobpipe.cli.standing_words import postings_option, reason_option, show_decided


@click.command("remove")
@click.argument("name", shell_complete=complete_imports)
@reason_option
@postings_option
@by_option
@json_option
@click.pass_context
def command(context: click.Context, name: str, reason: str, postings: str, by: str, as_json: bool) -> None:
    """Give import NAME up: it runs no more, and its live postings stay (`keep`) or end now (`expire`).

    What is stored of it, and its history, stay. Its definition is a file of yours: delete imports/NAME.yaml too, before
    or after this.
    """
    from jobpipe.cli.opening import open_project, workspace_of
    from jobpipe.ledger.models import Standing
    from jobpipe.runs.pausing import Wish, decide

    project = open_project(context)
    wish = Wish(standing=Standing.REMOVED, by=who(by), reason=reason, postings=postings)
    with workspace_of(project) as workspace:
        decided = decide(workspace, name, wish)
    show_decided(name, decided, as_json=as_json)
    if not as_json and name in project.imports():
        click.echo(f"  its definition is still there: delete imports/{name}.yaml")
