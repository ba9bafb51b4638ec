"""`jobpipe report`"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import click

from jobpipe.cli.completing import complete_imports


@click.command("report")
@click.argument("client", required=False, default="")
@click.option("--import", "name", shell_complete=complete_imports, default="", help="Of this import alone.")
@click.option("--run", "run", type=click.IntRange(1), help="As of this run (otherwise the latest); with --import.")
@click.option(
    "--as", "form", type=click.Choice(["text", "html", "csv"]), default="text", show_default=True, help="In this form."
)
@click.option("--language", type=click.Choice(["en", "fr", "de", "nl"]), help="Otherwise the client's, as set.")
@click.option("--examples", type=click.IntRange(1, 100), default=5, show_default=True, help="Shown of each reason.")
@click.option("--out", "target", metavar="FILE", help="Written whole or not at all (otherwise stdout).")
@click.pass_context
def command(
    context: click.Context,
    client: str,
    name: str,
    run: int | None,
    form: str,
    language: str | None,
    examples: int,
    target: str | None,
) -> None:
    """Tell a publisher of its own feed: what was refused, why, at which line of its file, and how to mend it.

    CLIENT: all its imports together. The language is set with `report: {language: fr}` in a definition, for a client,
    or for all. csv is the whole list, html and text show a few of each reason.
    """
    from jobpipe.cli.opening import open_workspace
    from jobpipe.runs.source_reports.gathering import report_of_client, report_of_import
    from jobpipe.runs.source_reports.wishes import wishes_of_client, wishes_of_import
    from jobpipe.runs.source_reports.wording import Wording

    if bool(client) == bool(name):
        raise click.UsageError("either CLIENT or --import NAME")
    if run is not None and not name:
        raise click.UsageError("--run needs --import: a run is of one import")
    with open_workspace(context) as workspace:
        project = workspace.project
        if name:
            report = report_of_import(workspace, name, run=run, examples=examples)
            wishes = wishes_of_import(project, name)
        else:
            report = report_of_client(workspace, client, examples=examples)
            wishes = wishes_of_client(project, client)
        wording = Wording(language or wishes.language, project.settings.zone)
        if form == "csv":
            from jobpipe.runs.source_reports.table import rows_of

            _write(rows_of(workspace, report.feeds, wording), target)
        elif form == "html":
            from jobpipe.runs.source_reports.page import as_page

            _write([as_page(report, wording).encode("utf-8", "replace")], target)
        else:
            from jobpipe.runs.source_reports.text import as_text

            _write([as_text(report, wording).encode("utf-8", "replace")], target)


def _write(pieces: Iterable[bytes], target: str | None) -> None:
    from jobpipe.destinations.writing import write_whole

    if target is None or target == "-":
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        return
    write_whole(pieces, Path(target))
    click.echo(f"written to {target}", err=True)
