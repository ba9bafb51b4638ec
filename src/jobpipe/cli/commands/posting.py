"""`jobpipe posting`: one posting, by its key; taken down or corrected by a person, at once and until a day."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from jobpipe.cli.completing import complete_imports
from jobpipe.cli.deciding_person import by_option, who
from jobpipe.cli.options import json_option

if TYPE_CHECKING:
    from jobpipe.ledger.models import OverrideChange
    from jobpipe.runs.overrides.deciding import Posting
    from jobpipe.runs.workspace import Workspace


def _about(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        json_option,
        by_option,
        click.option("--all", "all_of_them", is_flag=True, help="In every import that has this key."),
        click.option(
            "--import",
            "name",
            shell_complete=complete_imports,
            default="",
            metavar="NAME",
            help="In this import, also before it has come.",
        ),
    ):
        command = option(command)
    return click.argument("key")(command)


def _limited(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--reason", default="", help="Why, for whoever looks at it later."),
        click.option(
            "--until",
            type=click.DateTime(["%Y-%m-%d"]),
            metavar="DATE",
            help="The last day on which it counts (UTC); otherwise until `jobpipe posting restore`.",
        ),
    ):
        command = option(command)
    return command


@click.group("posting")
def command() -> None:
    """Show one posting by its KEY, exclude it everywhere, or override its values.

    What is decided counts at once, and for whatever its source says of it later. KEY is the first column of `jobpipe
    postings NAME`.
    """


@command.command("show")
@click.argument("key")
@click.option("--import", "name", shell_complete=complete_imports, default="", metavar="NAME", help="In this import.")
@json_option
@click.pass_context
def show(context: click.Context, key: str, name: str, as_json: bool) -> None:
    """Show a posting: its state, its fields, and which layer each value came from."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.posting_view import posting_view, print_posting
    from jobpipe.cli.printing import print_json
    from jobpipe.runs.finding_postings import chosen_imports, imports_with

    with open_workspace(context) as workspace:
        chosen_imports(workspace, key, name, all_of_them=True)
        found = [one for one in imports_with(workspace, key) if name in ("", one.name)]
        views = [posting_view(workspace, one) for one in found]
    if as_json:
        print_json(views)
        return
    if not views:
        click.echo(f"{name} has no posting {key}", err=True)
    for view in views:
        print_posting(view)


@command.command("exclude")
@_about
@_limited
@click.option("--alone", is_flag=True, help="Leave near-duplicates in other imports as they are.")
@click.pass_context
def exclude(
    context: click.Context,
    key: str,
    name: str,
    all_of_them: bool,
    until: Any,
    reason: str,
    alone: bool,
    by: str,
    as_json: bool,
) -> None:
    """Take a posting down everywhere, now, with its near-duplicates; whatever its source says of it, it stays out."""
    from jobpipe.runs.overrides.excluding import exclude as take_down

    limits = _limits(until, reason)

    def decide(workspace: Workspace, postings: list[Posting]) -> list[OverrideChange]:
        return take_down(workspace, postings, **limits, by=who(by), alone=alone)

    _decide(context, (key, name, all_of_them), decide, as_json=as_json)


@command.command("override")
@_about
@click.argument("values", nargs=-1, required=True, metavar="FIELD=VALUE…")
@_limited
@click.pass_context
def override(
    context: click.Context,
    key: str,
    values: tuple[str, ...],
    name: str,
    all_of_them: bool,
    until: Any,
    reason: str,
    by: str,
    as_json: bool,
) -> None:
    """Set values of a posting, whatever its source and all rules say: title='Head chef' salary=none."""
    from jobpipe.runs.finding_postings import read_values
    from jobpipe.runs.overrides.deciding import correct

    given = read_values(values)
    limits = _limits(until, reason)

    def decide(workspace: Workspace, postings: list[Posting]) -> list[OverrideChange]:
        return correct(workspace, postings, given, limits, by=who(by))

    _decide(context, (key, name, all_of_them), decide, as_json=as_json)


@command.command("restore")
@_about
@click.pass_context
def restore(context: click.Context, key: str, name: str, all_of_them: bool, by: str, as_json: bool) -> None:
    """Take back all that was decided of a posting: it is what its source and the rules make of it.

    Near-duplicates that were excluded with it are back too.
    """
    from jobpipe.runs.overrides.excluding import restore as take_back

    def decide(workspace: Workspace, postings: list[Posting]) -> list[OverrideChange]:
        return take_back(workspace, postings, by=who(by))

    _decide(context, (key, name, all_of_them), decide, as_json=as_json)


@command.command("list")
@click.option(
    "--import", "name", shell_complete=complete_imports, default="", metavar="NAME", help="Only this import's."
)
@json_option
@click.pass_context
def list_(context: click.Context, name: str, as_json: bool) -> None:
    """List what people decided of single postings and is in force."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.override_lists import posting_document, print_postings
    from jobpipe.cli.printing import print_json
    from jobpipe.ledger.models import Override
    from jobpipe.runs.overrides.layers import posting_override

    with open_workspace(context):
        rows = Override.objects.filter(scope="posting", active=True).order_by("owner", "key")
        rows = rows.filter(owner=name) if name else rows
        found = [row for row in rows if posting_override(row) is not None]
        print_json([posting_document(row) for row in found]) if as_json else print_postings(found)


@command.command("history")
@click.argument("key", required=False, default="")
@click.option("--last", "limit", default=50, show_default=True, type=click.IntRange(1), help="How many.")
@json_option
@click.pass_context
def history(context: click.Context, key: str, limit: int, as_json: bool) -> None:
    """List who decided what of which posting, the newest first."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.override_lists import change_document, print_changes
    from jobpipe.cli.printing import print_json
    from jobpipe.runs.overrides.deciding import history as history_of

    with open_workspace(context):
        found = history_of(postings=True, key=key, limit=limit)
        if as_json:
            print_json([change_document(one) for one in found])
        else:
            print_changes(found, nothing="nothing was decided of a single posting yet: jobpipe posting exclude")


@command.command("undo")
@click.argument("change", type=int, required=False)
@by_option
@json_option
@click.pass_context
def undo(context: click.Context, change: int | None, by: str, as_json: bool) -> None:
    """Take back CHANGE (a number of `posting history`); otherwise the last one."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.runs.overrides.deciding import undo as take_back

    with open_workspace(context) as workspace:
        _after(workspace, take_back(workspace, change, by=who(by), postings=True), as_json=as_json)


# What they have in common ----------------------------------------------------------------------------


def _limits(until: Any, reason: str) -> dict[str, str]:
    from jobpipe.runs.overrides.deciding import limits

    return limits(until.date().isoformat() if until is not None else "", reason)


def _decide(
    context: click.Context,
    about: tuple[str, str, bool],
    decide: Callable[[Workspace, list[Posting]], list[OverrideChange]],
    *,
    as_json: bool,
) -> None:
    from jobpipe.cli.opening import open_workspace
    from jobpipe.runs.finding_postings import chosen_imports

    key, name, all_of_them = about
    with open_workspace(context) as workspace:
        names = chosen_imports(workspace, key, name, all_of_them=all_of_them)
        _after(workspace, decide(workspace, [(one, key) for one in names]), as_json=as_json)


def _after(workspace: Any, changes: list[Any], *, as_json: bool) -> None:
    from jobpipe.cli.delivering_now import deliver_now
    from jobpipe.cli.posting_view import print_settled
    from jobpipe.runs.overrides.single_postings import settle_now
    from jobpipe.runs.progress import Progress
    from jobpipe.runs.starting import StopRequest

    names = dict.fromkeys(change.entry.owner for change in changes)
    done = {name: settle_now(workspace, name, progress=Progress(), stop=StopRequest()) for name in names}
    print_settled(workspace, changes, done, as_json=as_json)
    deliver_now(workspace, names, quiet=as_json)
