"""`jobpipe postings`"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from jobpipe.cli.completing import complete_imports
from jobpipe.cli.options import examples
from jobpipe.cli.since import since_option

if TYPE_CHECKING:
    from datetime import datetime

    from jobpipe.documents.store import Selection, StateRow
    from jobpipe.runs.workspace import Workspace


@click.command(
    "postings",
    epilog=examples(
        "jobpipe postings acme --search soudeur",
        "jobpipe postings acme --status expired --since 7d",
        "jobpipe postings acme --json > acme.jsonl",
    ),
)
@click.argument("name", shell_complete=complete_imports)
@click.option("--status", type=click.Choice(["live", "expired", "excluded", "all"]), default="live", show_default=True)
@click.option("--key", "keys", multiple=True, help="Only the posting with this key (may be repeated).")
@click.option("--search", "text", default="", help="Only postings whose title holds this text.")
@click.option("--changed-in", "changed_in", type=int, default=0, metavar="RUN", help="Only what this run changed.")
@since_option("Only what was first seen since then.")
@click.option("--limit", type=click.IntRange(1), help="At most this many.")
@click.option("--json", "as_json", is_flag=True, help="One posting a line, with the names of the schema.")
@click.pass_context
def command(
    context: click.Context,
    name: str,
    status: str,
    keys: tuple[str, ...],
    text: str,
    changed_in: int,
    since: datetime | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """List the postings of import NAME."""
    from itertools import islice

    from jobpipe.cli.opening import import_named, open_workspace
    from jobpipe.documents.body import unpack
    from jobpipe.documents.store import Selection, Status

    wanted = None if status == "all" else Status[status.upper()]
    selection = Selection(status=wanted, keys=keys, text=text, changed_in_run=changed_in)
    with open_workspace(context) as workspace:
        import_id = import_named(workspace, name).pk
        day = since.date().isoformat() if since is not None else ""
        if as_json:
            bodies = (found for found in workspace.documents.bodies(import_id, selection) if found[0].first_day >= day)
            for _, body in islice(bodies, limit):
                sys.stdout.buffer.write(unpack(body).posting + b"\n")
        else:
            rows = (row for row in _rows(workspace, import_id, selection) if row.first_day >= day)
            _print_table(islice(rows, limit))


def _rows(workspace: Workspace, import_id: int, selection: Selection) -> Iterator[StateRow]:
    return workspace.documents.select(import_id, selection)


def _print_table(rows: Iterator[StateRow]) -> None:
    from rich.markup import escape
    from rich.table import Table

    from jobpipe.cli.printing import console

    table = Table(box=None, header_style="dim", pad_edge=False)
    for heading in ("key", "title", "status", "first seen"):
        table.add_column(heading)
    table.add_column("revision", justify="right")
    for row in rows:
        status = row.status.name.lower() + (f" ({row.reason})" if row.reason else "")
        table.add_row(escape(row.key), escape(row.title), status, row.first_day, str(row.revision))
    if table.row_count:
        console().print(table)
    else:
        click.echo("no such postings", err=True)
