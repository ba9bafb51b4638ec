"""`jobpipe backup`"""

from __future__ import annotations

from pathlib import Path

import click

from jobpipe.cli.options import examples, json_option


@click.command("backup", epilog=examples("jobpipe backup /var/backups/jobs"))
@click.argument("target", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--no-archive", is_flag=True, help="Without the bytes of the last runs: the next ones read them anew.")
@json_option
@click.pass_context
def command(context: click.Context, target: Path, no_archive: bool, as_json: bool) -> None:
    """Copy ledger, documents and archive into DIR, while runs are under way.

    Of stores on servers it says which command copies them. The key of sealed secrets is left out.
    """
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import print_json
    from jobpipe.runs.housekeeping.backing_up import back_up
    from jobpipe.safety.limits import show_size

    with open_workspace(context) as workspace:
        made = back_up(workspace, target, with_archive=not no_archive)
    if as_json:
        print_json(made.as_dict())
        return
    for name, size in made.copied.items():
        click.echo(f"copied {name}  {show_size(size)}")
    for name, line in made.commands.items():
        click.echo(f"the {name} are on a server; copy them, in this order:" if name != "ledger" else "on a server:")
        click.echo(f"  {line}")
    click.echo(f"restore it with: jobpipe restore {target}")
