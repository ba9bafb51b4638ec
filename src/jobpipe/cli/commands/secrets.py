"""`jobpipe secrets`"""

from __future__ import annotations

import sys

import click

from jobpipe.cli.deciding_person import by_option, who
from jobpipe.cli.options import json_option


@click.group("secrets")
def command() -> None:
    """Keep secrets sealed in the ledger: definitions ask for them as ${NAME}, after the environment.

    The key is JOBPIPE_KEY, or the file `key` in the project's state.
    """


@command.command("set")
@click.argument("name")
@by_option
@click.pass_context
def set_(context: click.Context, name: str, by: str) -> None:
    """Seal a secret under NAME: it is asked for, or read from stdin, and never shown again."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.runs.secret_values import set_secret

    value = click.prompt(name, hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.read().rstrip("\r\n")
    with open_workspace(context) as workspace:
        is_new = set_secret(workspace, name, value, by=who(by))
    click.echo(f"{name} is sealed" if is_new else f"{name} is sealed, in the place of what it was")


@command.command("list")
@json_option
@click.pass_context
def list_(context: click.Context, as_json: bool) -> None:
    """List their names, and who set them when."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import console, plain_table, plain_text, print_json
    from jobpipe.ledger.models import Secret

    with open_workspace(context):
        rows = [row for row in Secret.objects.all() if "." not in row.name]
    if as_json:
        print_json([{"name": row.name, "changed_at": row.changed_at, "changed_by": row.changed_by} for row in rows])
    elif not rows:
        click.echo("no secrets yet: jobpipe secrets set NAME", err=True)
    else:
        table = plain_table()
        table.add_column()
        table.add_column()
        for row in rows:
            table.add_row(plain_text(row.name), f"{row.changed_at:%Y-%m-%d %H:%M}", plain_text(row.changed_by))
        console().print(table)


@command.command("remove")
@click.argument("name")
@click.pass_context
def remove(context: click.Context, name: str) -> None:
    """Forget the secret NAME."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.runs.secret_values import remove_secret

    with open_workspace(context) as workspace:
        remove_secret(workspace, name)
    click.echo(f"{name} is forgotten")


@command.command("rotate")
@click.pass_context
def rotate_(context: click.Context) -> None:
    """Seal all of them under another key: a new one in the key's file, or the first of JOBPIPE_KEY=NEW,OLD."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.runs.secret_values import rotate

    with open_workspace(context) as workspace:
        count = rotate(workspace)
    click.echo(f"sealed under another key: {count:,}")


@command.command("key")
def key() -> None:
    """Print a new key, for JOBPIPE_KEY."""
    from jobpipe.safety.sealed import new_key

    click.echo(new_key())
