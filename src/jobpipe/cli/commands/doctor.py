"""`jobpipe doctor`"""

from __future__ import annotations

import click

from jobpipe.cli.main import DONE, RUN_FAILED
from jobpipe.cli.options import examples, json_option

_MARKS = {"ok": "[green]ok[/]     ", "warning": "[yellow]warning[/]", "wrong": "[red]wrong[/]  "}


@click.command("doctor", epilog=examples("jobpipe doctor"))
@json_option
@click.pass_context
def command(context: click.Context, as_json: bool) -> int:
    """Look at the set-up: Python, folder, disk, stores, clock, time zones, definitions, secrets, extras, schedules.

    What is wrong is said with what to do; exit code 1 where something is.
    """
    from rich.markup import escape

    from jobpipe.cli.opening import open_project
    from jobpipe.cli.printing import console, print_json
    from jobpipe.health.doctor import examine

    found = []
    out = console()
    for one in examine(open_project(context)):
        found.append(one)
        if not as_json:
            out.print(f"{_MARKS[one.level]}  [bold]{escape(one.name)}[/]: {escape(one.said)}")
            if one.advice:
                out.print(f"         [dim]{escape(one.advice)}[/]")
    is_well = all(one.level != "wrong" for one in found)
    if as_json:
        document = [{"name": one.name, "level": one.level, "said": one.said, "advice": one.advice} for one in found]
        print_json({"ok": is_well, "findings": document})
    return DONE if is_well else RUN_FAILED
