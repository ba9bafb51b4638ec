"""`jobpipe show`"""

from __future__ import annotations

import click

from jobpipe.cli.options import examples, json_option


@click.command("show", epilog=examples("jobpipe show 17", "jobpipe show 17 --json"))
@click.argument("run", type=int)
@json_option
@click.pass_context
def command(context: click.Context, run: int, as_json: bool) -> None:
    """Show run RUN: its account, its evidence, the files it read, what to look at."""
    from jobpipe.cli.opening import open_workspace, run_numbered
    from jobpipe.cli.printing import console, print_account, print_json
    from jobpipe.runs.report import report_of

    with open_workspace(context):
        row = run_numbered(run)
        report = report_of(row)
        parts = [
            {
                "location": part.location,
                "records": part.records,
                "unchanged": part.unchanged,
                "complete": part.complete,
                "why": part.why,
            }
            for part in row.parts.all()
        ]
    if as_json:
        print_json({**report.as_dict(), "parts": parts})
        return
    print_account(report)
    out = console()
    for part in parts:
        state = "unchanged" if part["unchanged"] else f"{part['records']:,} records"
        why = f" ({part['why']})" if part["why"] else ""
        out.print(f"  [dim]read[/] {part['location']}: {state}{why}", markup=True)
