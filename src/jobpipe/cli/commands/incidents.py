"""`jobpipe incidents`"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from jobpipe.cli.completing import complete_imports
from jobpipe.cli.deciding_person import by_option, who
from jobpipe.cli.defaulting import GroupWithList
from jobpipe.cli.options import json_option
from jobpipe.cli.since import since_option

_why_option = click.option("--why", default="", help="A word for the history.")


@click.group("incidents", cls=GroupWithList)
def command() -> None:
    """What went wrong, like errors together: whose it is, how often, since when, and what to do.

    `jobpipe incidents` lists what is not resolved. What a complete run shows to be gone resolves itself; what comes
    back is reopened.
    """


@command.command("list")
@click.option("--import", "name", shell_complete=complete_imports, default="", help="Only this import's.")
@click.option("--client", default="", help="Only this client's.")
@click.option("--owner", default="", help="Only this person's.")
@click.option("--role", default="", help="Only those for this role.")
@click.option("--kind", default="", help="Only this kind; `jobpipe incidents kinds` lists them.")
@click.option("--state", default="", help="Only in this state: open reopened acknowledged muted resolved.")
@since_option("Only those that were met since then.")
@click.option("--all", "everything", is_flag=True, help="Resolved ones too.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="At most this many.")
@json_option
@click.pass_context
def list_them(
    context: click.Context,
    name: str,
    client: str,
    owner: str,
    role: str,
    kind: str,
    state: str,
    since: datetime | None,
    everything: bool,
    limit: int,
    as_json: bool,
) -> None:
    """List incidents: those that wait for somebody first, of these the gravest."""
    from jobpipe.cli.incident_lists import print_incidents
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import print_json
    from jobpipe.incidents.documents import incident_document
    from jobpipe.incidents.finding import Filter, find
    from jobpipe.incidents.owners import move_open
    from jobpipe.incidents.states import end_mutes

    wanted = Filter(
        import_name=name, client=client, owner=owner, kind=kind, role=role, state=state, all_states=everything
    )
    with open_workspace(context) as workspace:
        # Files may say something else by now, and days pass.
        end_mutes()
        move_open(workspace.project, why="who holds the role has changed")
        found = find(wanted)
        if since is not None:
            found = found.filter(last_seen__gte=since)
        shown = list(found[:limit])
        if as_json:
            print_json([incident_document(one) for one in shown])
            return
        print_incidents(shown, more=found.count() - len(shown))


@command.command("show")
@click.argument("number", type=click.IntRange(1))
@json_option
@click.pass_context
def show(context: click.Context, number: int, as_json: bool) -> None:
    """Show incident NUMBER: what it means, what to do, samples, counts a run, its history."""
    from jobpipe.cli.incident_lists import print_incident
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import print_json
    from jobpipe.incidents.documents import incident_document
    from jobpipe.incidents.finding import incident_numbered

    with open_workspace(context):
        incident = incident_numbered(number)
        if as_json:
            print_json(incident_document(incident, whole=True))
        else:
            print_incident(incident)


@command.command("history")
@click.argument("number", type=click.IntRange(1))
@json_option
@click.pass_context
def history(context: click.Context, number: int, as_json: bool) -> None:
    """What became of incident NUMBER: each change of state and owner, by whom and when."""
    from jobpipe.cli.incident_lists import print_history
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import print_json
    from jobpipe.incidents.documents import history_of
    from jobpipe.incidents.finding import incident_numbered

    with open_workspace(context):
        incident = incident_numbered(number)
        if as_json:
            print_json(history_of(incident))
        else:
            print_history(incident)


@command.command("ack")
@click.argument("numbers", nargs=-1, required=True, type=click.IntRange(1), metavar="NUMBER...")
@_why_option
@by_option
@json_option
@click.pass_context
def ack(context: click.Context, numbers: tuple[int, ...], why: str, by: str, as_json: bool) -> None:
    """Say that you have these incidents in hand."""
    from jobpipe.incidents.states import acknowledge

    _change(context, numbers, lambda _, number: acknowledge(number, by=who(by), why=why), as_json=as_json)


@command.command("mute")
@click.argument("numbers", nargs=-1, required=True, type=click.IntRange(1), metavar="NUMBER...")
@click.option("--until", required=True, help="A day (2031-05-01), or for how long: 12h, 7d, 4w.")
@_why_option
@by_option
@json_option
@click.pass_context
def mute(context: click.Context, numbers: tuple[int, ...], until: str, why: str, by: str, as_json: bool) -> None:
    """Hear nothing of these incidents until a day."""
    from jobpipe.incidents.states import mute as mute_it
    from jobpipe.incidents.until import moment_of

    moment = moment_of(until)
    _change(context, numbers, lambda _, number: mute_it(number, moment, by=who(by), why=why), as_json=as_json)


@command.command("assign")
@click.argument("number", type=click.IntRange(1))
@click.argument("person", default="")
@_why_option
@by_option
@json_option
@click.pass_context
def assign(context: click.Context, number: int, person: str, why: str, by: str, as_json: bool) -> None:
    """Give incident NUMBER to PERSON; without PERSON to whoever holds its role."""
    from jobpipe.incidents.owners import Owners
    from jobpipe.incidents.states import assign as assign_it

    def change(workspace: Any, of: int) -> Any:
        return assign_it(of, person, Owners(workspace.project), by=who(by), why=why)

    _change(context, (number,), change, as_json=as_json)


@command.command("resolve")
@click.argument("numbers", nargs=-1, required=True, type=click.IntRange(1), metavar="NUMBER...")
@_why_option
@by_option
@json_option
@click.pass_context
def resolve(context: click.Context, numbers: tuple[int, ...], why: str, by: str, as_json: bool) -> None:
    """Say that these incidents are over; if they come back, they are reopened."""
    from jobpipe.incidents.states import resolve as resolve_it

    _change(context, numbers, lambda _, number: resolve_it(number, by=who(by), why=why), as_json=as_json)


@command.command("comment")
@click.argument("number", type=click.IntRange(1))
@click.argument("text")
@by_option
@json_option
@click.pass_context
def comment(context: click.Context, number: int, text: str, by: str, as_json: bool) -> None:
    """Add a line to the history of an incident: what is known, the address of a ticket."""
    from jobpipe.incidents.states import comment as comment_it

    _change(context, (number,), lambda _, of: comment_it(of, text, by=who(by)), as_json=as_json)


@command.command("kinds")
@json_option
def kinds(as_json: bool) -> None:
    """List the kinds of incidents: whom each is for, and what it means."""
    from jobpipe.cli.incident_lists import print_kinds
    from jobpipe.cli.printing import print_json
    from jobpipe.incidents.kinds import KINDS

    if as_json:
        print_json(
            [
                {"kind": one.name, "role": one.role, "severity": one.severity, "title": one.title, "advice": one.advice}
                for one in KINDS.values()
            ]
        )
    else:
        print_kinds()


def _change(context: click.Context, numbers: tuple[int, ...], change: Any, *, as_json: bool) -> None:
    from jobpipe.cli.incident_lists import print_incidents
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import print_json
    from jobpipe.incidents.documents import incident_document

    with open_workspace(context) as workspace:
        changed = [change(workspace, number) for number in dict.fromkeys(numbers)]
        if as_json:
            print_json([incident_document(one) for one in changed])
        else:
            print_incidents(changed)
