"""`jobpipe erase`"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from jobpipe.cli.deciding_person import by_option, who
from jobpipe.cli.main import DONE, RUN_FAILED
from jobpipe.cli.options import json_option

if TYPE_CHECKING:
    from jobpipe.runs.housekeeping.erasing import Found

_SHOWN = 10


@click.command("erase")
@click.argument("texts", metavar="TEXT…", nargs=-1)
@click.option("--yes", is_flag=True, help="Erase without asking.")
@click.option("--dry-run", is_flag=True, help="Only say where it is.")
@click.option("--reason", default="", help="Why, for the record: a ticket. Not whose data.")
@click.option("--allow-again", is_flag=True, help="Do not mask what the source brings again.")
@by_option
@json_option
@click.pass_context
def command(
    context: click.Context,
    texts: tuple[str, ...],
    yes: bool,
    dry_run: bool,
    reason: str,
    allow_again: bool,
    by: str,
    as_json: bool,
) -> None:
    """Erase a person's data: an address, a name or a text, wherever it is stored. Without TEXT it is read from stdin.

    It is shown where it is, then masked; that it was done is kept, without the data. What a source brings again is
    masked before it is stored. Exit code 1 where something was left alone.
    """
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import print_json
    from jobpipe.runs.housekeeping.erasing import erase

    given = list(texts) or [line.strip() for line in sys.stdin if line.strip()]
    with open_workspace(context) as workspace:
        if not (yes or dry_run or as_json):
            found = erase(workspace, given, by=who(by), reason=reason, dry_run=True)
            _show(found)
            click.confirm("erase it?", abort=True, err=True)
        found = erase(
            workspace,
            given,
            by=who(by),
            reason=reason,
            dry_run=dry_run or (as_json and not yes),
            suppress=not allow_again,
        )
    if as_json:
        print_json(found.as_dict())
    else:
        _show(found)
    sys.exit(RUN_FAILED if found.left and found.erasure else DONE)


def _show(found: Found) -> None:
    from jobpipe.cli.printing import console, plain_table, plain_text

    out = console()
    if not found.places and not found.files:
        out.print("found nowhere in what is stored")
    else:
        table = plain_table()
        table.add_column(justify="right")
        for place, count in found.places.items():
            table.add_row(plain_text(place), f"{count:,}")
        out.print(f"erased (number {found.erasure}):" if found.erasure else "found:")
        out.print(table)
    for name, key in found.keys[:_SHOWN]:
        out.print(plain_text(f"  {name}  {key}"))
    if len(found.keys) > _SHOWN:
        out.print(f"  and {len(found.keys) - _SHOWN:,} more")
    if found.in_keys:
        out.print(f"left: {found.in_keys:,} keys hold it: they are how the source names its postings")
    for name, why in found.left.items():
        out.print(plain_text(f"left: {name}: {why}"))
    for file in found.files:
        out.print(plain_text(f"yours to change: {file}"))
    if found.erasure:
        out.print("[dim]backups and what was delivered elsewhere are not reached: see docs/how-to/erase.md[/]")
