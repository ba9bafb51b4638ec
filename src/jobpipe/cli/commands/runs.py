"""`jobpipe runs`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jobpipe.cli.completing import complete_imports
from jobpipe.cli.options import examples, json_option
from jobpipe.cli.since import since_option

if TYPE_CHECKING:
    from datetime import datetime

    from jobpipe.runs.report import RunReport


@click.command("runs", epilog=examples("jobpipe runs", "jobpipe runs acme --since 7d"))
@click.argument("name", shell_complete=complete_imports, required=False)
@click.option("--last", "limit", default=20, show_default=True, type=click.IntRange(1), help="How many.")
@since_option("Only runs that began since then.")
@json_option
@click.pass_context
def command(context: click.Context, name: str | None, limit: int, since: datetime | None, as_json: bool) -> None:
    """List the latest runs, of all imports or of NAME."""
    from jobpipe.cli.opening import import_named, open_workspace
    from jobpipe.cli.printing import print_json
    from jobpipe.ledger.models import Run
    from jobpipe.runs.report import report_of

    with open_workspace(context) as workspace:
        chosen = Run.objects.select_related("import_row").order_by("-id")
        if name:
            chosen = chosen.filter(import_row=import_named(workspace, name))
        if since is not None:
            chosen = chosen.filter(started_at__gte=since)
        reports = [report_of(run) for run in chosen[:limit]]
    if as_json:
        print_json([report.as_dict() for report in reports])
    elif not reports:
        click.echo("no runs yet: jobpipe run NAME" if since is None else "no run has begun since then", err=True)
    else:
        _print_table(reports)


def _print_table(reports: list[RunReport]) -> None:
    from rich.table import Table

    from jobpipe.cli.printing import STATE_STYLES, console

    table = Table(box=None, header_style="dim", pad_edge=False)
    for heading in ("run", "import", "state", "began (UTC)"):
        table.add_column(heading, no_wrap=heading != "import", overflow="fold")
    for heading in ("read", "new", "updated", "rejected", "expired", "live", "s"):
        table.add_column(heading, justify="right")
    for report in reports:
        account = report.account
        style = STATE_STYLES.get(report.state, "")
        kind = "" if report.kind == "import" else f" ({report.kind})"
        table.add_row(
            str(report.run),
            report.name,
            f"[{style}]{report.state}[/]{kind}" if style else report.state,
            report.started_at[5:16].replace("T", " "),
            "unchanged" if report.unchanged else f"{account['read']:,}",
            *(f"{account[word]:,}" for word in ("new", "updated", "rejected")),
            f"{report.expired:,}",
            f"{report.live:,}",
            f"{report.seconds:.1f}",
        )
    console().print(table)
