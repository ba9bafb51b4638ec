"""`jobpipe notify`"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from jobpipe.cli.defaulting import GroupWithList
from jobpipe.cli.options import json_option

if TYPE_CHECKING:
    pass


@click.group("notify", cls=GroupWithList)
def command() -> None:
    """Tell people of incidents: try a person's channels, see what waits, send what is due, see what was sent.

    `people` and `notify` of jobpipe.yaml say who is told, how and when. `jobpipe serve` sends by itself.
    """


@command.command("test")
@click.argument("person")
@click.pass_context
def test(context: click.Context, person: str) -> None:
    """Send PERSON a message now, by each of their channels."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.errors import UsageError
    from jobpipe.incidents.notifications.recipients import Recipients
    from jobpipe.incidents.notifications.trying import try_channels

    with open_workspace(context) as workspace:
        from jobpipe.runs.secret_values import environ_of

        project = workspace.project
        routes = Recipients(project.settings).routes(person)
        if not routes:
            known = ", ".join(project.settings.people) or "nobody"
            raise UsageError(f"nobody said how to reach {person!r}", hint=f"`people` in jobpipe.yaml has {known}")
        tried = try_channels(project, person, routes, datetime.now(UTC), environ_of(project))
    for channel, error in tried:
        click.echo(f"{channel}: {error or 'sent'}")
    if any(error for _, error in tried):
        context.exit(1)


@command.command("preview")
@json_option
@click.pass_context
def preview(context: click.Context, as_json: bool) -> None:
    """Show what waits for whom, until when, and the message that it would make now; nothing is sent."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import print_json
    from jobpipe.incidents.notifications.trying import waiting

    with open_workspace(context) as workspace:
        found = waiting(workspace.project, datetime.now(UTC))
    if as_json:
        print_json([{**one, "due": one["due"].isoformat()} for one in found])
        return
    for one in found:
        click.echo(f"{one['recipient']}: {one['notices']:,} waiting, due {one['due']:%Y-%m-%d %H:%M %Z}")
        click.echo(f"  by {', '.join(one['channels']) or 'nothing'}; subject: {one['subject']}")
        click.echo("\n".join(f"    {line}" for line in one["text"].splitlines()) + "\n")
    if not found:
        click.echo("nothing waits")


@command.command("send")
@click.pass_context
def send(context: click.Context) -> None:
    """Send what is due: messages of incidents, and reports to publishers."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.errors import UsageError
    from jobpipe.runs.notifying import send_due

    with open_workspace(context) as workspace:
        if not workspace.project.settings.notify.is_on:
            raise UsageError("there is no channel", hint="`notify` in jobpipe.yaml: see docs/how-to/notifications.md")
        done = send_due(workspace, datetime.now(UTC))
    click.echo(f"{done.sent:,} sent" + (f", {done.failed:,} failed: jobpipe notify log" if done.failed else ""))
    if done.failed:
        context.exit(1)


@command.command("list")
@click.option("--limit", type=click.IntRange(1), default=30, show_default=True, help="At most this many.")
@json_option
@click.pass_context
def log(context: click.Context, limit: int, as_json: bool) -> None:
    """List the latest messages: to whom, by which channel, and what became of them (also: `notify log`)."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import print_json
    from jobpipe.ledger.models import Notification

    with open_workspace(context) as workspace:
        del workspace
        rows = [_row(one) for one in Notification.objects.order_by("-pk")[:limit]]
    if as_json:
        print_json(rows)
    else:
        _print(rows)


command.add_command(log, "log")


def _row(one: Any) -> dict[str, Any]:
    return {
        "id": one.pk,
        "created_at": one.created_at.isoformat(),
        "recipient": one.recipient,
        "channel": one.channel,
        "state": one.state,
        "attempts": one.attempts,
        "sent_at": one.sent_at.isoformat() if one.sent_at else "",
        "subject": one.subject,
        "error": one.error,
    }


def _print(rows: list[dict[str, Any]]) -> None:
    from jobpipe.cli.printing import print_rows

    print_rows(("when", "to", "by", "state", "subject"), map(_cells, rows))


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    tries = f" after {row['attempts']} tries" if row["attempts"] > 1 else ""
    said = row["subject"] + (f"\n{row['error']}" if row["error"] else "")
    return row["created_at"][:16], row["recipient"], row["channel"], row["state"] + tries, said
