"""`jobpipe pause`"""

from __future__ import annotations

import click

from jobpipe.cli.completing import complete_imports
from jobpipe.cli.deciding_person import by_option, who
from jobpipe.cli.options import examples, json_option
from jobpipe.cli.standing_words import postings_option, reason_option, show_decided


@click.command("pause", epilog=examples("jobpipe pause acme --postings keep --until 2031-01-07"))
@click.argument("name", shell_complete=complete_imports)
@click.option("--until", metavar="DAY", help="When it goes on by itself (2026-12-24, or with a time).")
@reason_option
@postings_option
@by_option
@json_option
@click.pass_context
def command(
    context: click.Context, name: str, until: str | None, reason: str, postings: str, by: str, as_json: bool
) -> None:
    """Let import NAME rest: what would run it is skipped, until `jobpipe resume NAME`.

    With `--postings keep` its live postings stay; with `expire` they end now, with the reason `removed`, and come back
    when it runs again and its source still has them.
    """
    from jobpipe.cli.opening import open_project, workspace_of
    from jobpipe.ledger.models import Standing
    from jobpipe.runs.pausing import Wish, decide, moment_of

    project = open_project(context)
    end = moment_of(project, until) if until else None
    wish = Wish(standing=Standing.PAUSED, by=who(by), reason=reason, until=end, postings=postings)
    with workspace_of(project) as workspace:
        decided = decide(workspace, name, wish)
    show_decided(name, decided, as_json=as_json)
