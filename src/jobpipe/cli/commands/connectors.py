"""`jobpipe connectors`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from jobpipe.cli.completing import complete_connectors
from jobpipe.cli.options import examples, json_option

if TYPE_CHECKING:
    from jobpipe.definition.connectors import Connector


@click.command("connectors", epilog=examples("jobpipe connectors", "jobpipe connectors greenhouse"))
@click.argument("name", shell_complete=complete_connectors, required=False)
@json_option
def command(name: str | None, as_json: bool) -> None:
    """List the connectors, or explain the connector NAME: what it takes, and the fields it makes."""
    from jobpipe.cli.printing import print_json
    from jobpipe.definition.connectors import connector, connector_names
    from jobpipe.errors import UsageError
    from jobpipe.transform.problems import nearest

    known = connector_names()
    if name is not None and name not in known:
        hint = nearest(name, known) or "`jobpipe connectors` lists them"
        raise UsageError(f"there is no connector {name!r}", hint=hint)
    if as_json:
        documents = [_as_document(connector(one)) for one in ([name] if name else known)]
        print_json(documents[0] if name else documents)
    elif name:
        _explain(connector(name))
    else:
        _list([connector(one) for one in known])


def _as_document(one: Connector) -> dict[str, Any]:
    return {
        "name": one.name,
        "about": one.about,
        "note": one.note,
        "documentation": one.documentation,
        "tested_on": one.tested_on,
        "takes": [
            {"name": taken.name, "description": taken.about, "required": taken.is_needed, "default": taken.default}
            for taken in one.takes.values()
        ],
        "example": one.example,
        "definition": one.definition,
    }


# For people ------------------------------------------------------------------------------------------


def _list(known: list[Connector]) -> None:
    from jobpipe.cli.printing import console, plain_table, plain_text

    table = plain_table()
    table.add_column()
    for one in known:
        table.add_row(f"  [cyan]{one.name}[/]", plain_text(one.about))
    out = console()
    out.print(table)
    out.print("\n[dim]`jobpipe connectors NAME` explains one: what it takes, what it makes.[/]")


def _explain(one: Connector) -> None:
    from rich.padding import Padding

    from jobpipe.cli.printing import console, plain_table, plain_text

    out = console()
    out.print(f"[bold cyan]{one.name}[/]")
    out.print(Padding(plain_text(one.about), (1, 0, 0, 2)), soft_wrap=False)
    if one.note:
        out.print(Padding(plain_text(one.note), (1, 0, 0, 2)), soft_wrap=False)
    out.print("\n[bold]write[/]")
    out.print(plain_text(f"  {one.example}"), soft_wrap=True)
    out.print("\n[bold]takes[/]" + ("" if len(one.needed) > 1 else " [dim](the first may be given bare)[/]"))
    table = plain_table()
    table.add_column()
    for taken in one.takes.values():
        about = plain_text(f"{taken.about}.")
        if taken.is_needed:
            about.append(" Required.", style="yellow")
        elif taken.default is not None:
            about.append(f" Default: {taken.default}.", style="dim")
        table.add_row(f"  [cyan]{taken.name}[/]", about)
    out.print(table)
    out.print("\n[bold]makes[/]")
    out.print(Padding(plain_text(", ".join(one.definition["posting"])), (0, 0, 0, 2)), soft_wrap=False)
    out.print("\n[bold]documentation[/]")
    out.print(plain_text(f"  {one.documentation}"), soft_wrap=True)
    if one.tested_on == "documentation":
        out.print("  [dim]Tested on answers written from what is published of it, not on recorded ones.[/]")
