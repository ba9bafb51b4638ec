"""`jobpipe verify`"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from jobpipe.cli.main import DONE, RUN_FAILED
from jobpipe.cli.options import examples, json_option

if TYPE_CHECKING:
    from jobpipe.runs.housekeeping.verifying.findings import Verified


@click.command("verify", epilog=examples("jobpipe verify"))
@click.option("--repair", is_flag=True, help="Put right what can be.")
@json_option
@click.pass_context
def command(context: click.Context, repair: bool, as_json: bool) -> None:
    """Look whether ledger, documents and archive agree, and are whole.

    Exit code 1 where something is found that is not put right.
    """
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import print_json
    from jobpipe.runs.housekeeping.verifying.verifying import verify

    with open_workspace(context) as workspace:
        result = verify(workspace, repair=repair)
    if as_json:
        print_json(result.as_dict())
    else:
        show_verified(result, repair=repair)
    sys.exit(RUN_FAILED if result.unrepaired else DONE)


def show_verified(result: Verified, *, repair: bool) -> None:
    from jobpipe.cli.printing import console, plain_text

    out = console()
    for one in result.findings:
        name = f"{one.import_name}: " if one.import_name else ""
        out.print(plain_text(f"{'repaired' if one.repaired else 'found'}: {name}{one.what}"))
        what = one.repair or "nothing here can put it right"
        out.print(plain_text(f"  {what}" if repair or not one.repair else f"  with --repair: {what}"))
    for name, why in result.left.items():
        out.print(plain_text(f"left alone: {name}: {why}"))
    for note in result.notes:
        out.print(plain_text(f"note: {note}"))
    if not result.findings:
        out.print("all that is stored agrees")
