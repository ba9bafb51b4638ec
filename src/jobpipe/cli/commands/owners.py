"""`jobpipe owners`"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import click

from jobpipe.cli.completing import complete_imports
from jobpipe.cli.deciding_person import by_option, who
from jobpipe.cli.defaulting import GroupWithList
from jobpipe.cli.options import json_option

if TYPE_CHECKING:
    from jobpipe.runs.workspace import Workspace

_import_option = click.option(
    "--import", "name", shell_complete=complete_imports, default="", help="For this import alone."
)
_client_option = click.option("--client", default="", help="For this client's imports.")


@click.group("owners", cls=GroupWithList)
def command() -> None:
    """Who holds which role, and so has which incidents: for all, for a client, for an import.

    What is set here goes before what the files say for the same scope; an import goes before its client, a client
    before the house.
    """


@command.command("list")
@_import_option
@json_option
@click.pass_context
def list_them(context: click.Context, name: str, as_json: bool) -> None:
    """List who holds each role of each import today, and which layer says so."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import print_json

    with open_workspace(context) as workspace:
        rows = _rows(workspace, name)
    if as_json:
        print_json(rows)
    else:
        _print_table(rows)


@command.command("set")
@click.argument("role")
@click.argument("person")
@_import_option
@_client_option
@by_option
@click.pass_context
def set_one(context: click.Context, role: str, person: str, name: str, client: str, by: str) -> None:
    """PERSON holds ROLE from now on; the open incidents for it move along."""
    _set(context, role, person, name, client, by)


@command.command("unset")
@click.argument("role")
@_import_option
@_client_option
@by_option
@click.pass_context
def unset(context: click.Context, role: str, name: str, client: str, by: str) -> None:
    """Take back what was set: the files and the wider scopes say again who holds ROLE."""
    _set(context, role, "", name, client, by)


@command.command("away")
@click.argument("person")
@click.option("--substitute", required=True, help="Who has PERSON's incidents meanwhile.")
@click.option("--from", "first", default="", help="The first day (otherwise today).")
@click.option("--until", "last", required=True, help="The last day.")
@by_option
@click.pass_context
def away(context: click.Context, person: str, substitute: str, first: str, last: str, by: str) -> None:
    """PERSON is away: somebody else has their incidents until they are back."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.incidents.holding_roles import set_away

    begin = _day(first) if first else datetime.now(UTC).date()
    with open_workspace(context) as workspace:
        moved = set_away(workspace.project, person, substitute, begin, _day(last), by=who(by))
    _tell(f"{substitute} stands in for {person}", moved)


@command.command("back")
@click.argument("person")
@by_option
@click.pass_context
def back(context: click.Context, person: str, by: str) -> None:
    """PERSON is back: what is theirs is theirs again."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.incidents.holding_roles import set_back

    with open_workspace(context) as workspace:
        moved = set_back(workspace.project, person, by=who(by))
    _tell(f"{person} is back", moved)


def _set(context: click.Context, role: str, person: str, name: str, client: str, by: str) -> None:
    from jobpipe.cli.opening import open_workspace
    from jobpipe.incidents.holding_roles import set_holder
    from jobpipe.ledger.models import Scope

    if name and client:
        raise click.UsageError("either --import or --client")
    scope = Scope.IMPORT if name else Scope.CLIENT if client else Scope.GLOBAL
    with open_workspace(context) as workspace:
        if name and name not in workspace.project.imports():
            workspace.project.load(name)
        moved = set_holder(workspace.project, role, person, scope=scope, owner=name or client, by=who(by))
    of = f" of {name or client}" if name or client else ""
    _tell(f"{person} holds the role {role}{of}" if person else f"the role {role}{of} is as the files say", moved)


def _tell(what: str, moved: int) -> None:
    word = "incident" if moved == 1 else "incidents"
    click.echo(f"{what}; {moved:,} open {word} moved" if moved else what)


def _day(text: str) -> date:
    from jobpipe.errors import UsageError

    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no day", hint="2031-05-01") from error


def _rows(workspace: Workspace, name: str) -> list[dict[str, Any]]:
    from jobpipe.definition.roles import ROLES
    from jobpipe.incidents.owners import Owners

    owners = Owners(workspace.project)
    rows = []
    for one in [name] if name else ["", *workspace.project.imports()]:
        for role in ROLES:
            holder, layer = owners.holder(role, one)
            today = owners.present(holder)
            rows.append({"import": one, "role": role, "holder": holder, "today": today, "layer": layer})
    return rows


def _print_table(rows: list[dict[str, Any]]) -> None:
    """Of an import only what differs from the house."""
    from jobpipe.cli.printing import print_rows

    house = {row["role"]: (row["holder"], row["layer"]) for row in rows if not row["import"]}
    differing = [row for row in rows if not row["import"] or house.get(row["role"]) != (row["holder"], row["layer"])]
    print_rows(("import", "role", "who", "says"), map(_cells, differing))


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    person = row["holder"] if row["holder"] == row["today"] else f"{row['holder']} (away: {row['today']})"
    return row["import"] or "all", row["role"], person, row["layer"]
