"""`jobpipe record`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobpipe.cli.completing import complete_imports
from jobpipe.cli.options import json_option

if TYPE_CHECKING:
    from jobpipe.definition.project import Project
    from jobpipe.runs.fixtures import Recorded

ARCHIVE = "archive"


@click.command("record")
@click.argument("name", shell_complete=complete_imports)
@click.option(
    "--records",
    "count",
    type=click.IntRange(1, 10_000),
    default=25,
    show_default=True,
    metavar="N",
    help="The first so many whole records of each file; pages, of a site.",
)
@click.option("--mask", is_flag=True, help="Mask mail addresses, telephone numbers and names of contacts.")
@click.option(
    "--from",
    "place",
    metavar="FILE",
    help="A file instead of the source; `archive`: what the last run read, without asking the source.",
)
@json_option
@click.pass_context
def command(context: click.Context, name: str, count: int, mask: bool, place: str | None, as_json: bool) -> None:
    """Keep what the source of import NAME answers in tests/NAME, with the postings that are made of it today.

    The answers lie there as files for people to read: cut to their first records, without secrets (logins, tokens,
    the values of variables). Look at expected.json: what is wrong there is expected from now on. `jobpipe test` checks
    the definition against it. An earlier fixture is replaced.
    """
    from jobpipe.cli.opening import open_project
    from jobpipe.cli.printing import print_json

    project = open_project(context)
    recorded = _record(project, name, count, mask=mask, place=place or "")
    if as_json:
        print_json(recorded.as_dict())
    else:
        _print(recorded, mask=mask)


def _record(project: Project, name: str, count: int, *, mask: bool, place: str) -> Recorded:
    from jobpipe.cli.opening import import_named, workspace_of
    from jobpipe.definition.secret_values import problems_of_variables
    from jobpipe.runs.fixtures import record
    from jobpipe.runs.plans.kinds import kept_parts_of
    from jobpipe.runs.preparing import prepare

    if place and place != ARCHIVE:
        return record(project, name, count=count, mask=mask, instead=Path(place))
    # Sealed secrets lie in the ledger: it is opened only where something is missing without it.
    import os

    lacks = problems_of_variables(project.load(name).definition, os.environ)
    if not place and not lacks:
        return record(project, name, count=count, mask=mask)
    with workspace_of(project) as workspace:
        preparation = prepare(workspace, name)
        kept = kept_parts_of(workspace, import_named(workspace, name), preparation) if place else None
        return record(project, name, count=count, mask=mask, kept=kept, preparation=preparation)


def _print(recorded: Recorded, *, mask: bool) -> None:
    from rich.markup import escape

    from jobpipe.cli.printing import console

    out = console()
    made = ", ".join(f"{count:,} {_plural(word, count)}" for word, count in recorded.outcomes.items())
    verb = "recorded again" if recorded.again else "recorded"
    out.print(f"{verb} [bold]{escape(recorded.folder)}[/]  {made}")
    for file in recorded.files:
        notes = []
        if file in recorded.cut:
            notes.append("cut")
        if file in recorded.opaque:
            notes.append("a workbook, kept whole: nothing is masked in it")
        out.print(f"  answers/{escape(file)}" + (f"  [dim]{'; '.join(notes)}[/]" if notes else ""))
    if recorded.secrets:
        out.print(f"  [dim]{recorded.secrets:,} {_plural('secret', recorded.secrets)} masked[/]")
    if mask:
        out.print(f"  [dim]data of persons: {recorded.persons:,} masked; texts may name others: look at them[/]")
    else:
        out.print("  [dim]names and addresses of persons stay as they are: --mask masks those of contacts[/]")
    out.print(f"  [dim]look at[/] {escape(recorded.folder)}/expected.json")


def _plural(word: str, count: int) -> str:
    return word if count == 1 or word in ("closed", "rejected", "filtered") else f"{word}s"
