"""`jobpipe near-duplicates`: jobs that several imports of a client have."""

from __future__ import annotations

import click

from jobpipe.cli.completing import complete_imports
from jobpipe.cli.deciding_person import by_option, who
from jobpipe.cli.options import json_option

_client = click.option("--client", default="", help="Only this client's.")


@click.group("near-duplicates")
def command() -> None:
    """Jobs that several imports of a client have: why they are taken for one, and which is delivered.

    After each run what is new or has changed is compared. `near_duplicates` in jobpipe.yaml says what is kept.
    """


@command.command("list")
@_client
@click.option(
    "--import", "name", shell_complete=complete_imports, default="", help="Only groups with a posting of this import."
)
@click.option("--limit", type=click.IntRange(1), help="At most this many.")
@json_option
@click.pass_context
def list_(context: click.Context, client: str, name: str, limit: int | None, as_json: bool) -> None:
    """List the groups, with the reason and who of each is delivered."""
    from itertools import islice

    from jobpipe.cli.near_duplicate_lists import print_group
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import print_json
    from jobpipe.runs.near_duplicates.groups import groups

    with open_workspace(context) as workspace:
        found = islice(groups(workspace, client=client, name=name), limit)
        if as_json:
            print_json([one.as_dict() for one in found])
            return
        counted = 0
        for group in found:
            print_group(group)
            counted += 1
        words = "1 group" if counted == 1 else f"{counted:,} groups"
        click.echo(f"{words}; split, keep and show take a group's number" if counted else "no job twice", err=True)


@command.command("show")
@click.argument("number", type=int)
@json_option
@click.pass_context
def show(context: click.Context, number: int, as_json: bool) -> None:
    """Show group NUMBER: its postings side by side, and each pair's reason."""
    from jobpipe.cli.near_duplicate_lists import group_details, print_group_details
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import print_json
    from jobpipe.runs.near_duplicates.groups import group_numbered

    with open_workspace(context) as workspace:
        details = group_details(workspace, group_numbered(workspace, number))
        print_json(details) if as_json else print_group_details(details)


@command.command("keep")
@click.argument("number", type=int)
@click.argument("import_name", shell_complete=complete_imports, metavar="IMPORT")
@by_option
@json_option
@click.pass_context
def keep(context: click.Context, number: int, import_name: str, by: str, as_json: bool) -> None:
    """Deliver the posting of IMPORT in group NUMBER and hide the others, whatever jobpipe.yaml says."""
    from jobpipe.cli.near_duplicate_lists import print_decided
    from jobpipe.cli.opening import open_workspace
    from jobpipe.runs.near_duplicates.deciding import keep as decide

    with open_workspace(context) as workspace:
        print_decided(*decide(workspace, number, import_name, by=who(by)), as_json=as_json)


@command.command("split")
@click.argument("number", type=int)
@click.argument("import_name", shell_complete=complete_imports, metavar="[IMPORT]", required=False, default="")
@by_option
@json_option
@click.pass_context
def split(context: click.Context, number: int, import_name: str, by: str, as_json: bool) -> None:
    """Say that group NUMBER is two jobs: that of IMPORT is another one. They are never marked again."""
    from jobpipe.cli.near_duplicate_lists import print_decided
    from jobpipe.cli.opening import open_workspace
    from jobpipe.runs.near_duplicates.deciding import split as decide

    with open_workspace(context) as workspace:
        print_decided(*decide(workspace, number, import_name, by=who(by)), as_json=as_json)


@command.command("undo")
@click.argument("number", type=int, required=False)
@by_option
@json_option
@click.pass_context
def undo(context: click.Context, number: int | None, by: str, as_json: bool) -> None:
    """Take decision NUMBER of the history back; otherwise the last one."""
    from jobpipe.cli.near_duplicate_lists import print_decided
    from jobpipe.cli.opening import open_workspace
    from jobpipe.runs.near_duplicates.deciding import undo as take_back

    with open_workspace(context) as workspace:
        print_decided(*take_back(workspace, number, by=who(by)), as_json=as_json)


@command.command("history")
@_client
@click.option("--last", "limit", default=50, show_default=True, type=click.IntRange(1), help="How many.")
@json_option
@click.pass_context
def history(context: click.Context, client: str, limit: int, as_json: bool) -> None:
    """List who decided what and when, the newest first."""
    from jobpipe.cli.near_duplicate_lists import decision_document, print_decisions
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import print_json
    from jobpipe.runs.near_duplicates.deciding import history as history_of

    with open_workspace(context):
        found = history_of(client=client, limit=limit)
        print_json([decision_document(one) for one in found]) if as_json else print_decisions(found)


@command.command("find")
@_client
@json_option
@click.pass_context
def find(context: click.Context, client: str, as_json: bool) -> None:
    """Compare now what runs have changed, and bring jobpipe.yaml's policy into effect, without a run."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import console, plain_text, print_json
    from jobpipe.ledger.models import Import
    from jobpipe.runs.near_duplicates.following import follow_client

    with open_workspace(context) as workspace:
        known = Import.objects.exclude(client="").order_by("client").values_list("client", flat=True).distinct()
        done = {one: follow_client(workspace, one) for one in known if client in ("", one)}
        if not done:
            raise click.UsageError(f"no import of {client or 'any client'} has run yet")
        if as_json:
            documents = {
                one: {"found": what.found, "hidden": what.hidden, "released": what.released}
                for one, what in done.items()
            }
            print_json(documents)
            return
        for one, what in done.items():
            said = f"{what.found:,} found, {what.hidden:,} hidden, {what.released:,} delivered again"
            console().print(plain_text(f"{one}: {said}"))
