"""`jobpipe prune`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jobpipe.cli.options import examples, json_option

if TYPE_CHECKING:
    from jobpipe.runs.housekeeping.freed import Pruned


@click.command("prune", epilog=examples("jobpipe prune"))
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@json_option
@click.pass_context
def command(context: click.Context, dry_run: bool, as_json: bool) -> None:
    """Remove what is not needed any more, as `keep` in jobpipe.yaml says, and say what that freed.

    Runs may be under way: an import that is being imported is left for the next time. Nothing goes that a run, a plan
    or a live posting needs.
    """
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import print_json
    from jobpipe.runs.housekeeping.pruning import prune

    with open_workspace(context) as workspace:
        done = prune(workspace, dry_run=dry_run)
    if as_json:
        print_json(done.as_dict())
    else:
        _show(done)


def _show(done: Pruned) -> None:
    from jobpipe.cli.printing import console, plain_table, plain_text
    from jobpipe.safety.limits import show_size

    out = console()
    freed = [line for line in done.freed if line.count]
    if not freed:
        out.print("nothing to remove")
    else:
        table = plain_table()
        table.add_column(justify="right")
        table.add_column(justify="right", style="dim")
        for line in freed:
            table.add_row(plain_text(line.what), f"{line.count:,}", show_size(line.bytes) if line.bytes else "")
        out.print("would be removed:" if done.dry_run else "removed:")
        out.print(table)
    if done.compacted:
        out.print(f"given back to the disk by smaller files: {show_size(done.compacted)}")
    if done.reusable:
        out.print(f"[dim]free in the files of ledger and documents, to be used again: {show_size(done.reusable)}[/]")
    for name, why in done.left.items():
        out.print(plain_text(f"left alone: {name}: {why}"))
    for note in done.notes:
        out.print(plain_text(f"note: {note}"))
