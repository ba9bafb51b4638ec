"""`jobpipe export`"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from jobpipe.posting import JobPosting
    from jobpipe.runs.workspace import Workspace


@click.command("export")
@click.argument("name")
@click.option("--as", "format_name", default="jsonl", show_default=True, metavar="FORMAT", help="jsonl, csv or indeed.")
@click.option("--to", "target", required=True, metavar="FILE", help="Written whole or not at all; - = stdout.")
@click.pass_context
def command(context: click.Context, name: str, format_name: str, target: str) -> None:
    """Write the live postings of import NAME to a file."""
    from jobpipe.cli.opening import import_named, open_workspace
    from jobpipe.destinations.export import export_to_file
    from jobpipe.destinations.formats.format import Setting, output_format

    output = output_format(format_name)
    with open_workspace(context) as workspace:
        postings = _live(workspace, import_named(workspace, name).pk)
        if target == "-":
            for piece in output.write(postings, Setting()):
                sys.stdout.buffer.write(piece)
            return
        counted = export_to_file(postings, output, Path(target))
    click.echo(f"{counted:,} postings written to {target}", err=True)


def _live(workspace: Workspace, import_id: int) -> Iterator[JobPosting]:
    import msgspec

    from jobpipe.documents.body import unpack
    from jobpipe.documents.store import Selection, Status
    from jobpipe.posting import JobPosting

    decode = msgspec.json.Decoder(JobPosting).decode
    for _, body in workspace.documents.bodies(import_id, Selection(status=Status.LIVE)):
        yield decode(unpack(body).posting)
