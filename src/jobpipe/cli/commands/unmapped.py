"""`jobpipe unmapped`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jobpipe.cli.completing import complete_imports
from jobpipe.cli.options import examples, json_option

if TYPE_CHECKING:
    from jobpipe.runs.mappings.unmapped import UnmappedLabel


@click.command("unmapped", epilog=examples("jobpipe unmapped", "jobpipe unmapped --import acme"))
@click.option("--import", "name", shell_complete=complete_imports, default="", help="Only this import's.")
@click.option("--client", default="", help="Only those of this client's imports.")
@click.option("--table", default="", help="Only this table's.")
@json_option
@click.pass_context
def command(context: click.Context, name: str, client: str, table: str, as_json: bool) -> None:
    """List the labels of stored postings that no mapping table has, the most frequent first.

    Each with how many postings have it, since when, who maps it, and what becomes of a posting meanwhile.
    """
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import print_json
    from jobpipe.runs.mappings.unmapped import unmapped_labels
    from jobpipe.runs.selecting import select

    with open_workspace(context) as workspace:
        selectors = [name] if name else [f"client:{client}"] if client else []
        found = unmapped_labels(workspace, select(workspace.project, selectors))
        found = [one for one in found if table in ("", one.table) and client in ("", one.client)]
        if as_json:
            print_json([one.as_dict() for one in found])
        elif not found:
            click.echo("every label is mapped", err=True)
        else:
            _print_table(found)


def _print_table(found: list[UnmappedLabel]) -> None:
    from rich.table import Table

    from jobpipe.cli.printing import console, plain_text

    table = Table(box=None, header_style="dim", pad_edge=False)
    table.add_column("postings", justify="right")
    for heading in ("label", "table", "import", "since", "owner", "for example"):
        table.add_column(heading, overflow="fold")
    for one in found:
        counted = f"{one.postings:,}" + (f" + {one.rejected:,} rejected" if one.rejected else "")
        sample = one.samples[0] if one.samples else ""
        cells = (one.label, one.table, one.name, one.since, one.owner, sample)
        table.add_row(counted, *(plain_text(cell) for cell in cells))
    console().print(table)
    console(stderr=True).print(f"[dim]{len(found):,} labels; `jobpipe map` maps them[/]")
